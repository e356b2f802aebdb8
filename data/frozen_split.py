"""Frozen split: which reports teach, which tune and which measure; once said, it stays so.

The file beside the site's data holds a hash of each report's words, its role, and those labels of a test
report that are settled, never the words. A report that measures is never trained on, one that was trained on
never measures, and neither is any report in nearly the same words.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from data.errors import BrokenFile
from data.labelled import LabelledReport
from data.pool import Pooled
from data.report import Report
from data.stratify import stratify
from data.survey.alike import letters
from data.taxonomy import Taxonomy


class Role(StrEnum):
    """What a report is for; a later one is stricter."""

    train = "train"
    dev = "dev"
    test = "test"


_STRICT = list(Role)
Labels = Mapping[str, frozenset[str] | None]
"""As of a LabelledReport: axis id -> label ids."""


@dataclass(frozen=True)
class Frozen:
    """What was said of reports for good, each by the hash of its words.

    Attributes:
        roles: hash -> role.
        settled: hash of a test report -> labels that do not share the faults of an import: they came as a
            test set, or a candidate that they measured was promoted. They stay when an import says otherwise.
            None where an earlier version of the program did not write them down: they are those of the kept
            report.
    """

    roles: Mapping[str, Role] = field(default_factory=dict)
    settled: Mapping[str, Labels | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Assigned:
    """A pool with the role of each report.

    Attributes:
        rows: per role the reports, in the order of the pool.
        settled: place in rows[test] -> its settled labels, which a later import may have changed in the row.
        left_out: reports alike to some with another role, so that they can have none.
        missing: role -> frozen reports that the pool no longer has.
        frozen: to be saved: what was frozen before and what is new.
    """

    rows: Mapping[Role, Sequence[LabelledReport]]
    settled: Mapping[int, Labels]
    left_out: int
    missing: Mapping[Role, int]
    frozen: Frozen

    def accepted(self) -> Frozen:
        """The same with all test reports settled: a candidate that they measured was promoted."""
        test = {fingerprint(row.report): row.labels for row in self.rows[Role.test]}
        return replace(self.frozen, settled={**self.frozen.settled, **test})

    @property
    def changed(self) -> int:
        """How many test reports have other labels than their settled ones."""
        rows = self.rows[Role.test]
        return sum(
            any(held is not None and held != rows[place].labels.get(axis) for axis, held in labels.items())
            for place, labels in self.settled.items()
        )


def fingerprint(report: Report) -> str:
    """Hash of a report's letters and digits; case, width, white space and punctuation do not count."""
    words = letters(f"{report.title}\n{report.text}")
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def load_frozen(path: Path) -> Frozen:
    """Read the file; none there is none frozen yet.

    Raises:
        BrokenFile: a line is not of its form.
    """
    if not path.is_file():
        return Frozen()
    roles: dict[str, Role] = {}
    settled: dict[str, Labels | None] = {}
    for row, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            shape = json.loads(line)
            words = str(shape["words"])
            roles[words] = Role(shape["role"])
            said = shape.get("settled")
            if said is True:
                settled[words] = None
            elif said:
                settled[words] = {a: None if held is None else frozenset(held) for a, held in said.items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BrokenFile(f"{path}, line {row}: not a hash and a role; restore the file") from None
    return Frozen(roles, settled)


def save_frozen(path: Path, frozen: Frozen) -> None:
    """Write the file anew, whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    shapes = [
        {"words": words, "role": role.value, **_settled_shape(words, frozen)}
        for words, role in frozen.roles.items()
    ]
    partial.write_text("".join(f"{json.dumps(shape)}\n" for shape in shapes), encoding="utf-8")
    partial.replace(path)


def _settled_shape(words: str, frozen: Frozen) -> dict[str, object]:
    if words not in frozen.settled:
        return {}
    labels = frozen.settled[words]
    if labels is None:
        return {"settled": True}
    return {"settled": {axis: None if held is None else sorted(held) for axis, held in labels.items()}}


def assign(
    pooled: Sequence[Pooled],
    frozen: Frozen,
    pins: Mapping[str, Role],
    taxonomy: Taxonomy,
    dev: float = 0.1,
    test: float = 0.2,
    trusted: Collection[str] = (),
) -> Assigned:
    """Give every report of the pool its role.

    Args:
        frozen: of earlier times; a role never changes, nor do settled labels.
        pins: source -> role of its reports; those of other sources are dealt out, label by label.
        dev, test: shares of the reports that are dealt out.
        trusted: sources that are test sets, among `pins`: labels that stand there are settled.
    """
    prints = [fingerprint(one.labelled.report) for one in pooled]
    known = [frozen.roles.get(words) for words in prints]
    pinned = [_strictest([pins[name] for name in one.sources if name in pins]) for one in pooled]
    groups: dict[int, list[int]] = {}
    for place, one in enumerate(pooled):
        groups.setdefault(one.group, []).append(place)
    roles: list[Role | None] = [*known]
    free = []
    for places in groups.values():
        held = {role for place in places if (role := known[place])}
        strictest = _strictest([role for place in places if (role := pinned[place])])
        allowed = held or ({strictest} if strictest else set())
        if not allowed:
            free.append(places)
        elif len(allowed) == 1:
            (role,) = allowed
            for place in places:
                if known[place] is None and pinned[place] in (None, role):
                    roles[place] = role
    shares = {Role.train: 1 - dev - test, Role.dev: dev, Role.test: test}
    members = [[pooled[place].labelled for place in places] for places in free]
    counts = np.array([_counts(rows, taxonomy) for rows in members], dtype=np.int64)
    folds = stratify(counts, [len(rows) for rows in members], [*shares.values()]) if free else []
    for places, fold in zip(free, folds, strict=True):
        for place in places:
            roles[place] = [*shares][fold]
    rows: dict[Role, list[LabelledReport]] = {role: [] for role in Role}
    settled: dict[int, Labels] = {}
    known_labels = dict(frozen.settled)
    for one, words, given in zip(pooled, prints, roles, strict=True):
        if given is None:
            continue
        if given is Role.test:
            labels = _settled(one, words, frozen, pins, trusted, taxonomy)
            if labels is None:
                known_labels.pop(words, None)
            else:
                settled[len(rows[given])] = known_labels[words] = labels
        rows[given].append(one.labelled)
    here = {*prints}
    gone = Counter(role for words, role in frozen.roles.items() if words not in here)
    dealt = {words: role for words, role in zip(prints, roles, strict=True) if role is not None}
    after = Frozen({**frozen.roles, **dealt}, known_labels)
    return Assigned(rows, settled, roles.count(None), gone, after)


def _settled(
    one: Pooled,
    words: str,
    frozen: Frozen,
    pins: Mapping[str, Role],
    trusted: Collection[str],
    taxonomy: Taxonomy,
) -> Labels | None:
    """Give the settled labels of a test report; None where it has none.

    New ones may be wrong in the way of those that are learned from, at the next retraining as at this, and
    so do not take the place of settled ones.
    """
    tested = [labels for name, labels in zip(one.sources, one.history, strict=True) if name in trusted]
    if tested:
        return tested[-1]
    if words not in frozen.settled:
        return None
    labels, kept = frozen.settled[words], one.history[0] if one.sources[0] in pins else None
    if labels is None or any(axis not in _ids(taxonomy) for axis in labels):
        return kept
    if any(held is not None and not held <= _ids(taxonomy)[axis] for axis, held in labels.items()):
        return kept  # the labels are of an earlier taxonomy, and those of the kept report were migrated
    # An axis that the kept report no longer labels, a migration could not decide.
    undecided = {axis for axis, held in (kept or {}).items() if held is None}
    return {axis: None if axis in undecided else held for axis, held in labels.items()}


def _ids(taxonomy: Taxonomy) -> dict[str, frozenset[str]]:
    return {axis.id: frozenset(axis.label_ids) for axis in taxonomy.axes}


def _strictest(roles: Sequence[Role]) -> Role | None:
    return max(roles, key=_STRICT.index, default=None)


def _counts(rows: Sequence[LabelledReport], taxonomy: Taxonomy) -> list[int]:
    """How many rows hold each label; and per axis on how many nothing holds, and how many do not label it."""
    counts = []
    for axis in taxonomy.axes:
        held = [row.labels.get(axis.id) for row in rows]
        counts += [sum(label in one for one in held if one is not None) for label in axis.label_ids]
        counts += [sum(one is not None and not one for one in held), held.count(None)]
    return counts
