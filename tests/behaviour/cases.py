"""Cases: invented reports with the labels that they must and must not get."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from data.report import Report
from data.taxonomy import Taxonomy

CASES = Path(__file__).with_name("cases.yaml")
AXES = ("domain", "misconduct")


@dataclass(frozen=True)
class Expectation:
    """What one axis of a case must show.

    Attributes:
        has: labels that must be there.
        lacks: labels that must not be there.
        exact: nothing but `has` may be there.
    """

    has: frozenset[str]
    lacks: frozenset[str] = frozenset()
    exact: bool = False

    def met(self, labels: Collection[str]) -> bool:
        given = frozenset(labels)
        if self.exact:
            return given == self.has
        return self.has <= given and not self.lacks & given

    def __str__(self) -> str:
        if self.exact:
            return ",".join(sorted(self.has)) or "nothing"
        return " ".join(
            [*(f"+{label}" for label in sorted(self.has)), *(f"-{x}" for x in sorted(self.lacks))]
        )


@dataclass(frozen=True)
class Case:
    """One report and what it must show, per axis that is measured on it."""

    kind: str
    report: Report
    expected: Mapping[str, Expectation] = field(hash=False)


def kinds(path: Path = CASES) -> list[str]:
    """Names of the kinds, in the order of the file."""
    return list(yaml.safe_load(path.read_text(encoding="utf-8")))


def read_cases(taxonomy: Taxonomy, path: Path = CASES) -> list[Case]:
    """All cases, in the order of the file; every label is checked against the taxonomy."""
    by_kind = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        _case(kind, f"{kind}:{row}", shape, taxonomy)
        for kind, shapes in by_kind.items()
        for row, shape in enumerate(shapes, 1)
    ]


def _case(kind: str, name: str, shape: dict[str, Any], taxonomy: Taxonomy) -> Case:
    unknown = shape.keys() - {"title", "text", "has", "not", *AXES}
    if unknown:
        raise ValueError(f"{name}: unknown keys {sorted(unknown)}")
    expected = {}
    known: set[str] = set()
    for axis in taxonomy.axes:
        labels = {label.id for label in axis.labels}
        known |= labels
        has, lacks = (frozenset(shape.get(key, ())) & labels for key in ("has", "not"))
        if axis.id in shape:
            if has | lacks or not labels.issuperset(shape[axis.id]):
                raise ValueError(f"{name}: {axis.id} is either exact or partial, and names its own labels")
            expected[axis.id] = Expectation(frozenset(shape[axis.id]), exact=True)
        elif has or lacks:
            if has & lacks:
                raise ValueError(f"{name}: {sorted(has & lacks)} is both asked for and ruled out")
            expected[axis.id] = Expectation(has, lacks)
    named = {*shape.get("has", ()), *shape.get("not", ())}
    if named - known or not expected:
        raise ValueError(f"{name}: unknown labels {sorted(named - known)}, or nothing expected")
    return Case(kind, Report(name, shape["text"], shape.get("title", "")), expected)
