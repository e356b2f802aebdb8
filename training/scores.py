"""Scores of logits against labels: thresholds, F1 per label, cross-fitted F1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve

from data.taxonomy import Axis, Taxonomy

Floats = NDArray[np.float32]


def best_threshold(scores: Floats, truth: Floats) -> float:
    """The threshold with the highest F1; half-way between two scores; infinite without positives."""
    if truth.sum() == 0:
        return float("inf")
    precision, recall, thresholds = precision_recall_curve(truth, scores)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    index = int(f1[:-1].argmax())
    below = thresholds[index - 1] if index else thresholds[index] - 0.1
    return float((thresholds[index] + below) / 2)


def decide(scores: Floats, axis: Axis, thresholds: Floats) -> NDArray[np.bool_]:
    """Labels given [reports, labels]: above threshold (many), or the largest (one)."""
    if axis.kind == "one":
        return scores.argmax(1)[:, None] == np.arange(scores.shape[1])
    return scores > thresholds


def fit_thresholds(scores: Floats, truth: Floats) -> Floats:
    """Best threshold per label."""
    return np.array([best_threshold(s, t) for s, t in zip(scores.T, truth.T, strict=True)], np.float32)


def cross_fitted(
    scores: Floats, truth: Floats, axis: Axis, folds: int = 5, seed: int = 0
) -> NDArray[np.bool_]:
    """Decisions whose thresholds were each fitted on the other folds: what new data would see."""
    fold = np.random.default_rng(seed).permutation(len(scores)) % folds
    given = np.zeros(scores.shape, dtype=bool)
    for k in range(folds):
        out = fold == k
        given[out] = decide(scores[out], axis, fit_thresholds(scores[~out], truth[~out]))
    return given


def f1(truth: Floats, given: NDArray[np.bool_], average: str = "macro") -> float:
    """F1 over [reports, labels]: "macro" is the mean over labels, "micro" counts all labels together.

    A label that neither holds nor is given counts as 0.
    """
    real = truth.astype(bool)
    both, some = (real & given).sum(axis=0), real.sum(axis=0) + given.sum(axis=0)
    if average == "micro":
        both, some = both.sum(keepdims=True), some.sum(keepdims=True)
    return float((2 * both / np.maximum(some, 1)).mean())


def macro_f1(logits: Floats, targets: Floats, taxonomy: Taxonomy, average: str = "macro") -> dict[str, float]:
    """Cross-fitted F1 per axis over the reports that label it; an axis that none labels is left out."""
    result = {}
    for axis, columns in taxonomy.columns():
        rows = ~np.isnan(targets[:, columns.start])
        if not rows.any():
            continue
        scores, truth = logits[rows][:, columns], targets[rows][:, columns]
        found = [f1(truth, cross_fitted(scores, truth, axis, seed=seed), average) for seed in range(5)]
        result[axis.id] = float(np.mean(found))
    return result
