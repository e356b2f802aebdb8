"""Shown: reports and their predictions as the page shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from data.report import Report
from data.taxonomy import Axis, Taxonomy
from model.prediction import Prediction
from serving.pages.marks import COLOURS, Piece, Span, pieces
from serving.wording import reasons

REVIEW = "review"
"""Stands for the wish for a person among the ids of tags."""
HEAD_CHARS = 60  # of the text, where a report has no title


@dataclass(frozen=True)
class ShownTag:
    """A tag: axis and label as one id, name, score, and its colour's number if it has evidence."""

    id: str
    name: str
    score: float
    colour: int | None


@dataclass(frozen=True)
class ShownReport:
    """One report with its tags by axis name, and its words in pieces."""

    id: str
    head: str = field(repr=False)
    axes: list[tuple[str, list[ShownTag]]]
    reasons: list[str]
    unread: int
    title: list[Piece] = field(repr=False)
    text: list[Piece] = field(repr=False)

    @property
    def marks(self) -> str:
        """The ids of its tags, and of its wish for a person, with blanks between."""
        ids = [tag.id for _, tags in self.axes for tag in tags]
        return " ".join([*ids, REVIEW] if self.reasons else ids)


@dataclass(frozen=True)
class Count:
    """How many reports have a tag."""

    id: str
    name: str
    count: int


def shown(report: Report, prediction: Prediction, taxonomy: Taxonomy) -> ShownReport:
    """Prepare one report."""
    axes: list[tuple[str, list[ShownTag]]] = []
    spans: dict[str, list[Span]] = {"title": [], "text": []}
    for axis in taxonomy.axes:
        tags = []
        for tag in prediction.tags.get(axis.id, ()):
            colour = _colour(axis, tag.label)
            for evidence in tag.evidence:
                spans[evidence.part].append(Span(evidence.start, evidence.end, tag.name, colour))
            tags.append(
                ShownTag(f"{axis.id}:{tag.label}", tag.name, tag.score, colour if tag.evidence else None)
            )
        axes.append((axis.name, tags))
    words = " ".join(report.text.split())
    head = report.title or (words if len(words) <= HEAD_CHARS else f"{words[:HEAD_CHARS]}…")
    why = reasons(prediction, taxonomy) if prediction.needs_review else []
    return ShownReport(
        report.id, head or "（没有文字）", axes, why, prediction.unread_chars,
        pieces(report.title, spans["title"]), pieces(report.text, spans["text"]),
    )  # fmt: skip


def _colour(axis: Axis, label: str) -> int:
    """The same colour for a label on every page; an axis of more labels than colours has but one."""
    few = len(axis.labels) < COLOURS and label in axis.label_ids
    return axis.label_ids.index(label) if few else COLOURS - 1


def counts(predictions: Sequence[Prediction], taxonomy: Taxonomy) -> list[tuple[str, list[Count]]]:
    """By axis name, how many reports have each label: the most frequent first, the shortest axis first."""
    found = []
    for axis in sorted(taxonomy.axes, key=lambda axis: len(axis.labels)):
        tags: Counter[str] = Counter(
            tag.label for prediction in predictions for tag in prediction.tags.get(axis.id, ())
        )
        names = {label.id: label.name for label in axis.labels}
        rows = [Count(f"{axis.id}:{label}", names.get(label, label), n) for label, n in tags.most_common()]
        found.append((axis.name, rows))
    return found
