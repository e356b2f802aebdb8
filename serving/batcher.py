"""Batcher: many requests at once, one engine. Windows of all of them share batches, in fair order.

The event loop owns all state. Two threads do the work: the desk cuts reports into windows and tells the
finished ones, the engine reads batches; so Python's part overlaps with the graph's.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from data.report import Report
from model.export import Export
from model.occlusion import MOST_CLAUSES
from model.prediction import Prediction
from model.tagger import EvidenceFor, Tagger
from model.work import Job, Work
from serving.answer import Answer, Timing
from serving.fair_queue import FairQueue, Flow, Waiting
from serving.refusal import Busy, Draining, Expired, Failed, Oversize
from serving.watch import Watch

CLAUSE = 12  # characters of a clause, for an estimate
CUT = 32  # reports cut at a time, so that a large request leaves the desk to others in between
MOST_RETRY_S = 120


@dataclass(eq=False)
class _Ticket(Flow):
    """One request on its way through."""

    evidence: EvidenceFor = "misconduct"
    matters: bool = False
    predictions: list[Prediction | None] = field(default_factory=list)
    unread: dict[int, int] = field(default_factory=dict)  # place -> windows not read yet
    doubted: dict[int, Work] = field(default_factory=dict)  # place -> read, its careful evidence not yet
    left: int = 0
    reserved: int = 0
    total: int = 0
    first_read: float = 0.0
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Batcher:
    """Tags for many callers at once. `start` and `stop` it on the event loop that uses it."""

    def __init__(
        self,
        tagger: Tagger,
        budget: int = 1024,
        wait: float = 0.002,
        queue: int = 262_144,
        deadline: float = 30.0,
        watch: Watch | None = None,
    ) -> None:
        """Set up; nothing runs yet.

        Args:
            budget: padded tokens of one batch.
            wait: seconds that a batch which is not full waits for company.
            queue: tokens that may be under way; beyond, Busy.
            deadline: seconds to answer a request in.

        Raises:
            ValueError: the budget is smaller than one window, or the queue than one batch.
        """
        check_budget(tagger.export, budget)
        if queue < budget:
            raise ValueError(f"a queue of {queue} tokens is smaller than one batch of {budget}")
        self.tagger = tagger
        self.budget, self.wait, self.queue, self.deadline = budget, wait, queue, deadline
        self.pending = 0  # tokens under way: estimated until cut, then exact
        self.speed = 0.0  # tokens a second, lately; 0: not known yet
        self.draining = False
        self._last_read = 0.0
        self._per_char = 1.0  # tokens per character, lately
        self._watch = watch
        self._waiting = FairQueue()
        self._filled = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[_Ticket] = set()
        self._idle = asyncio.Event()
        self._desk = ThreadPoolExecutor(1, "desk")
        self._engine = ThreadPoolExecutor(1, "engine")

    def start(self) -> None:
        """Begin to read batches."""
        self._spawn(self._read_for_ever())

    async def drain(self) -> None:
        """Take no new work, and return when all that was accepted has been answered."""
        self.draining = True
        while self._open:
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Drop what is left, and end the threads."""
        self.draining = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for pool in (self._desk, self._engine):
            pool.shutdown(wait=False, cancel_futures=True)

    def swap(self, tagger: Tagger) -> None:
        """Tag with another Tagger from now on; requests under way end with the one they began with.

        Raises:
            ValueError: its window is larger than the budget.
        """
        check_budget(tagger.export, self.budget)
        self.tagger = tagger

    async def tag(
        self, reports: Sequence[Report], evidence: EvidenceFor = "misconduct", matters: bool = False
    ) -> Answer:
        """Tag one request's reports. Cancel it when the caller has gone: its work is dropped.

        Raises:
            Draining, Busy, Oversize: not accepted.
            Expired, Failed: accepted, but without an answer.
        """
        ticket = self._admit(reports, evidence, matters)
        began, reason = time.perf_counter(), "gone"
        try:
            async with asyncio.timeout(self.deadline):
                await self._cut(ticket, reports)
                cut = time.perf_counter()
                await ticket.done
            reason = ""
        except TimeoutError:
            reason = "expired"
            raise Expired(f"no answer within {self.deadline:g} s") from None
        except Failed:
            reason = "failed"
            raise
        finally:
            self._leave(ticket, reason)
        now = time.perf_counter()
        first = min(max(ticket.first_read or cut, began), now)
        timing = Timing(cut - began, max(0.0, first - cut), now - max(first, cut))
        return Answer([p for p in ticket.predictions if p is not None], ticket.total, timing)

    async def in_idle_time(self, work: Callable[[], None]) -> None:
        """Run something on the engine's thread when no request is under way, and return when it is done.

        A request that comes meanwhile waits for it: keep it short.
        """
        while self._open:
            self._idle.clear()
            await self._idle.wait()
        await asyncio.get_running_loop().run_in_executor(self._engine, work)

    def _admit(self, reports: Sequence[Report], evidence: EvidenceFor, matters: bool) -> _Ticket:
        estimate = self._estimate(reports, evidence)
        if estimate > self.queue and not self.draining:
            raise Oversize(f"about {estimate} tokens, and the queue holds {self.queue}")
        self.refuse_early(estimate)
        ticket = _Ticket(
            self.tagger, evidence=evidence, matters=matters, left=len(reports), reserved=estimate
        )
        ticket.predictions = [None] * len(reports)
        # All of it is due within a quarter of the deadline; otherwise at an eighth of what the engine does.
        ticket.due, ticket.pace = time.perf_counter(), max(4 * estimate / self.deadline, self.speed / 8, 1.0)
        self.pending += estimate
        self._open.add(ticket)
        if not reports:
            ticket.done.set_result(None)
        return ticket

    def _estimate(self, reports: Sequence[Report], evidence: EvidenceFor) -> int:
        """Tokens that these will take."""
        lengths = [len(report.text) + len(report.title) for report in reports]
        tokens = math.ceil(sum(lengths) * self._per_char) + 2 * len(reports)
        if evidence == "careful":
            window = self.tagger.export.window
            for characters in lengths:
                again = min(characters * self._per_char + 2, window)
                tokens += math.ceil(min(characters / CLAUSE, MOST_CLAUSES) * again)
        return tokens

    def refuse_early(self, tokens: int = 0) -> None:
        """Raise what a request of about so many tokens would get now, before anybody reads it.

        Raises:
            Draining, Busy.
        """
        if self.draining:
            raise Draining("the service is ending")
        # Half the deadline: what is slower than lately by half is still answered in time.
        late = self.speed and (self.pending + tokens) / self.speed > self.deadline / 2
        if self.pending and (self.pending + tokens > self.queue or late):
            raise Busy(self.retry_after())

    def retry_after(self) -> int:
        """Seconds after which about half of what is under way will be done."""
        seconds = self.pending / self.speed / 2 if self.speed else 1.0
        return max(1, min(MOST_RETRY_S, math.ceil(seconds)))

    def _leave(self, ticket: _Ticket, reason: str) -> None:
        self._waiting.drop(ticket)
        self._open.discard(ticket)
        if not self._open:
            self._idle.set()
        self.pending -= ticket.reserved
        ticket.unread.clear()
        ticket.doubted.clear()
        if not ticket.done.done():
            ticket.done.cancel()
        if reason and self._watch is not None:
            self._watch.dropped(reason)

    async def _cut(self, ticket: _Ticket, reports: Sequence[Report]) -> None:
        loop = asyncio.get_running_loop()
        for start in range(0, len(reports), CUT):
            chunk = reports[start : start + CUT]
            try:
                works = await loop.run_in_executor(self._desk, ticket.tagger.begin, chunk)
            except Exception as error:
                raise Failed(type(error).__name__) from None
            now = time.perf_counter()
            for place, work in enumerate(works, start):
                self._put(ticket, place, work, now)
            self._learn(chunk, works)
            self._filled.set()
        if ticket.evidence != "careful":  # of which most tokens are still to come
            self.pending += ticket.total - ticket.reserved
            ticket.reserved = ticket.total

    def _put(self, ticket: _Ticket, place: int, work: Work, now: float) -> None:
        ticket.unread[place] = len(work.windows)
        for number in range(len(work.windows)):
            job = Job(work, number)
            ticket.total += job.tokens
            self._waiting.put(Waiting(ticket, place, job, now))

    def _learn(self, reports: Sequence[Report], works: Sequence[Work]) -> None:
        characters = sum(len(report.text) + len(report.title) for report in reports)
        tokens = sum(window.ids.size for work in works for window in work.windows)
        if characters > 100:  # of a few characters, most tokens are the frame
            self._per_char += 0.1 * (min(tokens / characters, 2.0) - self._per_char)

    async def _read_for_ever(self) -> None:
        while True:
            await self._filled.wait()
            head = self._waiting.oldest()
            if head is None:
                self._filled.clear()
                continue
            rest = head.since + self.wait - time.perf_counter()
            if rest > 0 and self._waiting.tokens < self.budget:
                await asyncio.sleep(rest)
            await self._read(self._waiting.take(self.budget))

    async def _read(self, batch: Sequence[Waiting]) -> None:
        if not batch:
            return
        loop, began = asyncio.get_running_loop(), time.perf_counter()
        jobs = [waiting.job for waiting in batch]
        for waiting in batch:
            ticket = _ticket(waiting.flow)
            ticket.first_read = ticket.first_read or began
        try:
            await loop.run_in_executor(self._engine, batch[0].flow.tagger.read, jobs)
        except Exception as error:  # whatever the engine raises ends these requests, not the service
            for waiting in batch:
                _fail(_ticket(waiting.flow), error)
            return
        now, tokens = time.perf_counter(), sum(job.tokens for job in jobs)
        seconds = now - began
        # By the clock on the wall, since the last batch where there was no rest: what callers wait for.
        busy = now - max(self._last_read, min(waiting.since for waiting in batch))
        self._last_read = now
        pace = tokens / max(busy, seconds, 1e-6)
        self.speed = self.speed + 0.1 * (pace - self.speed) if self.speed else pace
        if self._watch is not None:
            self._watch.batch(len(jobs), tokens, seconds)
        self._tell_finished(batch)

    def _tell_finished(self, batch: Sequence[Waiting]) -> None:
        finished: dict[_Ticket, list[tuple[int, Work]]] = {}
        for waiting in batch:
            ticket = _ticket(waiting.flow)
            if ticket.gone:
                continue
            ticket.unread[waiting.place] -= 1
            if not ticket.unread[waiting.place]:
                finished.setdefault(ticket, []).append((waiting.place, waiting.job.work))
        for ticket, works in finished.items():
            self._spawn(self._tell(ticket, works))

    async def _tell(self, ticket: _Ticket, works: Sequence[tuple[int, Work]]) -> None:
        loop, finish = asyncio.get_running_loop(), ticket.tagger.finish
        try:
            if ticket.evidence == "careful":
                works = await self._doubt(ticket, works)
            told = await loop.run_in_executor(
                self._desk, finish, [work for _, work in works], ticket.evidence, ticket.matters
            )
        except Exception as error:
            _fail(ticket, error)
            return
        for (place, _), prediction in zip(works, told, strict=True):
            ticket.predictions[place] = prediction
        ticket.left -= len(works)
        if not ticket.left and not ticket.done.done():
            ticket.done.set_result(None)

    async def _doubt(self, ticket: _Ticket, works: Sequence[tuple[int, Work]]) -> Sequence[tuple[int, Work]]:
        """Queue the windows that careful evidence takes; give the reports of which none is left to read."""
        ready = [(place, ticket.doubted.pop(place)) for place, _ in works if place in ticket.doubted]
        places = {place for place, _ in ready}
        fresh = [(place, work) for place, work in works if place not in places]
        if not fresh:
            return ready
        loop, doubt = asyncio.get_running_loop(), ticket.tagger.doubt
        trials = await loop.run_in_executor(self._desk, doubt, [work for _, work in fresh])
        now = time.perf_counter()
        for (place, work), trial in zip(fresh, trials, strict=True):
            if not trial.windows:
                ready.append((place, work))
            elif not ticket.gone:
                ticket.doubted[place] = work
                self._put(ticket, place, trial, now)
        self._filled.set()
        return ready

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        forget: Callable[[asyncio.Task[None]], None] = self._tasks.discard
        task.add_done_callback(forget)


def check_budget(export: Export, budget: int) -> None:
    """Refuse a budget in which one window does not fit.

    Raises:
        ValueError: says both sizes.
    """
    if budget < export.window:
        raise ValueError(f"token budget {budget} is smaller than one window of {export.window} tokens")


def _ticket(flow: Flow) -> _Ticket:
    assert isinstance(flow, _Ticket)
    return flow


def _fail(ticket: _Ticket, error: Exception) -> None:
    # Its message may hold a report's words: the kind is told, no more.
    if not ticket.done.done():
        ticket.done.set_exception(Failed(type(error).__name__))
