"""Service: one model for many callers. Loads it, swaps it, ends when what was accepted is answered."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Literal, TypeVar

from data.audit import Action, BadAudit
from data.privacy.masked_report import Masking, ReportMasker
from data.privacy.masker import Masker
from data.privacy.watch_list import WatchList
from data.report import Report
from model.guard import Case, Guard, Shown, by_hand
from model.prediction import Prediction
from model.tagger import EvidenceFor, Tagger
from serving.access import Access
from serving.answer import Answer
from serving.auditor import LOCAL, Auditor, Unrecorded
from serving.batcher import CUT, Batcher
from serving.follow import follow
from serving.keys import KeyRing
from serving.loaded import Loaded, load_checked, load_shadow
from serving.log import event
from serving.memory import give_back
from serving.metrics import Metrics
from serving.problem import RELOAD_ERRORS
from serving.reviews.desk import ReviewDesk
from serving.settings import ServeSettings
from serving.shadow import Shadow
from serving.tracing import open_tracing

SERVICE, SIGNAL = "service", "signal"
"""Who starts and ends it, and who reloads it by SIGHUP, in the audit log."""
GUARDS = 2  # threads that mask: one long report does not hold up all others
T = TypeVar("T")
Status = Literal["starting", "ready", "draining"]


class Service:
    """Everything that the routes of serving/app.py ask for."""

    def __init__(self, settings: ServeSettings, loaded: Loaded) -> None:
        """Wire the parts together; `start` begins the work.

        Raises:
            BadKeys, BadWatchList: the file of keys, or the watch list, cannot be used.
            BrokenExport, GoldenMismatch: the challenger cannot be used.
            BadSettings: traces are wanted and their extra is not installed.
            OSError, BadAudit: the audit log cannot be written.
        """
        self.settings = settings
        self.tracing = open_tracing(settings)
        self.guard = load_guard(settings)
        self.auditor = Auditor(settings.audit)
        self.metrics = Metrics(settings.sealed)
        self.access = Access(load_keys(settings), settings.rate, settings.session_hours)
        self.desk = ReviewDesk(settings, lambda report: self.guard.withholds(report))
        self.status: Status = "starting"
        self.broken = False  # nothing is read any more, by a fault
        self.batcher = Batcher(
            loaded.tagger,
            settings.batch_tokens,
            settings.batch_wait_ms / 1000,
            settings.queue_tokens,
            settings.deadline_s,
            self.metrics,
            settings.list_deadline_s,
        )
        # Of their own: asyncio's threads load models and write the audit log, and must not wait for masking.
        self._guards = ThreadPoolExecutor(GUARDS, "guard")
        self.metrics.model(loaded.tagger.export.model)
        self.metrics.queue_limit.set(settings.queue_tokens)
        self.metrics.queue.set_function(lambda: self.batcher.admission.pending)
        self.metrics.outside.set_function(lambda: self.batcher.admission.outside)
        self.shadow: Shadow | None = None
        if (challenger := load_shadow(settings)) is not None:
            share, live = settings.shadow_share, loaded.tagger
            self.shadow = Shadow(challenger, live, share, self.batcher, self.metrics)
        self._reloading = asyncio.Lock()
        self._next: asyncio.Task[tuple[Loaded, str]] | None = None
        self._askers: list[str] = []
        self._reloads: set[asyncio.Task[tuple[Loaded, str]]] = set()
        self._following: asyncio.Task[None] | None = None
        self._cleaning: set[asyncio.Task[None]] = set()

    @property
    def tagger(self) -> Tagger:
        """The Tagger that answers new requests."""
        return self.batcher.tagger

    def offers(self, page: str) -> bool:
        """Whether a page has something to do here."""
        return page != "/review" or self.desk.open

    def start(self) -> None:
        """Take work.

        Raises:
            OSError, BadAudit: the audit log cannot be written.
        """
        self.auditor.record_now(
            Action.start, SERVICE, model=self.tagger.export.model, sealed=int(self.settings.sealed)
        )
        self.batcher.start(self._break)
        if self.shadow is not None:
            self.shadow.start()
        self.desk.start()
        if self.settings.model is not None and self.settings.follow_s:
            self._following = asyncio.get_running_loop().create_task(follow(self))
        self.status = "ready"
        event("ready", model=self.tagger.export.model, threads=self.tagger.engine.threads)

    async def tag(
        self,
        reports: Sequence[Report],
        evidence: EvidenceFor,
        masking: Masking = Masking.none,
        who: str = LOCAL,
        matters: bool = False,
        pay: Callable[[], None] | None = None,
        tagger: Tagger | None = None,
    ) -> Answer:
        """Tag behind the Guard, count, and record in the audit log.

        Args:
            masking: what the request asks for; the settings may demand more.
            who: name of the key.
            matters: tell also what each sentence speaks of.
            pay: as for Batcher.tag.
            tagger: as for Batcher.tag.

        Raises:
            Unrecorded: the audit log cannot be written.
            As Batcher.tag.
        """
        guard, cases = self.guard, list[Case]()

        async def screen(some: Sequence[Report]) -> list[Report | None]:
            cases.extend(await self._aside(lambda: [guard.admit(report, masking) for report in some]))
            return [case.report for case in cases[-len(some) :]]

        idle = guard.idle and masking is Masking.none
        answer = await self.batcher.tag(reports, evidence, matters, pay, None if idle else screen, tagger)
        if self.shadow is not None:
            read = reports if idle else [case.report for case in cases if case.report is not None]
            self.shadow.offer(read, answer.predictions)  # a share of it, to be read later
        if idle:
            answer = replace(answer, shown=list(map(Shown, reports, answer.predictions)))
        else:
            answer = await self._shown(guard, cases, answer)
        # What was under way during a swap was read by the model before it.
        await self.record(Action.tag, who, len(reports), model=answer.export.model)
        self.metrics.answer(answer)
        return answer

    async def record(self, action: Action, who: str, count: int, **facts: str | int) -> None:
        """Write a line of the audit log, before the answer goes out.

        Raises:
            Unrecorded: the audit log cannot be written.
        """
        try:
            await self.auditor.record(action, who, count, facts)
        except Unrecorded:
            self.metrics.audit_failure()
            raise

    def record_here(self, action: Action, who: str, count: int, **facts: str | int) -> None:
        """Do as `record`, on a thread that may wait for the disk.

        Raises:
            Unrecorded: the audit log cannot be written.
        """
        try:
            self.auditor.record_here(action, who, count, facts)
        except Unrecorded:
            self.metrics.audit_failure()
            raise

    async def _aside(self, work: Callable[[], T]) -> T:
        """Do what the Guard takes long for on a thread of its own: others need not wait for it."""
        return await asyncio.get_running_loop().run_in_executor(self._guards, work)

    async def _shown(self, guard: Guard, cases: Sequence[Case], answer: Answer) -> Answer:
        """An answer with what the Guard lets be seen, for all cases, those for a person too."""
        predictions: list[Prediction] = []
        shown: list[Shown] = []
        rest = iter(answer.predictions)

        def show(some: Sequence[Case]) -> None:
            for case in some:
                found = by_hand(case.shown.id, answer.export) if case.report is None else next(rest)
                predictions.append(guard.show(case, found).prediction)
                shown.append(guard.show(case, found, as_shown=True))

        for start in range(0, len(cases), CUT):
            await self._aside(lambda some=cases[start : start + CUT]: show(some))  # type: ignore[misc]
        return replace(answer, predictions=predictions, shown=shown)

    async def reload(self, who: str = SIGNAL) -> tuple[Loaded, str]:
        """Load keys, watch list and Export anew, check them, switch; give also the old model's name.

        Whoever asks while one reload is under way shares the next with all others that ask meanwhile: never
        do more than two stand in line, and each sees the files as they were when it was asked for, or newer.

        Args:
            who: name of the key.

        Raises:
            BrokenExport, GoldenMismatch, BadKeys, BadWatchList, BadSettings, Unrecorded: the old ones stay.
        """
        if self._next is None:
            self._askers = []
            self._next = asyncio.create_task(self._reload_in_turn())
            self._reloads.add(self._next)
            self._next.add_done_callback(self._reloads.discard)
        self._askers.append(who)
        # Shielded: one that goes away must not take it from the others.
        return await asyncio.shield(self._next)

    async def _reload_in_turn(self) -> tuple[Loaded, str]:
        async with self._reloading:
            # From here on the files are read, so who asks now may want newer ones.
            self._next, askers = None, self._askers
            return await self._reload(askers)

    async def _reload(self, askers: Sequence[str]) -> tuple[Loaded, str]:
        old = weakref.ref(self.tagger)  # no more than that, so that it goes when its last request has
        before = self.tagger.export.model
        try:
            keys = load_keys(self.settings)
            guard = load_guard(self.settings)
            loaded = await asyncio.to_thread(load_checked, self.settings)
            facts = {"model": loaded.tagger.export.model, "from": before}
            for who in dict.fromkeys(askers):
                await self.record(Action.reload, who, 1, **facts)
            self.batcher.swap(loaded.tagger)
        except Exception as error:
            self.metrics.reload("refused")
            event("reload_refused", logging.ERROR, error, model=before, **reason_of(error))
            raise
        self.access.keys, self.guard = keys, guard
        self.desk.forget()
        await self._reload_shadow()
        self.metrics.reload("switched")
        self.metrics.model(loaded.tagger.export.model)
        event("reloaded", model=loaded.tagger.export.model, before=before, golden=loaded.golden)
        self._clean_up(old)
        return loaded, before

    def _clean_up(self, old: weakref.ref[Tagger]) -> None:
        patience = max(self.settings.deadline_s, self.settings.list_deadline_s)
        task = asyncio.get_running_loop().create_task(give_back(old, patience))
        self._cleaning.add(task)
        task.add_done_callback(self._cleaning.discard)

    async def _reload_shadow(self) -> None:
        """Load the challenger anew; where it cannot be used, the one before goes on. Never fails."""
        if self.shadow is None:
            return
        challenger = self.shadow.tagger
        try:
            loaded = await asyncio.to_thread(load_shadow, self.settings)
            challenger = loaded or challenger
        except Exception as error:
            event("shadow_refused", logging.ERROR, error, model=challenger.export.model, **reason_of(error))
        self.shadow.swap(challenger, self.tagger)
        event("shadow", model=challenger.export.model, live=self.tagger.export.model, same=self.shadow.same)

    def _break(self) -> None:
        self.status, self.broken = "draining", True

    async def drain(self) -> None:
        """Refuse new work with 503 and answer what was accepted, for as long as the settings allow."""
        self.status = "draining"
        event("draining", tokens=self.batcher.admission.pending)
        self.batcher.draining = True
        if self.shadow is not None:
            await self.shadow.stop()
        await asyncio.sleep(self.settings.drain_wait_s)
        try:
            async with asyncio.timeout(self.settings.drain_limit_s):
                await self.batcher.drain()
        except TimeoutError:
            event("drain_given_up", logging.WARNING, tokens=self.batcher.admission.pending)

    async def stop(self) -> None:
        """End the threads."""
        self.status = "draining"
        self.desk.stop()
        for task in (self._following, *self._cleaning, *self._reloads):
            if task is not None:
                task.cancel()
        if self.shadow is not None:
            await self.shadow.stop()
        await self.batcher.stop()
        self._guards.shutdown(wait=False, cancel_futures=True)
        if self.tracing is not None:
            await asyncio.to_thread(self.tracing.close)
        try:
            self.auditor.record_now(Action.stop, SERVICE)
        except (OSError, BadAudit) as error:
            event("audit_failed", logging.ERROR, error)


def reason_of(error: Exception) -> dict[str, str]:
    """The message of an error for the log, where it is of a kind that names files, places and numbers alone.

    The watch list's quotes no name, the golden reports' no report; any other error may hold words.
    """
    return {"reason": str(error)} if isinstance(error, RELOAD_ERRORS) else {}


def load_guard(settings: ServeSettings) -> Guard:
    """The Guard of the settings.

    Raises:
        BadWatchList: the list cannot be used.
    """
    names = WatchList.load(settings.watch_list) if settings.watch_list else None
    return Guard(settings.mask, names, masker=ReportMasker(Masker(settings.officials.kept)))


def load_keys(settings: ServeSettings) -> KeyRing | None:
    """The keys of the settings, or None where none are demanded.

    Raises:
        BadKeys: the file cannot be used.
    """
    return KeyRing.load(settings.keys) if settings.keys else None
