"""Folds: scores of every labelled report from models that did not see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression, Ridge

from data.survey.alike import alike_groups
from data.taxonomy import Taxonomy
from training.calibrate import platt, temperature
from training.wide import fit_without

Floats = NDArray[np.float32]
SHRINK = 1000.0


def fold_of(texts: Sequence[str], folds: int, seed: int = 0) -> NDArray[np.int64]:
    """The fold of each text [texts]; texts that are alike share one, so that none is judged by its copy."""
    fold = np.random.default_rng(seed).integers(0, folds, len(texts))
    for group in alike_groups(texts):
        fold[group] = fold[group[0]]
    return fold


@dataclass(frozen=True)
class WideFolds:
    """Linear SVMs over n-grams, one set for each fold.

    Attributes:
        scores: [reports, labels], each report's from the set that did not see it.
        weights: per fold [buckets, labels], of the set that saw all folds but this one.
    """

    scores: Floats
    weights: Sequence[Floats]


def wide_folds(
    features: csr_matrix, targets: Floats, fold: NDArray[np.int64], strength: float = 1.0, seed: int = 0
) -> WideFolds:
    """Fit the wide part without each fold in turn.

    Args:
        features: TF-IDF [reports, buckets].
        targets: [reports, labels], NaN where not labelled.
        fold: [reports], as of `fold_of`.
    """
    scores = np.zeros(targets.shape, dtype=np.float32)
    kept = []
    for out, weights, found in fit_without(features, targets, fold, None, strength, seed):
        scores[out] = found
        kept.append(weights)
    return WideFolds(scores, kept)


def head_folds(states: Floats, targets: Floats, fold: NDArray[np.int64], shrink: float = SHRINK) -> Floats:
    """Scores [reports, labels] of a linear head on frozen states, each report's from a fit without it.

    Args:
        states: [reports, width], as of `pooled_states`.
        targets: [reports, labels], NaN where not labelled.
        fold: [reports], as of `fold_of`.
        shrink: as of `head_scores`.
    """
    scores = np.zeros(targets.shape, dtype=np.float32)
    for k in range(int(fold.max()) + 1):
        out = fold == k
        scores[out] = head_scores(states[~out], targets[~out], states[out], shrink)
    return scores


def head_scores(states: Floats, targets: Floats, others: Floats, shrink: float = SHRINK) -> Floats:
    """Fit a linear head on the states of labelled reports; its scores [others, labels] of other reports.

    Ridge regression: one factorisation serves all labels that the same reports label, so it costs next to
    nothing.

    Args:
        shrink: penalty of the squared weights, on states of unit variance.
    """
    mean, spread = states.mean(axis=0), states.std(axis=0) + 1e-6
    seen, asked = (states - mean) / spread, (others - mean) / spread
    scores = np.zeros((len(others), targets.shape[1]), dtype=np.float32)
    known = ~np.isnan(targets)
    for pattern in np.unique(known, axis=1).T:
        labels = np.flatnonzero((known == pattern[:, None]).all(axis=0))
        if pattern.any():
            head = Ridge(alpha=shrink).fit(seen[pattern], 2 * targets[pattern][:, labels] - 1)
            scores[:, labels] = head.predict(asked).reshape(len(others), -1)
    return scores


def probabilities(logits: Floats, targets: Floats, taxonomy: Taxonomy) -> Floats:
    """Calibrate logits of unseen rows on these rows' labels: probabilities [reports, labels].

    Two figures per label are fitted on all rows, so a row hardly speaks for itself. Rows that do not label
    an axis get scores on it all the same.
    """
    found = np.zeros(logits.shape, dtype=np.float32)
    for axis, columns in taxonomy.columns():
        rows = ~np.isnan(targets[:, columns.start])
        mine, truth = logits[:, columns], targets[rows][:, columns]
        if axis.kind == "one" and rows.any():
            x = mine * temperature(mine[rows], truth)
            x = np.exp(x - x.max(axis=1, keepdims=True))
            found[:, columns] = x / x.sum(axis=1, keepdims=True)
            continue
        for label in range(mine.shape[1]):
            slope, offset = platt(mine[rows, label], truth[:, label])
            found[:, columns.start + label] = 1 / (1 + np.exp(-(slope * mine[:, label] + offset)))
    return found


def joined_logits(tables: Sequence[Floats], targets: Floats) -> Floats:
    """Fit, per label, how much each table of logits counts; their sum [reports, labels]."""
    if len(tables) == 1:
        return tables[0]
    joined = np.zeros_like(tables[0])
    for label, column in enumerate(targets.T):
        rows = np.flatnonzero(~np.isnan(column))
        if rows.size and 0 < column[rows].sum() < rows.size:
            mine = np.stack([table[:, label] for table in tables], axis=1)
            head = LogisticRegression(C=10.0).fit(mine[rows], column[rows])
            joined[:, label] = head.decision_function(mine)
    return joined
