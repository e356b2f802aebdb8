"""Originals: the reports as received, to which labels without texts are joined."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from data.report import Report
from data.reviews.review import report_hash


class Originals:
    """Reports found again by their id, or by the hash of their words."""

    def __init__(self, reports: Iterable[Report]) -> None:
        """Keep the reports; of two of one id that differ, neither is found by it."""
        self._reports = [*reports]
        self._by_id: dict[str, Report | None] = {}
        for report in self._reports:
            known = self._by_id.get(report.id, report)
            same = known is not None and (known.title, known.text) == (report.title, report.text)
            self._by_id[report.id] = report if same else None

    def __contains__(self, id: str) -> bool:
        return id in self._by_id

    def by_id(self, id: str) -> Report | None:
        """Give the report of an id; None where there is none, or where several differ."""
        return self._by_id.get(id)

    def by_hash(self, hash: str, id: str) -> Report | None:
        """Give the report of these words, the one of that id if several have them; else None."""
        found = self._by_hash.get(hash, [])
        return next((report for report in found if report.id == id), found[0] if found else None)

    @cached_property
    def _by_hash(self) -> dict[str, list[Report]]:
        found: dict[str, list[Report]] = {}
        for report in self._reports:
            found.setdefault(report_hash(report), []).append(report)
        return found
