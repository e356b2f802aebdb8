"""Queue: the reports of a file that wait for a review, dealt out so that no two officers get the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from data.readers import read_reports
from data.report import Report
from data.reviews.review import report_hash
from serving.log import event

HOLD_S = 15 * 60
"""Seconds for which a report that was dealt out is not dealt to others."""
_AT_ONCE = 200

Reviewed = Callable[[Collection[str]], set[str]]
"""Hashes -> those of them whose report has a review that stands."""


@dataclass(frozen=True)
class Queued:
    """A report of the queue, as received.

    Attributes:
        place: from 0.
        report: the report.
        hash: of its words, keyed.
        plain: as the log has it of reviews that earlier versions took; it goes nowhere else.
    """

    place: int
    report: Report
    hash: str
    plain: str = field(repr=False)

    @property
    def hashes(self) -> tuple[str, str]:
        """Those under which the log may know it."""
        return self.hash, self.plain


@dataclass(frozen=True)
class Dealt:
    """How far the queue is, and a report of it; None where there is none to give."""

    total: int
    reviewed: int
    queued: Queued | None


class ReviewQueue:
    """One file of reports, read again when it changes. Its calls may come from several threads."""

    def __init__(
        self,
        path: Path,
        max_chars: int,
        withholds: Callable[[Report], bool],
        keyed: Callable[[str], str],
    ) -> None:
        """Set up.

        Args:
            path: read when the first report is asked for.
            max_chars: of one text.
            withholds: which reports are left out.
            keyed: keys a plain hash; may raise BadReviewLog.
        """
        self._path, self._max_chars, self._withholds, self._keyed = path, max_chars, withholds, keyed
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._stale = False
        self._queued: list[Queued] = []
        self._done: set[str] = set()
        self._held: dict[int, tuple[str, float]] = {}

    def next(self, after: int, holder: str, reviewed: Reviewed) -> Dealt:
        """Give the first report behind place `after`, then from the beginning, that is neither reviewed nor
        with another holder. What the holder had before is free again.

        Raises:
            DataError, OSError: the file cannot be read; BadReviewLog: the log or its key cannot.
        """
        with self._lock:
            self._refresh(reviewed)
            now = time.monotonic()
            self._held = {
                place: (who, until) for place, (who, until) in self._held.items()
                if until > now and who != holder
            }  # fmt: skip
            found = self._find(after, reviewed)
            if found is not None:
                self._held[found.place] = (holder, now + HOLD_S)
            return self._dealt(found)

    def at(self, place: int, reviewed: Reviewed) -> Dealt:
        """Give the report at a place; none where the queue is shorter.

        Raises:
            DataError, OSError: the file cannot be read.
        """
        with self._lock:
            self._refresh(reviewed)
            return self._dealt(self._queued[place] if place < len(self._queued) else None)

    def by_hash(self, hash: str) -> Report | None:
        """Give a report of the queue as received, if it is still there."""
        with self._lock:
            return next((each.report for each in self._queued if each.hash == hash), None)

    def forget(self) -> None:
        """Have the file read again: which reports are left out may have changed. Waits for nothing."""
        self._stale = True

    def settle(self, hash: str, done: bool) -> None:
        """Take note that a report has a review now, or none any more."""
        with self._lock:
            (self._done.add if done else self._done.discard)(hash)

    def _find(self, after: int, reviewed: Reviewed) -> Queued | None:
        start = after + 1 if 0 <= after < len(self._queued) else 0
        open_now = [
            each
            for each in (*self._queued[start:], *self._queued[:start])
            if each.place not in self._held and not self._is_done(each)
        ]
        for begin in range(0, len(open_now), _AT_ONCE):
            some = open_now[begin : begin + _AT_ONCE]
            self._done |= reviewed(_hashes(some))  # another instance may have taken them
            for each in some:
                if not self._is_done(each):
                    return each
        return None

    def _is_done(self, queued: Queued) -> bool:
        return not self._done.isdisjoint(queued.hashes)

    def _dealt(self, queued: Queued | None) -> Dealt:
        done = sum(map(self._is_done, self._queued))
        return Dealt(len(self._queued), done, queued)

    def _refresh(self, reviewed: Reviewed) -> None:
        state = self._path.stat()
        stamp = (state.st_mtime_ns, state.st_size)
        if stamp == self._stamp and not self._stale:
            return
        self._stale = False
        rows = [*read_reports(self._path, max_chars=self._max_chars)]
        received = [row for row in rows if isinstance(row, Report)]
        reports = [report for report in received if not self._withholds(report)]
        plain = map(report_hash, reports)
        queued = [
            Queued(place, report, self._keyed(hash), hash)
            for place, (report, hash) in enumerate(zip(reports, plain, strict=True))
        ]
        done = reviewed(_hashes(queued))
        self._queued, self._done, self._held, self._stamp = queued, done, {}, stamp
        event(
            "queue", reports=len(reports), reviewed=len(done), unreadable=len(rows) - len(received),
            withheld=len(received) - len(reports),
        )  # fmt: skip


def _hashes(queued: Iterable[Queued]) -> set[str]:
    return {hash for each in queued for hash in each.hashes}
