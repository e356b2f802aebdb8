"""Watch: who is told of what the batcher does."""

from __future__ import annotations

from typing import Protocol


class Watch(Protocol):
    """Who is told of every batch and every dropped request; metrics, for one."""

    def batch(self, windows: int, tokens: int, seconds: float) -> None:
        """A batch has been read."""

    def dropped(self, reason: str) -> None:
        """A request's work was dropped: "gone" or "expired"."""
