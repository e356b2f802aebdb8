"""Behaviour: invented reports with the labels that any model of the taxonomy must and must not give.

behaviour.yaml holds those that ship, each a plain case that a model which knows its labels does not miss. A
site may have a file of its own in the same form; its words are recorded nowhere, only the names of its cases.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from data.errors import BadCases, MissingFile
from data.report import Report
from data.taxonomy import Taxonomy
from model.tagger import Tagger

SHIPPED = Path(__file__).with_name("behaviour.yaml")


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
        """Tell whether these labels are as wanted."""
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


@dataclass(frozen=True)
class Behaviour:
    """How a model did on cases: the names of all, and of those that it failed."""

    cases: tuple[str, ...]
    failed: tuple[str, ...]

    @property
    def share(self) -> float:
        """Passed of all, 0 to 1; 1 without cases."""
        return 1 - len(self.failed) / max(1, len(self.cases))


def read_cases(taxonomy: Taxonomy, path: Path = SHIPPED) -> list[Case]:
    """All cases of a file, in its order; every label is checked against the taxonomy.

    Raises:
        MissingFile: no such file.
        BadCases: not such a file, or a case that cannot be right.
    """
    return [
        _case(kind, f"{kind}:{row}", shape, taxonomy)
        for kind, shapes in _read(path).items()
        for row, shape in enumerate(shapes, 1)
    ]


def shipped_cases(taxonomy: Taxonomy) -> list[Case]:
    """The cases that ship, as far as the taxonomy has their labels."""
    found = []
    for kind, shapes in _read(SHIPPED).items():
        for row, shape in enumerate(shapes, 1):
            try:
                found.append(_case(kind, f"{kind}:{row}", shape, taxonomy))
            except BadCases:
                continue  # of another taxonomy
    return found


def behave(tagger: Tagger, cases: Sequence[Case]) -> Behaviour:
    """Tag the cases and say which were not met."""
    failed = [
        case.report.id
        for case, prediction in zip(cases, tagger.tag([case.report for case in cases], "none"), strict=True)
        if not all(
            expected.met([tag.label for tag in prediction.tags[axis]])
            for axis, expected in case.expected.items()
        )
    ]
    return Behaviour(tuple(case.report.id for case in cases), tuple(failed))


def _read(path: Path) -> dict[str, list[dict[str, Any]]]:
    if not path.is_file():
        raise MissingFile(f"{path}: no such file; check the path")
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise BadCases(f"{path}: not YAML; mend the file") from None
    if not isinstance(found, dict) or not all(
        isinstance(shapes, list) and all(isinstance(shape, dict) for shape in shapes)
        for shapes in found.values()
    ):
        raise BadCases(f"{path}: write a mapping of kinds, each with a list of cases")
    return found


def _case(kind: str, name: str, shape: dict[str, Any], taxonomy: Taxonomy) -> Case:
    unknown = shape.keys() - {"title", "text", "has", "not", *(axis.id for axis in taxonomy.axes)}
    if unknown:
        raise BadCases(f"{name}: unknown keys {sorted(unknown)}")
    expected = {}
    known: set[str] = set()
    for axis in taxonomy.axes:
        labels = {label.id for label in axis.labels}
        known |= labels
        has, lacks = (frozenset(shape.get(key, ())) & labels for key in ("has", "not"))
        if axis.id in shape:
            if has | lacks or not labels.issuperset(shape[axis.id]):
                raise BadCases(f"{name}: {axis.id} is either exact or partial, and names its own labels")
            expected[axis.id] = Expectation(frozenset(shape[axis.id]), exact=True)
        elif has or lacks:
            if has & lacks:
                raise BadCases(f"{name}: {sorted(has & lacks)} is both asked for and ruled out")
            expected[axis.id] = Expectation(has, lacks)
    named = {*shape.get("has", ()), *shape.get("not", ())}
    if named - known or not expected:
        raise BadCases(f"{name}: unknown labels {sorted(named - known)}, or nothing expected")
    if not isinstance(shape.get("text"), str):
        raise BadCases(f"{name}: text is missing")
    return Case(kind, Report(name, shape["text"], str(shape.get("title") or "")), expected)
