"""What a model does on the cases, the perturbations and the pairs, as counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from data.labelled import read_labelled
from data.report import Report
from data.taxonomy import Taxonomy
from model.prediction import Prediction
from model.tagger import Tagger
from tests.behaviour.cases import AXES, CASES
from tests.behaviour.directions import UP, read_pairs
from tests.behaviour.perturbations import EXACT, NEUTRAL
from training.behaviour import read_cases

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "reports.jsonl"
EVERY = 4  # every fourth sample report: enough to see three points of a rate, in seconds
TWOFOLD = float(np.log(2))  # a score has moved when its odds have at least doubled, or halved


@dataclass
class Count:
    """How many of how many passed; and, in words, those that did not."""

    passed: int = 0
    of: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, passed: bool, failure: str) -> None:
        self.of += 1
        self.passed += passed
        if not passed:
            self.failures.append(failure)


Counts = dict[str, dict[str, Count]]  # row -> column -> count


def labels_of(prediction: Prediction) -> dict[str, frozenset[str]]:
    return {axis: frozenset(tag.label for tag in tags) for axis, tags in prediction.tags.items()}


def sample_reports(taxonomy: Taxonomy) -> list[Report]:
    return [item.report for item in read_labelled(SAMPLE, taxonomy)]


def measure_minimum(tagger: Tagger) -> Counts:
    """Cases met, per kind and axis."""
    cases = read_cases(tagger.export.taxonomy, CASES)
    counts: Counts = {}
    for case, prediction in zip(cases, tagger.tag([case.report for case in cases], "none"), strict=True):
        row = counts.setdefault(case.kind, {axis: Count() for axis in AXES})
        for axis, expected in case.expected.items():
            given = labels_of(prediction)[axis]
            words = (case.report.title + " " + case.report.text).strip().replace("\n", " ")[:24]
            row[axis].add(
                expected.met(given), f"{case.report.id} {words}: wanted {expected}, got {_listed(given)}"
            )
    return counts


def measure_invariance(tagger: Tagger) -> Counts:
    """Sample reports whose tags stay what they were, per neutral perturbation and axis."""
    reports = sample_reports(tagger.export.taxonomy)[::EVERY]
    before = dict(zip(reports, map(labels_of, tagger.tag(reports, "none")), strict=True))
    counts: Counts = {}
    for name, edit in NEUTRAL.items():
        edited = {report: new for report in reports if (new := edit(report))}
        after = map(labels_of, tagger.tag(list(edited.values()), "none"))
        row = counts.setdefault(name, {axis: Count() for axis in AXES})
        for report, labels in zip(edited, after, strict=True):
            for axis in AXES:
                old, new = before[report][axis], labels[axis]
                row[axis].add(old == new, f"{report.id}: {_listed(old)} became {_listed(new)}")
    return counts


def count_same_input(tagger: Tagger, perturbation: str, reports: Sequence[Report]) -> Count:
    """Reports of which the model reads the very same tokens and characters after an exact perturbation."""
    edited = {report: new for report in reports if (new := EXACT[perturbation](report))}
    before, after = tagger.encoder.encode(list(edited)), tagger.encoder.encode(list(edited.values()))
    count = Count()
    for report, old, new in zip(edited, before, after, strict=True):
        count.add(old.plain == new.plain and np.array_equal(old.ids, new.ids), report.id)
    return count


def measure_directions(tagger: Tagger) -> Counts:
    """Pairs whose score moves the right way, and far enough, per group."""
    taxonomy = tagger.export.taxonomy
    ids = [label.id for axis in taxonomy.axes for label in axis.labels]
    pairs = read_pairs(taxonomy)
    # One base stands in many pairs; it is read once.
    reports = list(dict.fromkeys(report for pair in pairs for report in (pair.first, pair.second)))
    scores = np.clip(tagger.scores(reports).astype(np.float64), 1e-6, 1 - 1e-6)
    odds = dict(zip(reports, np.log(scores / (1 - scores)), strict=True))
    counts: Counts = {}
    for pair in pairs:
        columns = [ids.index(label) for label in pair.labels]
        first, second = (float(odds[report][columns].max()) for report in (pair.first, pair.second))
        counts.setdefault(pair.group, {"pairs": Count()})["pairs"].add(
            (second - first) * pair.way >= TWOFOLD,
            f"{pair.second.text}: from {first:.1f} to {second:.1f} in log-odds is no "
            + ("rise" if pair.way == UP else "fall"),
        )
    return counts


def table_lines(name: str, counts: Counts, floors: Mapping[str, Mapping[str, int]]) -> list[str]:
    """A table for the terminal: passed, of how many, the rate and the floor."""
    columns = list(next(iter(counts.values())))
    total = {
        column: Count(
            sum(row[column].passed for row in counts.values()), sum(row[column].of for row in counts.values())
        )
        for column in columns
    }
    width = max(len(row) for row in [*counts, name])
    lines = [f"{name:<{width}}" + "".join(f"  {column:^27}" for column in columns)]
    for row, cells in [*counts.items(), ("all", total)]:
        line = f"{row:<{width}}"
        for column, count in cells.items():
            floor = floors.get(row, {}).get(column)
            known = "" if floor is None else f"floor {floor}"
            line += f"  {count.passed:>5} of {count.of:>4} {count.passed / max(1, count.of):>4.0%} {known:<9}"
        lines.append(line.rstrip())
    return lines


def _listed(labels: frozenset[str]) -> str:
    return ",".join(sorted(labels)) or "nothing"
