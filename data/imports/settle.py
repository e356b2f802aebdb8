"""Settle: readings in other systems' words to votes in the taxonomy's ids."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from data.imports.names import DROPPED, NOTHING, Names
from data.imports.reading import Reading
from data.intake import Intake
from data.readers import MAX_CHARS
from data.report import BadRow

Labels = Mapping[str, Mapping[str, str] | None]
"""Axis id -> label id -> the words that carry it; None: not labelled."""


@dataclass(frozen=True, slots=True)
class Vote:
    """A reading in the taxonomy's ids.

    Attributes:
        reading: what it was made of.
        labels: every axis.
        before: axis id -> label ids that a model had given.
    """

    reading: Reading
    labels: Labels = field(hash=False)
    before: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Settled:
    """What came of all readings.

    Attributes:
        votes: in the order of the readings.
        rejected: readings that break a rule of the taxonomy.
        unlabelled: how many readings say nothing on any axis.
    """

    votes: Sequence[Vote]
    rejected: Sequence[BadRow]
    unlabelled: int


def settle(readings: Sequence[Reading], names: Names) -> Settled:
    """Bring readings to the taxonomy's ids.

    Where a reading is complete, an axis that its file labels elsewhere holds nothing if the reading has
    nothing there. An axis whose every label was dropped is unlabelled: what held there is not known.

    Raises:
        UnknownLabels: names that mean nothing; all of them, with counts and the nearest known.
    """
    unknown: Counter[tuple[str, str]] = Counter()
    found = [_Sorted(reading, names, unknown) for reading in readings]
    if unknown:
        raise names.unknown(unknown, len(readings))
    used: defaultdict[str, set[str]] = defaultdict(set)
    for one in found:
        used[one.reading.project] |= {axis for axis, labels in one.labels.items() if labels}
    votes, rejected, unlabelled = [], [], 0
    kinds = {axis.id: axis.kind for axis in names.taxonomy.axes}
    for one in found:
        labels: dict[str, dict[str, str] | None] = {}
        for axis, kind in kinds.items():
            given = one.labels.get(axis)
            if given is None and one.complete and axis in used[one.reading.project]:
                given = {}
            labels[axis] = None if kind == "one" and not given else given
        two = next(
            (axis for axis, kind in kinds.items() if kind == "one" and len(labels[axis] or ()) > 1), None
        )
        if two is not None:
            rejected.append(_two_labels(one.reading, names, two))
        elif all(given is None for given in labels.values()):
            unlabelled += 1
        else:
            votes.append(Vote(one.reading, labels, _before(one.reading, names)))
    return Settled(votes, rejected, unlabelled)


class _Sorted:
    """The labels of a reading, by axis, as far as they were given."""

    def __init__(self, reading: Reading, names: Names, unknown: Counter[tuple[str, str]]) -> None:
        self.reading, self.complete = reading, reading.complete
        self.labels: dict[str, dict[str, str] | None] = {}
        for axis, given in reading.given.items():
            if given is None:
                continue
            kept = dropped = 0
            if axis:
                self.labels[axis] = self.labels.get(axis) or {}
            for name, words in given.items():
                meaning = names.meaning(axis, name)
                if meaning is None:
                    unknown[axis, name] += 1
                elif meaning == DROPPED:
                    dropped += 1
                elif meaning != NOTHING:
                    kept += 1
                    mine = self.labels[meaning.axis] = self.labels.get(meaning.axis) or {}
                    mine[meaning.label] = mine.get(meaning.label) or words
            if dropped and not kept:
                # Which axis the dropped ones spoke of, or what else holds there, is not known.
                self.complete = False
                if axis and not self.labels[axis]:
                    self.labels[axis] = None


def _before(reading: Reading, names: Names) -> dict[str, tuple[str, ...]]:
    found = {}
    for axis, given in reading.before.items():
        meanings = [names.meaning(axis, name) for name in given]
        # What an older model called a label need not be known any more; nothing is learned from it.
        found[axis] = tuple(
            meaning.label for meaning in meanings if meaning is not None and meaning.axis == axis
        )
    return found


def _two_labels(reading: Reading, names: Names, axis: str) -> BadRow:
    advice = f"“{names.taxonomy.axis(axis).name}”只能有一个标签，请改正后重新导入"
    raw = {"id": reading.report.id, "title": reading.report.title, "text": reading.report.text}
    return Intake(reading.file, MAX_CHARS).bad(reading.report.row, "two_labels", advice, raw)
