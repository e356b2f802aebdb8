"""Originals: the reports as received, to which labels without texts are joined."""

from __future__ import annotations

from collections.abc import Iterable

from data.errors import BadReviewKey
from data.report import Report
from data.reviews.key import ReviewKey, key_of
from data.reviews.review import report_hash


class Originals:
    """Reports found again by their id, or by the hash of their words."""

    def __init__(self, reports: Iterable[Report]) -> None:
        """Keep the reports; of two of one id that differ, neither is found by it."""
        self._reports = [*reports]
        self._by_hash: dict[str, dict[str, list[Report]]] = {}
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

    def by_hash(self, hash: str, id: str, key: ReviewKey | None = None) -> Report | None:
        """Give the report of these words, the one of that id if several have them; else None.

        Args:
            hash: keyed, or a plain one of earlier versions.
            id: of the report.
            key: that keyed hashes were made with.

        Raises:
            BadReviewKey: the hash is keyed, and no key, or another, is given.
        """
        if key is None:
            if key_of(hash):
                raise BadReviewKey("the hashes in the log are keyed; give its key with --reviews-key")
        else:
            key.check([hash])
            hash = key.keyed(hash)
        found = self._hashed(key).get(hash, [])
        return next((report for report in found if report.id == id), found[0] if found else None)

    def _hashed(self, key: ReviewKey | None) -> dict[str, list[Report]]:
        name = key.id if key is not None else ""
        if name not in self._by_hash:
            index = self._by_hash[name] = {}
            for report in self._reports:
                hash = key.of(report) if key is not None else report_hash(report)
                index.setdefault(hash, []).append(report)
        return self._by_hash[name]
