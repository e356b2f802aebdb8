"""Batcher: many requests at once, one engine. Windows of all of them share batches, in fair order.

The event loop owns all state. Two threads do the work: the desk cuts reports into windows and tells the
finished ones, the engine reads batches; so Python's part overlaps with the graph's.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from data.report import Report
from model.export import Export
from model.occlusion import MOST_CLAUSES
from model.prediction import Prediction
from model.tagger import EvidenceFor, Tagger
from model.work import Job, Work
from serving.answer import Answer, Timing
from serving.entry import FREE, Entry
from serving.fair_queue import FairQueue, Flow, Waiting
from serving.log import event
from serving.refusal import Busy, Draining, Expired, Failed, Oversize
from serving.speed import Speed
from serving.watch import Watch

CLAUSE = 12  # characters of a clause, for an estimate
CUT = 32  # reports cut at a time, so that a large request leaves the desk to others in between
MOST_RETRY_S = 120
MOST_SHARE = 2 / 3  # of the speed that one request is promised; the rest is for whoever comes meanwhile


@dataclass(eq=False)
class _Ticket(Flow):
    """One request on its way through."""

    evidence: EvidenceFor = "misconduct"
    matters: bool = False
    predictions: list[Prediction | None] = field(default_factory=list)
    unread: dict[int, int] = field(default_factory=dict)  # place -> windows not read yet
    doubted: dict[int, Work] = field(default_factory=dict)  # place -> read, its careful evidence not yet
    left: int = 0  # reports not told yet
    planned: int = 0  # tokens of all: estimated until cut, then exact
    total: int = 0  # tokens of the windows so far
    read: int = 0  # tokens of the windows that were read
    reserved: int = 0  # tokens that count as under way: all that is not read
    first_read: float = 0.0
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def tokens_left(self) -> int:
        """Tokens that have not been read, whether cut yet or not."""
        return max(self.planned, self.total) - self.read

    def due_after(self, moment: float) -> float:
        """Tokens of it that are due later than this moment: the last ones."""
        end = self.due + max(0, self.planned - self.total) / self.pace
        return min(self.reserved, max(0.0, end - moment) * self.pace)


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
        self.pending = 0  # tokens that have not been read: estimated until cut, then exact
        self.speed = Speed()
        self.draining = False
        self._last_read = 0.0
        self._per_char = 1.0  # tokens per character, lately
        self._watch = watch
        self._waiting = FairQueue()
        self._filled = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[_Ticket] = set()
        self._long: set[_Ticket] = set()  # of these, those that are due over more than a second
        self._held = 0  # requests of several parts that have more to come
        self._idle = asyncio.Event()
        self._desk = ThreadPoolExecutor(1, "desk")
        self._engine = ThreadPoolExecutor(1, "engine")

    def start(self, broken: Callable[[], None] = lambda: None) -> None:
        """Begin to read batches; `broken` is called if that ends by a fault: nothing is read from then on."""
        self._spawn(self._read_on(broken))

    async def drain(self) -> None:
        """Take no new work, and return when all that was accepted has been answered."""
        self.draining = True
        while self._open or self._held:
            await asyncio.sleep(0.01)

    @contextmanager
    def more_to_come(self) -> Iterator[None]:
        """Have `drain` wait for a request of several parts until its last, also between two of them."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1

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
        self,
        reports: Sequence[Report],
        evidence: EvidenceFor = "misconduct",
        matters: bool = False,
        entry: Entry = FREE,
    ) -> Answer:
        """Tag one request's reports. Cancel it when the caller has gone: its work is dropped.

        Raises:
            Draining, Busy, Oversize, and what `entry` asks: not accepted.
            Expired, Failed: accepted, but without an answer.
        """
        ticket = self._admit(reports, evidence, matters, entry)
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

    def _admit(
        self, reports: Sequence[Report], evidence: EvidenceFor, matters: bool, entry: Entry
    ) -> _Ticket:
        estimate = self._estimate(reports, evidence)
        if entry.accepted or not self.draining:
            self._refuse_oversize(estimate)
        self.refuse_early(estimate, entry.accepted)
        entry.pay()
        ticket = _Ticket(self.tagger, evidence=evidence, matters=matters, left=len(reports), planned=estimate)
        ticket.predictions = [None] * len(reports)
        ticket.due, ticket.pace = time.perf_counter(), self._pace(estimate)
        self._open.add(ticket)
        if estimate > ticket.pace:
            self._long.add(ticket)
        self._settle(ticket)
        if not reports:
            ticket.done.set_result(None)
        return ticket

    def _refuse_oversize(self, tokens: int) -> None:
        if tokens > self.queue:
            raise Oversize(f"about {tokens} tokens, and the queue holds {self.queue}")
        most = int(self.speed.best * self.deadline)
        if 0 < most < tokens:
            raise Oversize(f"about {tokens} tokens, and {most} can be read within {self.deadline:g} s")

    def _pace(self, tokens: int) -> float:
        """Tokens a second at which a request of so many is due."""
        speed = self.speed.mean
        # All of it within a quarter of the deadline, where that leaves room for whoever comes meanwhile.
        pace = 4 * tokens / self.deadline
        return max(min(pace, MOST_SHARE * speed) if speed else pace, speed / 8, 1.0)

    def _settle(self, ticket: _Ticket) -> None:
        """Have `pending` count what of a request has not been read."""
        self.pending += ticket.tokens_left - ticket.reserved
        ticket.reserved = ticket.tokens_left

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

    def refuse_early(self, tokens: int = 0, accepted: bool = False) -> None:
        """Raise what a request of about so many tokens would get now, before anybody reads it.

        Raises:
            Draining, Busy.
        """
        if self.draining and not accepted:
            raise Draining("the service is ending")
        if self.pending and (self.pending + tokens > self.queue or self._late(tokens)):
            raise Busy(self.retry_after(tokens))

    def _late(self, tokens: int) -> bool:
        """Whether too much would be read before a request of so many tokens is done."""
        speed = self.speed.mean
        # Half of the time that its own work leaves: what is slower than lately by half is still answered.
        most = (self.deadline * speed - tokens) / 2
        if not speed or self.pending <= most:
            return False
        # What is due later than all of it stands behind it, as a list's rest does behind a single report.
        due = time.perf_counter() + tokens / self._pace(tokens)
        return self.pending - sum(ticket.due_after(due) for ticket in self._long) > most

    def retry_after(self, tokens: int = 0) -> int:
        """Seconds after which about half of what is under way, and of so many tokens, will be done."""
        speed = self.speed.mean
        seconds = (self.pending + tokens) / speed / 2 if speed else 1.0
        return max(1, min(MOST_RETRY_S, math.ceil(seconds)))

    def _leave(self, ticket: _Ticket, reason: str) -> None:
        self._waiting.drop(ticket)
        self._open.discard(ticket)
        self._long.discard(ticket)
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
            ticket.pace = self._pace(ticket.planned)  # the speed may not have been known at first
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
            ticket.planned = ticket.total
        self._settle(ticket)

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

    async def _read_on(self, broken: Callable[[], None]) -> None:
        try:
            await self._read_for_ever()
        except Exception as error:
            event("reading_ended", logging.ERROR, error)
            self.draining = True
            for ticket in self._open:
                _fail(ticket, error)
            broken()

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
        loop, began, pressed = asyncio.get_running_loop(), time.perf_counter(), self._waiting.tokens > 0
        for waiting in batch:
            ticket = _ticket(waiting.flow)
            ticket.first_read = ticket.first_read or began
        try:
            await loop.run_in_executor(self._engine, batch[0].flow.tagger.read, [w.job for w in batch])
        except Exception as error:  # whatever the engine raises ends these requests, not the service
            for waiting in batch:
                _fail(_ticket(waiting.flow), error)
            return
        self._measure(batch, began, pressed)
        self._tell_finished(batch)

    def _measure(self, batch: Sequence[Waiting], began: float, pressed: bool) -> None:
        """Keep what a batch took; `pressed`: others were waiting behind it."""
        now, sizes = time.perf_counter(), [waiting.job.tokens for waiting in batch]
        if pressed:
            # By the clock on the wall, since the last batch where there was no rest: what callers wait for.
            since = min(began, max(self._last_read, min(waiting.since for waiting in batch)))
            self.speed.learn(sum(sizes), now - since, full=2 * len(sizes) * max(sizes) >= self.budget)
        self._last_read = now
        if self._watch is not None:
            self._watch.batch(len(sizes), sum(sizes), now - began)

    def _tell_finished(self, batch: Sequence[Waiting]) -> None:
        finished: dict[_Ticket, list[tuple[int, Work]]] = {}
        for waiting in batch:
            ticket = _ticket(waiting.flow)
            if ticket.gone:
                continue
            ticket.read += waiting.job.tokens
            self._settle(ticket)
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
