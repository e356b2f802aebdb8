"""Figures: what a job's reports were about, counted as they pass."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from data.taxonomy import Axis, Taxonomy
from serving.bulk.record import Record

MOST_REGIONS = 10_000  # regions counted one by one: a column of free text must not fill the memory
KEPT_REGIONS = 200  # of these, the largest are kept
NONE = ""  # no label, no month, no region
OTHER = "…"  # regions beyond those kept
_MONTH = re.compile(r"\s*((?:19|20)\d\d)\s*[-/.年]?\s*(1[0-2]|0[1-9]|[1-9](?!\d))")


class Figures:
    """Counts over records: axes crossed, months, regions, reviews, rejects."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        """Take the axes to cross: domain and misconduct, or else the first and the last."""
        self._across, self._down = crossed(taxonomy)
        self.reports = self.tagged = self.reviews = self.undated = 0
        self._labels: Counter[str] = Counter()
        self._crossed: Counter[tuple[str, str]] = Counter()
        self._months: dict[str, Counter[str]] = {}
        self._regions: dict[str, Counter[str]] = {}
        self._reasons: Counter[str] = Counter()
        self._rejects: Counter[str] = Counter()
        self._files: Counter[str] = Counter()

    def add(self, record: Record) -> None:
        """Count one report."""
        tags = {axis: [tag["label"] for tag in found] for axis, found in record["tags"].items()}
        marked = bool(tags.get(self._down.id))
        self.reports += 1
        self.tagged += marked
        self.reviews += record["needs_review"]
        self._reasons.update(record["review_reasons"])
        self._labels.update(f"{axis}/{label}" for axis, labels in tags.items() for label in labels)
        across = tags.get(self._across.id) or [NONE]
        down = tags.get(self._down.id) or [NONE]
        self._crossed.update((one, other) for one in across for other in down)
        month = month_of(record["time"])
        self.undated += bool(record["time"].strip()) and month == NONE
        region = record["region"].strip()
        if region not in self._regions and len(self._regions) >= MOST_REGIONS:
            region = OTHER
        for table, key in ((self._months, month), (self._regions, region)):
            row = table.setdefault(key, Counter())
            row["reports"] += 1
            row["tagged"] += marked
            row["reviews"] += record["needs_review"]

    def reject(self, shape: Mapping[str, Any]) -> None:
        """Count one row that could not be read."""
        self._rejects[str(shape["reason"])] += 1
        self._files[str(shape["file"])] += 1

    def to_dict(self) -> dict[str, Any]:
        """JSON shape; regions beyond the largest are one."""
        regions = sorted(self._regions.items(), key=lambda pair: (-pair[1]["reports"], pair[0]))
        rest: Counter[str] = Counter()
        for _, row in regions[KEPT_REGIONS:]:
            rest.update(row)
        kept = {region: dict(row) for region, row in regions[:KEPT_REGIONS]}
        if rest:
            kept[OTHER] = dict(Counter(kept.get(OTHER, {})) + rest)
        crossed: dict[str, dict[str, int]] = {}
        for (one, other), count in sorted(self._crossed.items()):
            crossed.setdefault(one, {})[other] = count
        return {
            "reports": self.reports, "tagged": self.tagged, "reviews": self.reviews, "undated": self.undated,
            "labels": dict(sorted(self._labels.items())), "crossed": crossed,
            "months": {month: dict(row) for month, row in sorted(self._months.items())},
            "regions": kept, "reasons": dict(self._reasons.most_common()),
            "rejects": dict(self._rejects.most_common()), "reject_files": dict(self._files.most_common(50)),
        }  # fmt: skip


def crossed(taxonomy: Taxonomy) -> tuple[Axis, Axis]:
    """The axes that the table crosses: domain and misconduct, or else the first and the last."""
    axes = {axis.id: axis for axis in taxonomy.axes}
    if "domain" in axes and "misconduct" in axes:
        return axes["domain"], axes["misconduct"]
    return taxonomy.axes[0], taxonomy.axes[-1]


def month_of(time: str) -> str:
    """The month that a time as written begins with, as 2026-03, or "" where it does not."""
    found = _MONTH.match(time)
    return f"{found[1]}-{int(found[2]):02}" if found else NONE
