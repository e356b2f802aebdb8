"""Survey: the figures about labelled reports that decide whether to train on them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from statistics import quantiles
from typing import Any

from data.imports.own import READINGS
from data.labelled import LabelledReport
from data.survey.agreement import alpha
from data.survey.alike import alike_groups, letters
from data.taxonomy import Axis, Taxonomy


@dataclass(frozen=True)
class LabelSurvey:
    """One label.

    Attributes:
        id: its id.
        name: its Chinese name.
        rows: how many reports have it.
        by_source: source -> how many.
        judged: reports that at least two people labelled on this axis.
        alpha: their agreement; None where it cannot be computed.
    """

    id: str
    name: str
    rows: int
    by_source: Mapping[str, int]
    judged: int = 0
    alpha: float | None = None


@dataclass(frozen=True)
class AxisSurvey:
    """One axis.

    Attributes:
        id: its id.
        name: its Chinese name.
        labelled: reports labelled on it.
        empty: of these, where nothing holds.
        labels: in the order of the taxonomy.
        together: (label id, label id) -> reports that have both.
    """

    id: str
    name: str
    labelled: int
    empty: int
    labels: Sequence[LabelSurvey]
    together: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class AcrossSurvey:
    """Two axes.

    Attributes:
        axes: their ids.
        together: (label id of the one, label id of the other) -> reports that have both.
    """

    axes: tuple[str, str]
    together: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Conflict:
    """Reports that are alike and labelled differently; by id, without words."""

    axis: str
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Leak:
    """A report to train on that is alike to one that measures."""

    id: str
    file: str
    other: str


@dataclass(frozen=True)
class Survey:
    """All figures.

    Attributes:
        rows: labelled reports.
        sources: source -> reports.
        unsure: reports that whoever labelled them doubted.
        several: reports that several people labelled.
        lengths: characters of the shortest report, at 10, 50, 90 and 99 %, of the longest.
        axes: in the order of the taxonomy.
        across: every two axes, in their order.
        repeated: reports beyond the first of each group that is alike.
        conflicts: groups that are alike and labelled differently.
        leaks: reports alike to one of the files that measure, in other words than its own.
        measured: reports that are one of those that measure, by their words: no training learns from them.
        rejected: reason -> rows that the import rejected.
    """

    rows: int
    sources: Mapping[str, int]
    unsure: int
    several: int
    lengths: Sequence[int]
    axes: Sequence[AxisSurvey]
    across: Sequence[AcrossSurvey]
    repeated: int
    conflicts: Sequence[Conflict]
    leaks: Sequence[Leak]
    measured: int
    rejected: Mapping[str, int] = field(default_factory=dict)


def survey(
    reports: Sequence[LabelledReport],
    taxonomy: Taxonomy,
    measures: Mapping[str, Sequence[LabelledReport]] | None = None,
    rejected: Mapping[str, int] | None = None,
) -> Survey:
    """Gather the figures.

    Args:
        reports: to train on.
        taxonomy: their labels.
        measures: file -> reports of the dev and test sets.
        rejected: reason -> rows that an import rejected.
    """
    measuring = [(file, one) for file, several in (measures or {}).items() for one in several]
    everything = [*reports, *(one for _, one in measuring)]
    groups = alike_groups([f"{one.report.title}\n{one.report.text}" for one in everything])
    repeated, measured, conflicts, leaks = 0, 0, [], []
    for group in groups:
        ours = [reports[place] for place in group if place < len(reports)]
        others = [measuring[place - len(reports)] for place in group if place >= len(reports)]
        repeated += max(0, len(ours) - 1)
        conflicts += _conflicts(ours, taxonomy)
        alike = [one for one in ours if others and not any(_same(one, other) for _, other in others)]
        leaks += [Leak(one.report.id, others[0][0], others[0][1].report.id) for one in alike]
        measured += len(ours) - len(alike) if others else 0
    readings = [_readings(one) for one in reports]
    return Survey(
        rows=len(reports),
        sources=dict(Counter(one.source for one in reports).most_common()),
        unsure=sum(one.unsure for one in reports),
        several=sum(len(one) > 1 for one in readings),
        lengths=_lengths([len(one.report.text) for one in reports]),
        axes=[_axis(axis, reports, readings) for axis in taxonomy.axes],
        across=[_across(one, other, reports) for one, other in combinations(taxonomy.axes, 2)],
        repeated=repeated,
        conflicts=conflicts,
        leaks=leaks,
        measured=measured,
        rejected=dict(rejected or {}),
    )


def _same(one: LabelledReport, other: LabelledReport) -> bool:
    first, second = (letters(f"{each.report.title}\n{each.report.text}") for each in (one, other))
    return first == second


def _conflicts(reports: Sequence[LabelledReport], taxonomy: Taxonomy) -> list[Conflict]:
    found = []
    for axis in taxonomy.axes:
        labelled = [one for one in reports if one.labels[axis.id] is not None]
        if len({one.labels[axis.id] for one in labelled}) > 1:
            found.append(Conflict(axis.id, tuple(one.report.id for one in labelled)))
    return found


def _lengths(lengths: list[int]) -> list[int]:
    if len(lengths) < 2:
        return lengths * 6
    cuts = quantiles(lengths, n=100, method="inclusive")
    return [min(lengths), *(round(cuts[place - 1]) for place in (10, 50, 90, 99)), max(lengths)]


def _axis(axis: Axis, reports: Sequence[LabelledReport], readings: Sequence[Mapping[str, Any]]) -> AxisSurvey:
    counts: dict[str, Counter[str]] = {label.id: Counter() for label in axis.labels}
    together: Counter[tuple[str, str]] = Counter()
    labelled = empty = 0
    for one in reports:
        held = one.labels[axis.id]
        if held is None:
            continue
        labelled, empty = labelled + 1, empty + (not held)
        ordered = [label.id for label in axis.labels if label.id in held]
        together.update(combinations(ordered, 2))
        for label in ordered:
            counts[label][one.source] += 1
    answers = [
        [
            given
            for labels in people.values()
            if isinstance(labels, dict) and (given := labels.get(axis.id)) is not None
        ]
        for people in readings
    ]
    judged = [one for one in answers if len(one) > 1]
    labels = [
        LabelSurvey(
            label.id, label.name, counts[label.id].total(), dict(counts[label.id]), len(judged),
            alpha([[label.id in given for given in one] for one in judged]),
        )
        for label in axis.labels
    ]  # fmt: skip
    return AxisSurvey(axis.id, axis.name, labelled, empty, labels, dict(together))


def _across(one: Axis, other: Axis, reports: Sequence[LabelledReport]) -> AcrossSurvey:
    together = Counter(
        pair
        for report in reports
        for pair in product(report.labels[one.id] or (), report.labels[other.id] or ())
    )
    return AcrossSurvey((one.id, other.id), dict(together))


def _readings(one: LabelledReport) -> Mapping[str, Any]:
    """Everybody's labels, as an import keeps them beside the report."""
    kept = one.report.extra.get(READINGS)
    try:
        value = json.loads(kept) if kept else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
