"""Watch: who is told of what the batcher and the shadow do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

Side = Literal["both", "live", "shadow"]
"""Which of two models gave something: the one that answers, its challenger, or both."""


class Watch(Protocol):
    """Who is told of every batch and every dropped request; metrics, for one."""

    def batch(self, windows: int, tokens: int, seconds: float) -> None:
        """A batch has been read."""

    def dropped(self, reason: str) -> None:
        """A request's work was dropped: "gone" or "expired"."""


class ShadowWatch(Protocol):
    """Who is told of every report that a challenger read, or did not."""

    def shadow_models(self, live: str, shadow: str) -> None:
        """These two are compared from now on; counts begin anew."""

    def shadow_scored(self, tags: Sequence[tuple[str, str, Side]], review: Side | None) -> None:
        """Both have read a report: (axis id, label id, who gave it), and who asks for a person."""

    def shadow_lost(self, how: str) -> None:
        """A drawn report was not compared: "dropped" or "failed"."""
