"""Early: signals to a service that is still loading its model, before its server takes them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


class EndedEarly(BaseException):
    """SIGTERM or Ctrl-C came before anything was served; no Exception, lest a loader take it for a fault."""


@dataclass
class Early:
    """What has come so far.

    Attributes:
        reload: SIGHUP: files may be newer than those that were read.
        ended: SIGTERM or Ctrl-C.
    """

    reload: bool = False
    ended: bool = False

    def check(self) -> None:
        """Do what a signal asked for, where the loading went over it.

        Raises:
            EndedEarly: it was to end.
        """
        if self.ended:
            raise EndedEarly


@contextmanager
def early_signals() -> Iterator[Early]:
    """Note SIGHUP, which would end the process, and raise EndedEarly in it for SIGTERM and Ctrl-C."""
    early = Early()
    if threading.current_thread() is not threading.main_thread():
        yield early
        return

    def end(number: int, frame: Any) -> None:
        early.ended = True
        raise EndedEarly

    def note(number: int, frame: Any) -> None:
        early.reload = True

    handlers = {signal.SIGTERM: end, signal.SIGINT: end}
    if hasattr(signal, "SIGHUP"):
        handlers[signal.SIGHUP] = note
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield early
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
