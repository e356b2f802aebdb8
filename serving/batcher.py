"""Batcher: many requests at once, one engine. Windows of all of them share batches, in fair order.

The event loop owns all state. Two threads do the work: the desk cuts reports into windows and tells the
finished ones, the engine reads batches; so Python's part overlaps with the graph's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from data.report import Report
from model.export import Export
from model.tagger import EvidenceFor, Tagger
from model.work import Job, Work
from serving.admission import Admission
from serving.answer import Answer, Timing
from serving.fair_queue import FairQueue, Flow, Waiting
from serving.log import event
from serving.refusal import Draining, Expired, Failed
from serving.ticket import Plan, Ticket
from serving.watch import Watch

CUT = 32  # reports cut at a time, so that a large request leaves the desk to others in between
CUTS = 4  # that a window of a list takes, so that one is cut while others are read
Screen = Callable[[Sequence[Report]], Awaitable[Sequence[Report | None]]]
"""Gives what is to be read of each of some reports; None where nobody but a person may read it."""


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
        list_deadline: float = 300.0,
    ) -> None:
        """Set up; nothing runs yet.

        Args:
            budget: padded tokens of one batch.
            wait: seconds that a batch which is not full waits for company.
            queue: tokens that may be under way; beyond, Busy.
            deadline: seconds to answer a request in.
            list_deadline: seconds to answer a list in that is let in part by part, at most.

        Raises:
            ValueError: the budget is smaller than one window, or the queue than one batch.
        """
        check_budget(tagger.export, budget)
        if queue < budget:
            raise ValueError(f"a queue of {queue} tokens is smaller than one batch of {budget}")
        self.tagger = tagger
        self.budget, self.wait = budget, wait
        self.admission = Admission(queue, budget, deadline, list_deadline)
        self.draining = False
        self._last_read = 0.0
        self._watch = watch
        self._waiting = FairQueue()
        self._filled = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[Ticket] = set()
        self._idle = asyncio.Event()
        self._desk = ThreadPoolExecutor(1, "desk")
        self._engine = ThreadPoolExecutor(1, "engine")

    def start(self, broken: Callable[[], None] = lambda: None) -> None:
        """Begin to read batches; `broken` is called if that ends by a fault: nothing is read from then on."""
        self._spawn(self._read_on(broken))

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
        self,
        reports: Sequence[Report],
        evidence: EvidenceFor = "misconduct",
        matters: bool = False,
        pay: Callable[[], None] | None = None,
        screen: Screen | None = None,
        tagger: Tagger | None = None,
    ) -> Answer:
        """Tag one request's reports. Cancel it when the caller has gone: its work is dropped.

        Args:
            pay: called as soon as there is room for it, and only then; what it raises refuses the request.
            screen: called with some reports after the other, in order, once the request has been accepted;
                by default all are read as they are.
            tagger: what reads them all; by default the present one.

        Raises:
            Draining, Busy, Oversize, and what `pay` raises: not accepted.
            Expired, Failed, and what `screen` raises: accepted, but without an answer.
        """
        ticket = self._admit(reports, evidence, matters, pay, tagger or self.tagger)
        reason = "gone"
        try:
            async with asyncio.timeout(ticket.plan.deadline):
                await self._cut(ticket, reports, screen)
                cut = time.perf_counter()
                await ticket.done
            reason = ""
        except TimeoutError:
            reason = "expired"
            raise Expired(f"no answer within {ticket.plan.deadline:g} s") from None
        except Exception:
            reason = "failed"
            raise
        finally:
            self._leave(ticket, reason)
        now = time.perf_counter()
        first = min(ticket.first_read or cut, now)
        cut = min(cut, first)  # of a list, some is read before the last of it is cut
        timing = Timing(cut - ticket.began, first - cut, now - first)
        predictions = [p for p in ticket.predictions if p is not None]
        return Answer(predictions, ticket.total, timing, ticket.tagger.export)

    async def in_idle_time(self, work: Callable[[], None]) -> None:
        """Run something on the engine's thread when no request is under way, and return when it is done.

        A request that comes meanwhile waits for it: keep it short.
        """
        while self._open:
            self._idle.clear()
            await self._idle.wait()
        await asyncio.get_running_loop().run_in_executor(self._engine, work)

    def _admit(
        self,
        reports: Sequence[Report],
        evidence: EvidenceFor,
        matters: bool,
        pay: Callable[[], None] | None,
        tagger: Tagger,
    ) -> Ticket:
        plan = self.admission.plan(reports, evidence, tagger.export.window)
        if not self.draining:
            self.admission.refuse_oversize(plan)
        self.refuse_early(plan)
        if pay is not None:
            pay()
        ticket = Ticket(tagger, plan=plan, evidence=evidence, matters=matters)
        self._open.add(ticket)
        self.admission.enter(ticket)
        return ticket

    def refuse_early(self, plan: Plan | None = None) -> None:
        """Raise what a request of that plan would get now; by default one of next to nothing.

        Raises:
            Draining, Busy.
        """
        if self.draining:
            raise Draining("the service is ending")
        self.admission.refuse_busy(plan or self.admission.plan((), "none", 0))

    def _leave(self, ticket: Ticket, reason: str) -> None:
        self._waiting.drop(ticket)
        self._open.discard(ticket)
        self.admission.leave(ticket)
        if not self._open:
            self._idle.set()
        ticket.unread.clear()
        ticket.doubted.clear()
        if not ticket.done.cancel() and not ticket.done.cancelled():
            ticket.done.exception()  # seen, also where something else ended the request before it
        if reason and self._watch is not None:
            self._watch.dropped(reason)

    async def _cut(self, ticket: Ticket, reports: Sequence[Report], screen: Screen | None) -> None:
        for places in ticket.chunks(CUT, self.admission.part // CUTS):
            if not await ticket.let_in(places):
                return
            self.admission.set_pace(ticket)  # the speed may not have been known at first
            self.admission.settle(ticket)
            chunk = reports[places.start : places.stop]
            read = await screen(chunk) if screen is not None else chunk
            found = {place: report for place, report in zip(places, read, strict=True) if report is not None}
            for place in places:
                if place not in found:
                    ticket.tell(place, None)
            if found:
                await self._begin(ticket, found)
            self.admission.settle(ticket)

    async def _begin(self, ticket: Ticket, reports: Mapping[int, Report]) -> None:
        """Cut reports, by their places, into windows that wait."""
        loop, chunk = asyncio.get_running_loop(), list(reports.values())
        try:
            works = await loop.run_in_executor(self._desk, ticket.tagger.begin, chunk)
        except Exception as error:
            raise Failed(type(error).__name__) from None
        now = time.perf_counter()
        for place, work in zip(reports, works, strict=True):
            tokens = self._put(ticket, place, work, now)
            if ticket.evidence == "careful":  # of which most tokens are still to come
                tokens = max(tokens, ticket.owed.get(place, 0))
            ticket.owe(place, tokens)
        self.admission.learn(chunk, works)
        self._filled.set()

    def _put(self, ticket: Ticket, place: int, work: Work, now: float) -> int:
        """Have the windows of a report wait; give their tokens."""
        ticket.unread[place] = len(work.windows)
        jobs = [Job(work, number) for number in range(len(work.windows))]
        for job in jobs:
            self._waiting.put(Waiting(ticket, place, job, now))
        tokens = sum(job.tokens for job in jobs)
        ticket.total += tokens
        return tokens

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
            self.admission.speed.learn(
                sum(sizes), now - since, full=2 * len(sizes) * max(sizes) >= self.budget
            )
        self._last_read = now
        if self._watch is not None:
            self._watch.batch(len(sizes), sum(sizes), now - began)

    def _tell_finished(self, batch: Sequence[Waiting]) -> None:
        finished: dict[Ticket, list[tuple[int, Work]]] = {}
        for waiting in batch:
            ticket = _ticket(waiting.flow)
            if ticket.gone:
                continue
            ticket.read(waiting.place, waiting.job.tokens)
            self.admission.settle(ticket)
            ticket.unread[waiting.place] -= 1
            if not ticket.unread[waiting.place]:
                finished.setdefault(ticket, []).append((waiting.place, waiting.job.work))
        for ticket, works in finished.items():
            self._spawn(self._tell(ticket, works))

    async def _tell(self, ticket: Ticket, works: Sequence[tuple[int, Work]]) -> None:
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
            ticket.tell(place, prediction)
        self.admission.settle(ticket)

    async def _doubt(self, ticket: Ticket, works: Sequence[tuple[int, Work]]) -> Sequence[tuple[int, Work]]:
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
                ticket.owe(place, self._put(ticket, place, trial, now))
        self.admission.settle(ticket)
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


def _ticket(flow: Flow) -> Ticket:
    assert isinstance(flow, Ticket)
    return flow


def _fail(ticket: Ticket, error: Exception) -> None:
    # Its message may hold a report's words: the kind is told, no more.
    ticket.fail(Failed(type(error).__name__))
