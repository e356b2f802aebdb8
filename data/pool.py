"""Pool: labelled reports of several sources as one list; each report once, the later correction wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from data.labelled import LabelledReport
from data.survey.alike import alike_groups, letters


@dataclass(frozen=True, slots=True)
class Pooled:
    """One report of the pool.

    Attributes:
        labelled: with the labels that hold after all corrections; text and id are as first given.
        sources: names of the sources that had it, in their order.
        group: reports in nearly the same words share this number.
        history: the labels that held after each of the sources.
    """

    labelled: LabelledReport
    sources: tuple[str, ...]
    group: int
    history: tuple[Mapping[str, frozenset[str] | None], ...] = ()


def pool(sources: Sequence[tuple[str, Iterable[LabelledReport]]]) -> list[Pooled]:
    """Join sources, the oldest first.

    Two rows are the same report where their words are (case, width, white space and punctuation do not
    count), or where their ids are and their words nearly. Of two labellings of one axis the later one wins;
    an axis that the later row does not label keeps what it had.

    Args:
        sources: (name, rows); a name may come again.
    """
    rows = [(name, row) for name, several in sources for row in several]
    texts = [f"{row.report.title}\n{row.report.text}" for _, row in rows]
    group_of = [*range(len(rows))]
    for places in alike_groups(texts):
        for place in places:
            group_of[place] = places[0]
    found: dict[int, Pooled] = {}
    by_words: dict[str, int] = {}
    by_id: dict[tuple[int, str], int] = {}
    for place, ((name, row), words) in enumerate(zip(rows, map(letters, texts), strict=True)):
        group = group_of[place]
        first = by_words.get(words, by_id.get((group, row.report.id), place))
        by_words.setdefault(words, first)
        by_id.setdefault((group, row.report.id), first)
        before = found.get(first)
        if before is None:
            found[first] = Pooled(row, (name,), group, (row.labels,))
        else:
            after = _corrected(before.labelled, row)
            history = (*before.history, after.labels)
            found[first] = Pooled(after, (*before.sources, name), before.group, history)
    return [*found.values()]


def _corrected(before: LabelledReport, after: LabelledReport) -> LabelledReport:
    said = {axis: held for axis, held in after.labels.items() if held is not None}
    evidence = {axis: words for axis, words in before.evidence.items() if axis not in said}
    evidence |= {axis: words for axis, words in after.evidence.items() if axis in said}
    unsure = after.unsure if said else before.unsure
    return replace(before, labels={**before.labels, **said}, evidence=evidence, unsure=unsure)
