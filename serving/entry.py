"""Entry: how a request comes to be accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _free() -> None:
    """Ask for nothing."""


@dataclass(frozen=True)
class Entry:
    """What is asked of a request before any work is done for it.

    Attributes:
        pay: called as soon as there is room, and only then; what it raises refuses the request.
        accepted: it is a later part of what was accepted, so that a service which is ending takes it too.
    """

    pay: Callable[[], None] = _free
    accepted: bool = False


FREE = Entry()
