"""Shadow: a challenger that reads a share of the live traffic silently, to see where it answers otherwise.

It never stands in anybody's way: it reads one window at a time, and only when no request is under way; what
does not fit into its short queue, or waits too long, is dropped. What it keeps are counts per label.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from data.report import Report
from model.prediction import Prediction
from model.tagger import Tagger
from model.work import Job
from serving.log import event
from serving.watch import ShadowWatch, Side

QUEUE = 64  # reports that wait; more would be texts held in memory for nothing
PATIENCE_S = 60.0  # after which a report that waits is forgotten


class Idle(Protocol):
    """Who runs work on the engine's thread when no request is under way: the batcher."""

    async def in_idle_time(self, work: Callable[[], None]) -> None:
        """Wait for such a time, run it, and return when it is done."""


@dataclass(eq=False)
class Disagreement:
    """Counts of how the two answered the same reports.

    Attributes:
        live, shadow: name@version of the two models.
        drawn: reports drawn from the traffic.
        scored: of these, read by both.
        dropped: of these, not read by the challenger: no idle time came.
        failed: of these, the challenger could not read them.
        tags: (axis id, label id, side) -> reports; a label that neither gave is not counted.
        reviews: side -> reports that ask for a person.
        alike: reports with the same tags on all axes and the same wish for a person.
    """

    live: str
    shadow: str
    drawn: int = 0
    scored: int = 0
    dropped: int = 0
    failed: int = 0
    tags: Counter[tuple[str, str, Side]] = field(default_factory=Counter)
    reviews: Counter[Side] = field(default_factory=Counter)
    alike: int = 0

    def add(self, tags: Sequence[tuple[str, str, Side]], review: Side | None) -> None:
        """Count one report that both have read: who gave which tag, who asks for a person."""
        self.scored += 1
        self.tags.update(tags)
        if review is not None:
            self.reviews[review] += 1
        self.alike += review in (None, "both") and all(side == "both" for _, _, side in tags)


def compare(live: Prediction, shadow: Prediction) -> list[tuple[str, str, Side]]:
    """Every label that at least one of the two gave, with its axis, and who gave it."""
    ours, theirs = (
        dict.fromkeys((axis, tag.label) for axis, tags in one.tags.items() for tag in tags)
        for one in (live, shadow)
    )
    return [(*key, _side(key in ours, key in theirs)) for key in {**ours, **theirs}]


def _side(live: bool, shadow: bool) -> Side:
    return "both" if live and shadow else "live" if live else "shadow"


@dataclass(frozen=True, eq=False)
class _Drawn:
    report: Report
    live: Prediction
    since: float
    counts: Disagreement


class Shadow:
    """Draws reports, has the challenger read them in idle time, counts. Lives on the service's event loop."""

    def __init__(self, tagger: Tagger, live: Tagger, share: float, idle: Idle, watch: ShadowWatch) -> None:
        """Set up; `start` begins the work.

        Args:
            tagger: the challenger's.
            live: the one that answers.
            share: of the reports that are drawn, 0 to 1.
        """
        self.tagger, self.live, self.share = tagger, live, share
        self._idle, self._watch = idle, watch
        self._waiting: deque[_Drawn] = deque()
        self._filled = asyncio.Event()
        self._draw = random.Random()
        self._desk = ThreadPoolExecutor(1, "shadow")
        self._task: asyncio.Task[None] | None = None
        self.counts = self._new_counts()

    @property
    def same(self) -> bool:
        """Whether the challenger is the model that answers, so that there is nothing to compare."""
        return self.tagger.export.files == self.live.export.files

    def start(self) -> None:
        """Begin to read."""
        self._task = asyncio.get_running_loop().create_task(self._read_for_ever())

    async def stop(self) -> None:
        """Drop what waits, and end."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._desk.shutdown(wait=False, cancel_futures=True)

    def swap(self, tagger: Tagger, live: Tagger) -> None:
        """Compare these two from now on, with counts from nothing; what waits is dropped."""
        self.tagger, self.live = tagger, live
        self._waiting.clear()
        self.counts = self._new_counts()

    def offer(self, reports: Sequence[Report], predictions: Sequence[Prediction]) -> None:
        """Draw from reports that have been answered; costs no more than keeping a reference."""
        if self.same:
            return
        for report, live in zip(reports, predictions, strict=True):
            # An answer of the model before a swap says nothing about this one.
            if live.model != self.counts.live or self._draw.random() >= self.share:
                continue
            self.counts.drawn += 1
            if len(self._waiting) == QUEUE:
                self._lose(self.counts, "dropped")
            else:
                self._waiting.append(_Drawn(report, live, time.monotonic(), self.counts))
                self._filled.set()

    async def _read_for_ever(self) -> None:
        while True:
            await self._filled.wait()
            if not self._waiting:
                self._filled.clear()
                continue
            drawn = self._waiting.popleft()
            try:
                shadow = await self._read(drawn)
            except Exception as error:  # whatever it is, the live model goes on
                event("shadow_failed", logging.WARNING, error, model=drawn.counts.shadow)
                self._lose(drawn.counts, "failed")
                continue
            if shadow is None:
                self._lose(drawn.counts, "dropped")
            else:
                self._count(drawn, shadow)

    async def _read(self, drawn: _Drawn) -> Prediction | None:
        """The challenger's answer; None where no idle time came, or the models were swapped."""
        loop, tagger = asyncio.get_running_loop(), self.tagger
        left = PATIENCE_S - (time.monotonic() - drawn.since)
        if left <= 0:
            return None
        try:
            async with asyncio.timeout(left):
                (work,) = await loop.run_in_executor(self._desk, tagger.begin, [drawn.report])
                for number in range(len(work.windows)):
                    job = Job(work, number)
                    await self._idle.in_idle_time(lambda job=job: tagger.read([job]))  # type: ignore[misc]
                    if drawn.counts is not self.counts:
                        return None
        except TimeoutError:
            return None
        (answer,) = await loop.run_in_executor(self._desk, tagger.finish, [work], "none")
        return answer

    def _count(self, drawn: _Drawn, shadow: Prediction) -> None:
        tags, (ours, theirs) = compare(drawn.live, shadow), (drawn.live.needs_review, shadow.needs_review)
        review = _side(ours, theirs) if ours or theirs else None
        drawn.counts.add(tags, review)
        if drawn.counts is self.counts:
            self._watch.shadow_scored(tags, review)

    def _lose(self, counts: Disagreement, how: str) -> None:
        setattr(counts, how, getattr(counts, how) + 1)
        if counts is self.counts:
            self._watch.shadow_lost(how)

    def _new_counts(self) -> Disagreement:
        self._watch.shadow_models(self.live.export.model, self.tagger.export.model)
        return Disagreement(self.live.export.model, self.tagger.export.model)
