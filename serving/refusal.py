"""Refusals: why a request gets no answer. serving/problem.py says what each becomes over HTTP."""

from __future__ import annotations


class Refusal(Exception):
    """Any of them."""


class Busy(Refusal):
    """The queue is full; come back in `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        """Keep the seconds."""
        super().__init__(f"queue full, retry after {retry_after} s")
        self.retry_after = retry_after


class Oversize(Refusal):
    """A request that would not fit into the empty queue, or could not be read within its deadline."""


class Draining(Refusal):
    """The service is ending and takes no new work."""


class Expired(Refusal):
    """The deadline passed before the answer was there; the work was dropped."""


class Failed(Refusal):
    """The engine could not read a batch; the message names the kind of error alone."""
