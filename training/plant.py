"""Plant: a sentence with marked words moves into another report, and its labels with it.

A letter of a thousand characters may allege one thing in ten of them. Readers' marked words say which
sentence carries a label, so that sentence makes any other report one of that label too: the network then has
to find it among matters that have nothing to do with it, and rare labels are met in company they never kept.
Only a report that alleges something is given another allegation: where one planted sentence with the words of
an allegation made a complaint of anything, models took denials and quoted words for complaints.
docs/decisions/0003 has the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.labelled import LabelledReport
from model.matters import sentences

CONTRAST = "contrast"
"""Source of the invented reports of training/contrast, which differ from each other in a word or two."""
LONGEST, SHORTEST = 90, 8
"""Characters of a sentence that moves."""
TRIES = 12
PLAIN = 1 / 3
"""Share of the sentences that carry no label: what stands out of place must not mean anything by itself."""
INVENTED = 1 / 2
"""Share of these that come from contrast reports: they deny, quote, or blame a private actor."""


@dataclass(frozen=True)
class Donor:
    """A sentence that carries labels of one axis.

    Attributes:
        words: label id -> the marked words in it.
        others: axis id -> labels of the report that it comes from, on the other axes.
    """

    sentence: str
    axis: str
    words: dict[str, str]
    others: dict[str, frozenset[str]]


class Planter:
    """Draws sentences of labelled reports for other ones, each label as often as any other."""

    def __init__(self, rows: Sequence[LabelledReport], axis: str) -> None:
        """Find the sentences that carry labels of an axis, and those of reports without any."""
        self.axis = axis
        self._by_label: dict[str, list[Donor]] = {}
        self._plain: list[Donor] = []
        self._invented: list[Donor] = []
        for row in rows:
            if row.labels.get(axis) == frozenset():
                (self._invented if row.source == CONTRAST else self._plain).extend(movable(row, axis))
            for donor in donors(row, axis):
                for label in donor.words:
                    self._by_label.setdefault(label, []).append(donor)

    @property
    def labels(self) -> int:
        """How many labels have a sentence that may move."""
        return len(self._by_label)

    def __call__(self, row: LabelledReport, rng: np.random.Generator) -> LabelledReport:
        """The report with a sentence more, and perhaps with a label more; as it is where none fits."""
        given = row.labels.get(self.axis)
        if given is None:
            return row
        choice = self._choice(given, rng)
        for _ in range(TRIES if choice else 0):
            donor = choice[int(rng.integers(len(choice)))]
            if fits(donor, row):
                return planted(row, donor, rng)
        return row

    def _choice(self, given: frozenset[str], rng: np.random.Generator) -> list[Donor]:
        """The sentences to draw from for a report with these labels."""
        missing = [label for label in self._by_label if label not in given] if given else []
        if missing and rng.random() >= PLAIN:
            return self._by_label[missing[int(rng.integers(len(missing)))]]
        return self._invented if self._invented and rng.random() < INVENTED else self._plain


def movable(row: LabelledReport, axis: str) -> list[Donor]:
    """The sentences of a report that are neither too long nor too short, with what marked words they hold."""
    text, marked = row.report.text, row.evidence.get(axis, {})
    others = {name: given for name, given in row.labels.items() if name != axis and given is not None}
    found = []
    for span in sentences(text):
        sentence = text[slice(*span)].strip()
        if SHORTEST <= len(sentence) <= LONGEST:
            words = {label: said for label, said in marked.items() if said and said in sentence}
            found.append(Donor(sentence, axis, words, others))
    return found


def donors(row: LabelledReport, axis: str) -> list[Donor]:
    """Those of the movable sentences that hold marked words of an axis."""
    return [donor for donor in movable(row, axis) if donor.words]


def fits(donor: Donor, row: LabelledReport) -> bool:
    """Whether the sentence leaves the report's labels on other axes true."""
    return all(
        given is None or donor.others.get(axis, frozenset()) <= given
        for axis, given in row.labels.items()
        if axis != donor.axis
    )


def planted(row: LabelledReport, donor: Donor, rng: np.random.Generator) -> LabelledReport:
    """The report with the sentence at the border of two of its own, or in front or behind."""
    text = row.report.text
    borders = [0, *(end for _, end in sentences(text))]
    at = borders[int(rng.integers(len(borders)))]
    stop = "" if donor.sentence[-1] in "。！？!?；;" else "。"
    front = text[:at] + ("" if at == 0 or text[at - 1] in "。！？!?；;\n" else "。")
    text = front + donor.sentence + stop + text[at:]
    given = row.labels[donor.axis]
    assert given is not None
    labels = {**row.labels, donor.axis: given | frozenset(donor.words)}
    evidence = {**row.evidence, donor.axis: {**donor.words, **row.evidence.get(donor.axis, {})}}
    return replace(row, report=replace(row.report, text=text), labels=labels, evidence=evidence)
