"""Ticket: one request on its way through the batcher, and how much of it is under way at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from model.prediction import Prediction
from model.tagger import EvidenceFor
from model.work import Work
from serving.fair_queue import Flow


@dataclass(frozen=True)
class Plan:
    """How a request is to be let in.

    Attributes:
        costs: tokens that each report takes, estimated.
        window: tokens of it that may be under way at a time; all of them where it is no list.
        deadline: seconds to answer it in.
    """

    costs: Sequence[int]
    window: int
    deadline: float

    @cached_property
    def tokens(self) -> int:
        """Of all reports together."""
        return sum(self.costs)

    @property
    def by_parts(self) -> bool:
        """Whether it is a list that is let in part by part."""
        return self.tokens > self.window


@dataclass(eq=False, kw_only=True)
class Ticket(Flow):
    """One request: its reports wait outside, are let in, read, and told."""

    plan: Plan
    evidence: EvidenceFor = "misconduct"
    matters: bool = False
    predictions: list[Prediction | None] = field(init=False)
    unread: dict[int, int] = field(default_factory=dict)  # place -> windows not read yet
    doubted: dict[int, Work] = field(default_factory=dict)  # place -> read, its careful evidence not yet
    owed: dict[int, int] = field(default_factory=dict)  # place -> tokens not read: estimated until cut
    inside: int = 0  # of all that are owed
    outside: int = 0  # tokens of reports that have not been let in
    reserved: int = 0  # tokens that count as under way
    total: int = 0  # tokens of the windows so far
    first_read: float = 0.0
    began: float = field(default_factory=time.perf_counter)
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def __post_init__(self) -> None:
        """Begin with everything outside."""
        self.predictions = [None] * len(self.plan.costs)
        self.left = len(self.plan.costs)  # reports not told yet
        self.outside = self.plan.tokens
        self._moved = asyncio.Event()
        if not self.left:
            self.done.set_result(None)

    @property
    def tokens_left(self) -> int:
        """Tokens that have not been read, whether let in or not."""
        return self.inside + self.outside

    @property
    def wanted(self) -> int:
        """Tokens that it may have under way: what it has, and what else its window has room for."""
        return self.inside + min(self.outside, max(0, self.plan.window - self.inside))

    def seconds_left(self, now: float) -> float:
        """Until its deadline."""
        return self.began + self.plan.deadline - now

    def due_after(self, moment: float) -> float:
        """Tokens of those under way that are due later than this moment: the last ones."""
        end = self.due + max(0, self.reserved - self.tokens) / self.pace
        return min(self.reserved, max(0.0, end - moment) * self.pace)

    def chunks(self, reports: int, tokens: int) -> Iterator[range]:
        """Places of its reports, so many at a time: one at least, and otherwise no more than that."""
        start, size = 0, 0
        for place, cost in enumerate(self.plan.costs):
            if place > start and (place - start == reports or size + cost > tokens):
                yield range(start, place)
                start, size = place, 0
            size += cost
        if start < len(self.plan.costs):
            yield range(start, len(self.plan.costs))

    async def let_in(self, places: range) -> bool:
        """Let reports in as soon as its window has room for them; False where it has failed meanwhile."""
        cost = sum(self.plan.costs[places.start : places.stop])
        while self.inside and self.inside + cost > self.plan.window and not self.done.done():
            self._moved.clear()
            await self._moved.wait()
        for place in places:
            self.owed[place] = self.plan.costs[place]
        self.inside += cost
        self.outside -= cost
        return not self.done.done()

    def owe(self, place: int, tokens: int) -> None:
        """Count so many tokens of a report as not read; none, and it is not counted any more."""
        self.inside += tokens - self.owed.pop(place, 0)
        if tokens:
            self.owed[place] = tokens
        self._moved.set()

    def read(self, place: int, tokens: int) -> None:
        """Count tokens of a report as read."""
        self.owe(place, max(0, self.owed.get(place, 0) - tokens))

    def tell(self, place: int, prediction: Prediction | None) -> None:
        """Keep what a report got, None where it is not to be read; the last one ends the request."""
        self.predictions[place] = prediction
        self.owe(place, 0)
        self.left -= 1
        if not self.left and not self.done.done():
            self.done.set_result(None)

    def fail(self, error: Exception) -> None:
        """End the request with an error, unless it has ended."""
        if not self.done.done():
            self.done.set_exception(error)
        self._moved.set()
