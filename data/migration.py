"""Migration: labels of one taxonomy in the terms of the next; what cannot be decided is left open."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from data.errors import LostLabels, MissingFile
from data.imports.own import BEFORE, READINGS
from data.labelled import labelled_lines, labels_of, refuse_unknown
from data.taxonomy import Axis
from data.taxonomy_change import AxisChange, TaxonomyChange

Given = Mapping[str, str]
"""Label id -> evidence words, "" where none."""


class Added(StrEnum):
    """What a label that nobody could give yet is, in reports labelled on its axis before."""

    absent = "absent"
    unlabelled = "unlabelled"


class Outcome(StrEnum):
    """What became of a label of a report."""

    moved = "moved"
    undecided = "undecided"
    dropped = "dropped"


@dataclass
class Migration:
    """Moves labelled reports, and counts what it did.

    Attributes:
        change: between the two taxonomies.
        maps: (axis id, old label id) -> new label id, as somebody decided.
        drops: (axis id, old label id) that are given up.
        added: what a new label is in old reports.
        reports: moved so far.
        counts: (axis id, old label id, outcome) -> reports.
        opened: axis id -> reports that were labelled on it and no longer are.
        lost: (axis id, old label id) -> reports, where a label has no heir and nobody decided.
    """

    change: TaxonomyChange
    maps: Mapping[tuple[str, str], str] = field(default_factory=dict)
    drops: frozenset[tuple[str, str]] = frozenset()
    added: Added = Added.absent
    reports: int = 0
    counts: Counter[tuple[str, str, Outcome]] = field(default_factory=Counter)
    opened: Counter[str] = field(default_factory=Counter)
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)

    def lines(self, path: Path) -> Iterator[str]:
        """Move a file of labelled JSONL line by line, everything else in a line kept; no line ends.

        Raises:
            MissingFile, BadLabelledRow, UnknownEncoding: it cannot be read.
            UnknownLabels: after the last line; labels that the old taxonomy does not have.
            LostLabels: after the last line; labels without an heir, which nobody mapped or dropped.
        """
        if not path.is_file():
            raise MissingFile(f"{path}: no such file; check the path")
        unknown: Counter[tuple[str, str]] = Counter()
        for row, item in labelled_lines(path):
            self.reports += 1
            yield json.dumps(self._line(item, f"{path}, line {row}", unknown), ensure_ascii=False)
        refuse_unknown(path, self.change.old, unknown)
        if self.lost:
            raise LostLabels(self._lost_message(path))

    def _line(self, item: Mapping[str, Any], place: str, unknown: Counter[tuple[str, str]]) -> dict[str, Any]:
        moved = self._labels(item, place, unknown, count=True)
        people = item.get(READINGS)
        if isinstance(people, dict):
            moved[READINGS] = {
                who: self._labels(labels, f"{place}: {READINGS}", unknown)
                for who, labels in people.items()
                if isinstance(labels, dict)
            }
        if isinstance(before := item.get(BEFORE), dict):
            moved[BEFORE] = self._labels(before, f"{place}: {BEFORE}", unknown)
        return moved

    def _labels(
        self, item: Mapping[str, Any], place: str, unknown: Counter[tuple[str, str]], count: bool = False
    ) -> dict[str, Any]:
        """Give the object with the labels of every axis moved."""
        moved = dict(item)
        for axis in self.change.axes:
            if axis.old is None or axis.id not in item:
                continue
            given = labels_of(item[axis.id], axis.old, f"{place}: {axis.id}", unknown)
            if axis.new is None:
                del moved[axis.id]
                if count:
                    self.counts.update((axis.id, label, Outcome.dropped) for label in given or ())
                continue
            after = None if given is None else self._axis(axis, axis.new, given, count)
            if count and given is not None and after is None:
                self.opened[axis.id] += 1
            moved[axis.id] = _shape(after, axis.new)
        return moved

    def _axis(self, axis: AxisChange, new: Axis, given: Given, count: bool) -> dict[str, str] | None:
        """Move one report's labels of one axis; None where a label cannot be decided."""
        after: dict[str, str] = {}
        decided = not (self.added is Added.unlabelled and axis.added)
        for label, words in given.items():
            heir = self.maps.get((axis.id, label)) or _only(axis.heirs[label])
            if (axis.id, label) in self.drops:
                outcome = Outcome.dropped
            elif heir is not None:
                outcome = Outcome.moved
                after[heir] = after.get(heir) or words
            else:
                outcome, decided = Outcome.undecided, False
                if not axis.heirs[label] and count:
                    self.lost[axis.id, label] += 1
            if count:
                self.counts[axis.id, label, outcome] += 1
        if new.kind == "one" and len(after) != 1:
            decided = False
        return after if decided else None

    def _lost_message(self, path: Path) -> str:
        lines = [f"  {axis}: {label} x {count}" for (axis, label), count in self.lost.most_common()]
        return (
            f"{path}: {len(lines)} labels have no heir in the new taxonomy; give --map OLD=NEW or --drop OLD "
            f"for each, or name the old id under `was` there:\n" + "\n".join(lines)
        )


def _only(heirs: tuple[str, ...]) -> str | None:
    return heirs[0] if len(heirs) == 1 else None


def _shape(given: Given | None, axis: Axis) -> dict[str, str] | list[str] | None:
    if given is None:
        return None
    ordered = [label for label in axis.label_ids if label in given]
    return {label: given[label] for label in ordered} if any(given.values()) else ordered
