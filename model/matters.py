"""Several matters in one letter (一件多诉): which sentences speak of what, from the same pass of the engine.

The head's attention is taken over the tokens of one sentence alone, and the linear part reads that sentence,
so each has logits of its own at no further pass. A letter holds several matters where it falls into two
parts that each speak of a domain which the other does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from data.blind import IDENTITY
from data.taxonomy import Axis
from model.encode import BODY
from model.export import Export
from model.prediction import Matters, Sentence, Tag
from model.wide import Wide
from model.work import Work

Floats = NDArray[np.float32]
Sums = NDArray[np.float64]
Span = tuple[int, int]
BORDER = 0.4
"""How far the weaker part's score of its own domain lies above that of the other's; chosen on joined pairs of
dev reports, so that about one letter in twenty of a single matter is flagged (benchmarks/matters.py)."""
LEAST, LONGEST = 8, 80  # letters of a sentence, so that 谢谢 is none; code points, so that commas divide
LEAST_PART = 16
"""Letters of a part where a letter is one sentence, in which commas are all there is to divide at. Half of it
flags twice as many letters of a single matter and one fifth more of two."""
_SENTENCE = re.compile("[^。！？!?；;\\n]*[。！？!?；;\\n]+[”’」』）)]*|[^。！？!?；;\\n]+$")
_COMMA = re.compile("[，,：:]")
_MARKS = re.compile(r"\W")


def find_matters(work: Work, wide: Wide | None, export: Export) -> Matters:
    """Tags sentence by sentence of a report that has been read, and whether it holds several matters.

    Tags of a sentence are those that a report of its words would get, read in the light of the others.
    """
    text, taxonomy, decisions = work.encoded.body.text, export.taxonomy, export.decisions
    found = sentences(text)
    if not found:
        return Matters(False, ())
    sums, values = _by_sentence(work, [first for first, _ in found])
    said = np.zeros_like(values)
    if wide is not None:
        said = np.stack([wide.logits(text[first:last]) for first, last in found])
    logits = _mean(sums, values) + said
    tags: list[dict[str, tuple[Tag, ...]]] = [{} for _ in found]
    for axis, column in taxonomy.columns():
        scores = decisions[axis.id].scores(logits[:, column].astype(np.float32), axis.kind)
        given = decisions[axis.id].given(scores, axis.kind)
        for row, of_sentence in enumerate(tags):
            of_sentence[axis.id] = _tags(axis, scores[row], given[row])
    axis, column = next(
        ((axis, column) for axis, column in taxonomy.columns() if axis.id != "misconduct"),
        next(iter(taxonomy.columns())),
    )

    def scored(part: Sums) -> Floats:
        return decisions[axis.id].scores(part.astype(np.float32), axis.kind)

    several = _apart(sums[:, column], values[:, column], said[:, column], scored) >= BORDER
    spans = [work.encoded.body.original_span(first, last) for first, last in found]
    return Matters(several, tuple(Sentence(*span, given) for span, given in zip(spans, tags, strict=True)))


def sentences(text: str) -> list[Span]:
    """Sentences as code points [first, last).

    A short one, and one that only tells who writes, belongs to its neighbour; a long one is divided, and so
    is one that is all there is.
    """
    found: list[Span] = []
    for match in _SENTENCE.finditer(text):
        for span in _divided(text, *match.span()):
            if found and (_size(text, span) < LEAST or _size(text, found[-1]) < LEAST):
                found[-1] = (found[-1][0], span[1])
            else:
                found.append(span)
    return _at_commas(text, *found[0]) if len(found) == 1 else found


def _divided(text: str, first: int, last: int) -> list[Span]:
    """A sentence, or parts of it that end at commas."""
    parts = []
    if last - first > LONGEST:
        for comma in _COMMA.finditer(text, first, last):
            if comma.end() - first >= LONGEST // 2 and last - comma.end() >= LONGEST // 4:
                parts.append((first, comma.end()))
                first = comma.end()
    return [*parts, (first, last)]


def _at_commas(text: str, first: int, last: int) -> list[Span]:
    """A whole letter, or parts of it that end at commas."""
    parts = []
    for comma in _COMMA.finditer(text, first, last):
        if min(_size(text, (first, comma.end())), _size(text, (comma.end(), last))) >= LEAST_PART:
            parts.append((first, comma.end()))
            first = comma.end()
    return [*parts, (first, last)]


def _size(text: str, span: Span) -> int:
    return len(_MARKS.sub("", IDENTITY.sub("", text[slice(*span)])))


def _by_sentence(work: Work, starts: list[int]) -> tuple[Sums, Sums]:
    """Attention's weights, and weights times values, summed by sentence [sentences, labels]."""
    encoded = work.encoded
    scores = np.concatenate(work.scores).astype(np.float64)
    values = np.concatenate(work.values)
    # Place of each counted token in the report's stream: 0 of a window is [CLS].
    places = np.concatenate([w.first + np.flatnonzero(w.counted) - 1 for w in work.windows])
    inside = (places >= 0) & (places < len(encoded.ids))
    inside[inside] = encoded.part[places[inside]] == BODY
    owner = np.searchsorted(starts, encoded.start[places[inside]], side="right") - 1
    weights = np.exp(scores - scores.max(axis=0))[inside]
    sums = np.zeros((len(starts), scores.shape[1]))
    sized = np.zeros_like(sums)
    np.add.at(sums, owner, weights)
    np.add.at(sized, owner, weights * values[inside])
    return sums, sized


def _mean(sums: Sums, sized: Sums) -> Sums:
    return sized / np.maximum(sums, 1e-300)


def _apart(sums: Sums, sized: Sums, said: Sums, scored: Callable[[Sums], Floats]) -> float:
    """How surely the best cut leaves a domain on either side that the other side lacks, -1 to 1."""
    before, behind = sums.cumsum(axis=0)[:-1], sums[::-1].cumsum(axis=0)[::-1][1:]
    with_before, with_behind = sized.cumsum(axis=0)[:-1], sized[::-1].cumsum(axis=0)[::-1][1:]
    if not len(before):
        return -1.0
    # The linear part's loudest sentence stands for a side: reading each anew would cost most.
    loud_before = np.maximum.accumulate(said)[:-1]
    loud_behind = np.maximum.accumulate(said[::-1])[::-1][1:]
    left = scored(_mean(before, with_before) + loud_before)
    right = scored(_mean(behind, with_behind) + loud_behind)
    cut = np.arange(len(left))
    first, second = left.argmax(axis=1), right.argmax(axis=1)
    own = np.minimum(left[cut, first], right[cut, second])
    other = np.maximum(right[cut, first], left[cut, second])
    return float(np.where(first != second, own - other, -1.0).max())


def _tags(axis: Axis, scores: Floats, given: NDArray[np.bool_]) -> tuple[Tag, ...]:
    found = [
        Tag(axis.labels[i].id, axis.labels[i].name, float(scores[i])) for i in np.flatnonzero(given).tolist()
    ]
    return tuple(sorted(found, key=lambda tag: -tag.score))
