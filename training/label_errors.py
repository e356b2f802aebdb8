"""Label errors: which given labels are likely wrong, by confident learning on scores of unseen rows."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.taxonomy import Axis, Taxonomy

Floats = NDArray[np.float32]
FILTER = "confident_learning"
"""cleanlab's rule: flagged is what the scores would call otherwise with more than their usual confidence."""
LEAST = 3
"""Rows with and without a label, below which nothing is said of it: cleanlab needs to see how often it is
wrongly given."""


@dataclass(frozen=True)
class AxisSuspect:
    """The labels of one report on one axis, which the scores speak against.

    Attributes:
        row: place of the report.
        axis: axis id.
        quality: cleanlab's label quality, 0 to 1; the lower, the likelier an error.
        flagged: confident learning takes it for an error, rather than for a hard case.
        given: label ids, in taxonomy order.
        suggested: likewise.
        scores: label id -> probability that it holds, of every label on which the two differ.
    """

    row: int
    axis: str
    quality: float
    flagged: bool
    given: tuple[str, ...]
    suggested: tuple[str, ...]
    scores: dict[str, float]


def axis_suspects(scores: Floats, targets: Floats, taxonomy: Taxonomy) -> list[AxisSuspect]:
    """Rank the label sets that the scores speak against, the likeliest errors first.

    Args:
        scores: probabilities [reports, labels] from models that did not see the report.
        targets: 0/1 [reports, labels], NaN where an axis is not labelled.
        taxonomy: of the columns.
    """
    found: list[AxisSuspect] = []
    for axis, columns in taxonomy.columns():
        rows = np.flatnonzero(~np.isnan(targets[:, columns.start]))
        if not rows.size:
            continue
        truth = targets[rows][:, columns].astype(bool)
        mine = np.clip(scores[rows][:, columns].astype(np.float64), 1e-6, 1 - 1e-6)
        find = _of_one if axis.kind == "one" else _of_many
        found += find(axis, rows, truth, mine)
    return sorted(found, key=lambda suspect: (suspect.quality, suspect.row))


def _of_many(
    axis: Axis, rows: NDArray[np.int64], truth: NDArray[np.bool_], scores: NDArray[np.float64]
) -> list[AxisSuspect]:
    from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class
    from cleanlab.multilabel_classification.rank import get_label_quality_scores_per_class

    known = np.flatnonzero((truth.sum(axis=0) >= LEAST) & ((~truth).sum(axis=0) >= LEAST))
    if not known.size:
        return []
    labels = [np.flatnonzero(row).tolist() for row in truth[:, known]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of each label that few rows have
        issues = find_multilabel_issues_per_class(labels, scores[:, known], filter_by=FILTER, n_jobs=1)
        quality = get_label_quality_scores_per_class(labels, scores[:, known])
    wrong = np.zeros(truth.shape, dtype=bool)
    flagged = np.zeros(truth.shape, dtype=bool)
    wrong[:, known], flagged[:, known] = quality < 0.5, issues
    least = quality.min(axis=1)
    return [
        _suspect(
            axis, int(rows[place]), float(least[place]), bool((flagged & wrong)[place].any()), truth[place],
            truth[place] ^ wrong[place], scores[place],
        )
        for place in np.flatnonzero(wrong.any(axis=1))
    ]  # fmt: skip


def _of_one(
    axis: Axis, rows: NDArray[np.int64], truth: NDArray[np.bool_], scores: NDArray[np.float64]
) -> list[AxisSuspect]:
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    known = np.flatnonzero(truth.sum(axis=0) >= LEAST)
    kept = np.flatnonzero(truth[:, known].any(axis=1))
    if known.size < 2 or not kept.size:
        return []
    labels = truth[kept][:, known].argmax(axis=1)
    mine = scores[kept][:, known]
    mine = mine / mine.sum(axis=1, keepdims=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        issues = find_label_issues(labels, mine, filter_by=FILTER, n_jobs=1)
        quality = get_label_quality_scores(labels, mine)
    best = mine.argmax(axis=1)
    suspects = []
    for place in np.flatnonzero(best != labels):
        suggested = np.zeros(truth.shape[1], dtype=bool)
        suggested[known[best[place]]] = True
        suspects.append(
            _suspect(axis, int(rows[kept[place]]), float(quality[place]), bool(issues[place]),
                     truth[kept[place]], suggested, scores[kept[place]])
        )  # fmt: skip
    return suspects


def _suspect(
    axis: Axis, row: int, quality: float, flagged: bool, given: Sequence[bool] | NDArray[np.bool_],
    suggested: Sequence[bool] | NDArray[np.bool_], scores: NDArray[np.float64],
) -> AxisSuspect:  # fmt: skip
    names = axis.label_ids
    return AxisSuspect(
        row,
        axis.id,
        quality,
        flagged,
        tuple(name for name, holds in zip(names, given, strict=True) if holds),
        tuple(name for name, holds in zip(names, suggested, strict=True) if holds),
        {
            name: float(score)
            for name, score, was, new in zip(names, scores, given, suggested, strict=True)
            if was != new
        },
    )
