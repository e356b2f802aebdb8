"""ReviewDesk: the review log and the queue for the routes, on threads of their own.

Whatever becomes of the database, tagging does not wait for it: nothing here runs on the event loop, on the
engine's thread or on asyncio's shared ones, and what waits is bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from data.errors import BadReviewKey, BadReviewLog, DataError
from data.report import Report
from data.reviews.cover import Cover
from data.reviews.key import ReviewKey, key_beside, key_of
from data.reviews.review import Review
from serving.log import event
from serving.problem import Problem
from serving.reviews.queue import Dealt, ReviewQueue
from serving.settings import ServeSettings

if TYPE_CHECKING:
    from data.reviews.log import ReviewLog

ANSWER_S = 20.0
"""Seconds for the database to answer; its own limits are shorter, so this is for what hangs."""
MOST_WAITING = 64
_THREADS = 4
T = TypeVar("T")


class ReviewDesk:
    """Takes reviews, and deals out what is to be reviewed."""

    def __init__(self, settings: ServeSettings, withholds: Callable[[Report], bool]) -> None:
        """Take the settings, and which reports are left to a person: no words of these are dealt or kept.

        The database is opened when it is first used.
        """
        self._database = settings.reviews_database
        self._key_path = settings.reviews_key or key_beside(settings.reviews_database)
        self._key: ReviewKey | None = None
        self._migrates = settings.reviews_migrate
        self._withholds = withholds
        self._keeps_text = settings.reviews_text
        self.cover = Cover(settings.officials)
        self._queue = (
            ReviewQueue(settings.reviews_queue, settings.max_chars, withholds, self.keyed)
            if settings.reviews_queue
            else None
        )
        self._pool = ThreadPoolExecutor(_THREADS, "reviews")
        self._lock = threading.Lock()
        self._log: ReviewLog | None = None
        self._ready: bool | None = None
        self._saying = threading.Lock()
        self._waiting = 0
        self._counting = threading.Lock()

    @property
    def open(self) -> bool:
        """Whether reviews are taken here, be the database there or not."""
        return bool(self._database)

    def start(self) -> None:
        """Open the database in the background, so that the log says at once whether it can be used."""
        if self._database:
            self._submit(self._look)

    def stop(self) -> None:
        """Let go of the database."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._log is not None:
            self._log.close()

    def kept(self, received: Report | None, hash: str) -> tuple[str, str] | None:
        """Give title and text of a reviewed report as they may be kept; None where they may not, or are not
        known.

        Args:
            received: the report, where its words were sent.
            hash: of its words, keyed, by which else the queue has it.
        """
        if not self._keeps_text:
            return None
        if received is None and self._queue is not None:
            received = self._queue.by_hash(hash)
        if received is None or self._withholds(received):
            return None
        return self.cover.report(received)

    def note(self, note: str, received: Report | None = None) -> str:
        """Give an officer's note as it may be kept: none where it, or the report, names the watch list.

        Args:
            note: their words.
            received: the report, as far as it was sent.
        """
        about = [Report("", note), *([received] if received is not None else [])]
        return "" if not note or any(map(self._withholds, about)) else self.cover.note(note)

    def keyed(self, hash: str) -> str:
        """Key a plain hash of a report's words; a keyed one stays as it is. Called on the desk's threads.

        Raises:
            BadReviewLog: the log cannot be used, or its key cannot.
            Problem: it is keyed with another key.
        """
        self._use(lambda log: None)
        assert self._key is not None
        if key_of(hash) not in ("", self._key.id):
            message = "No hash of this log's queue."
            raise Problem(
                "invalid", errors=[{"field": "report.hash", "code": "other_key", "message": message}]
            )
        return self._key.keyed(hash)

    def forget(self) -> None:
        """Have the queue read again: which reports are left to a person may have changed."""
        if self._queue is not None:
            self._queue.forget()

    async def run(self, work: Callable[[], T]) -> T:
        """Run some work on the desk's threads.

        Raises:
            Problem: no reviews are taken here, too many wait, or the answer does not come.
            DataError: what the work raises.
        """
        if not self._database:
            raise Problem("reviews_off")
        if self._waiting >= MOST_WAITING:
            raise _away("Too many reviews wait for the database.")
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._submit(work)), ANSWER_S)
        except TimeoutError:
            raise _away("The database does not answer.") from None

    async def add(self, make: Callable[[], Review], record: Callable[[Review], None]) -> Review:
        """Make a review and add it to the log.

        Args:
            record: called, on the desk's threads, before the review counts as added.

        Raises:
            Problem, DataError: as `run`; BadReviewLog, ReviewConflict, or what `record` raises:
                it was not taken.
        """

        def work() -> Review:
            made = make()
            added = self._use(lambda log: log.add(made, record))
            if self._queue is not None:
                self._queue.settle(added.report_hash, done=True)
            return added

        return await self.run(work)

    async def undo(
        self, id: str, undone: str, reviewer: str, key: str, note: str, record: Callable[[Review], None]
    ) -> Review:
        """Take a review back; `record` as of `add`.

        Raises:
            Problem, DataError: as `run`; BadReviewLog, ReviewConflict, UnknownReview: it was not taken.
        """

        def work() -> Review:
            words = self.note(note)
            added = self._use(lambda log: log.undo(id, undone, reviewer, key, words, record))
            if self._queue is not None:
                left = self._use(lambda log: log.reviewed([added.report_hash]))
                self._queue.settle(added.report_hash, done=bool(left))
            return added

        return await self.run(work)

    async def deal(self, after: int, holder: str) -> tuple[Dealt, list[Review]]:
        """Give the next report to review, and the reviews of it that stand.

        Raises:
            Problem: as `run`; there is no queue, or its file cannot be read.
            BadReviewLog: the log cannot be read.
        """
        return await self._from_queue(
            lambda queue: queue.next(after, holder, lambda some: self._use(lambda log: log.reviewed(some)))
        )

    async def at(self, place: int) -> tuple[Dealt, list[Review]]:
        """Give the report at a place of the queue, and the reviews of it that stand.

        Raises:
            As `deal`.
        """
        return await self._from_queue(
            lambda queue: queue.at(place, lambda some: self._use(lambda log: log.reviewed(some)))
        )

    async def _from_queue(self, ask: Callable[[ReviewQueue], Dealt]) -> tuple[Dealt, list[Review]]:
        queue = self._queue

        def work() -> tuple[Dealt, list[Review]]:
            if queue is None:
                raise Problem("no_queue")
            try:
                dealt = ask(queue)
            except BadReviewLog:
                raise
            except (DataError, OSError) as error:
                event("queue_away", logging.WARNING, error)
                raise Problem("queue_away") from None
            found = dealt.queued
            if found is None:
                return dealt, []
            return dealt, self._use(lambda log: log.standing(*found.hashes))

        return await self.run(work)

    def _use(self, work: Callable[[ReviewLog], T]) -> T:
        """Use the log; opened, brought up to date where the settings say so, and checked before the first use
        and after every failure, so that a database, or a key, which is mended meanwhile is used again."""
        try:
            if not self._ready:
                self._open()
            assert self._log is not None
            return work(self._log)
        except BadReviewLog as error:
            self._say(False, str(error))
            raise

    def _open(self) -> None:
        with self._lock:
            # Loaded here: who takes no reviews need not wait for it.
            from data.reviews.database import Mode
            from data.reviews.log import ReviewLog
            from data.reviews.schema import migrate

            if self._ready:
                return
            if self._migrates:
                migrate(self._database)
            if self._log is None:
                self._log = ReviewLog(self._database, Mode.write)
            self._log.check()
            # Made behind the check: beside a database that is not there no key is left.
            if self._key_path is None:
                raise BadReviewKey("PostgreSQL needs the setting reviews_key")
            key = ReviewKey.of_log(self._key_path, self._log.keys())
            self._key = key
        self._say(True)

    def _look(self) -> None:
        with contextlib.suppress(BadReviewLog):  # it is said in the log
            self._use(lambda log: None)

    def _say(self, ready: bool, reason: str = "") -> None:
        with self._saying:
            changed, self._ready = self._ready is not ready, ready
        if changed and ready:
            event("reviews_ready", keeps_text=self._keeps_text)
        elif changed:
            event("reviews_away", logging.WARNING, reason=reason)

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        with self._counting:
            self._waiting += 1
        future = self._pool.submit(work)
        future.add_done_callback(self._done)
        return future

    def _done(self, future: Future[T]) -> None:
        with self._counting:  # not the lock of opening, for which the event loop might wait here
            self._waiting -= 1


def _away(detail: str) -> Problem:
    return Problem("reviews_away", detail, {"Retry-After": "10"})
