"""Calibration and thresholds, fitted on dev and kept in the Export."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from data.taxonomy import Axis, Taxonomy
from model.decide import AxisDecision
from training.scores import best_threshold

Floats = NDArray[np.float32]
_DAMPED = -4.0
FEW = 10
"""Reports of dev that hold a label; with fewer, a fit says little."""
CAUGHT = 0.95
"""Share of the reports with a label on the axis that must get a tag or a review."""


def calibrate(logits: Floats, targets: Floats, taxonomy: Taxonomy) -> dict[str, AxisDecision]:
    """Fit every axis' decision on dev logits [reports, labels] and targets (NaN: not labelled).

    The axes on which missing a report is worst (`Taxonomy.screened`) get the review border.
    """
    decisions = {}
    for axis, columns in taxonomy.columns():
        rows = ~np.isnan(targets[:, columns.start])
        decisions[axis.id] = _axis_decision(
            logits[rows][:, columns], targets[rows][:, columns], axis, axis.id in taxonomy.screened
        )
    return decisions


def keep_where_few(
    fitted: Mapping[str, AxisDecision], prior: Mapping[str, AxisDecision], targets: Floats, taxonomy: Taxonomy
) -> dict[str, AxisDecision]:
    """Decisions in which labels that dev hardly shows keep what an earlier model had.

    A label with fewer than FEW reports on dev keeps its calibration and threshold, an axis of kind `one` with
    fewer than FEW reports likewise; the review border stays where fewer than 10 * FEW reports could set it.

    Args:
        prior: of a model whose logits are on the same scale: the one that training went on from.
    """
    kept = {}
    for axis, columns in taxonomy.columns():
        new, old = fitted[axis.id], prior[axis.id]
        truth = targets[~np.isnan(targets[:, columns.start])][:, columns]
        few = truth.sum(axis=0) < FEW if axis.kind == "many" else np.full(len(axis.labels), len(truth) < FEW)
        slope, offset, thresholds = (
            np.where(few, was, now)
            for was, now in (
                (old.slope, new.slope), (old.offset, new.offset), (old.thresholds, new.thresholds),
            )
        )  # fmt: skip
        settled = truth.any(axis=1).sum() >= 10 * FEW
        kept[axis.id] = AxisDecision(
            slope, offset, thresholds, new.review_above if settled else old.review_above,
            new.review_when_empty or old.review_when_empty,
        )  # fmt: skip
    return kept


def _axis_decision(logits: Floats, truth: Floats, axis: Axis, screened: bool) -> AxisDecision:
    if not len(truth):
        # Never labelled on dev: damped, cautious, and no border that would promise anything.
        ones = np.ones(truth.shape[1], dtype=np.float32)
        return AxisDecision(
            ones, np.full_like(ones, _DAMPED if axis.kind == "many" else 0), np.full_like(ones, 0.5)
        )
    if axis.kind == "one":
        slope = np.full(truth.shape[1], temperature(logits, truth), dtype=np.float32)
        zeros = np.zeros(truth.shape[1], dtype=np.float32)
        return AxisDecision(slope, zeros, zeros)
    pairs = [platt(x, y) for x, y in zip(logits.T, truth.T, strict=True)]
    slope = np.array([a for a, _ in pairs], dtype=np.float32)
    offset = np.array([b for _, b in pairs], dtype=np.float32)
    plain = AxisDecision(slope, offset, np.full(truth.shape[1], 0.5, dtype=np.float32))
    scores = plain.scores(logits, axis.kind)
    thresholds = np.array(
        [smooth_threshold(s, y) for s, y in zip(scores.T, truth.T, strict=True)], dtype=np.float32
    )
    if not screened:
        return AxisDecision(slope, offset, thresholds, None, axis.id == "domain")
    return AxisDecision(slope, offset, thresholds, review_border(scores, truth))


def platt(logits: Floats, truth: Floats) -> tuple[float, float]:
    """Slope and offset of a logistic regression on one label's logits (Platt 1999).

    The slope is kept positive, so that calibration never reverses the order.
    """
    if not 0 < truth.sum() < truth.size:
        return 1.0, _DAMPED  # never seen to hold (or always): the raw logit, damped
    fitted = LogisticRegression(C=10.0).fit(logits[:, None], truth)
    slope = float(fitted.coef_[0, 0])
    if slope > 0:
        return slope, float(fitted.intercept_[0])
    # The logit says nothing: nearly the label's share for every report.
    share = float(truth.mean())
    return 0.01, float(np.log(share / (1 - share)) - 0.01 * logits.mean())


def temperature(logits: Floats, truth: Floats) -> float:
    """Inverse temperature with the least cross-entropy (Guo et al. 2017), by golden-section search."""
    from scipy.optimize import minimize_scalar

    target = truth.argmax(1)

    def loss(log_slope: float) -> float:
        x = logits * np.exp(log_slope)
        x = x - x.max(1, keepdims=True)
        picked = x[np.arange(len(x)), target]
        return float((np.log(np.exp(x).sum(1)) - picked).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def smooth_threshold(scores: Floats, truth: Floats) -> float:
    """The mean of the best-F1 thresholds of 50 bootstrap samples: steadier than one sample's."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(50):
        rows = rng.integers(0, truth.size, truth.size)
        if truth[rows].sum():
            found.append(best_threshold(scores[rows], truth[rows]))
    # A label that dev never shows keeps a cautious half.
    return float(np.clip(np.mean(found), 0.05, 0.95)) if found else 0.5


def review_border(scores: Floats, truth: Floats, caught: float = CAUGHT) -> float:
    """The score above which an untagged report is sent to a person.

    Split conformal: with n reports that have a label, the floor((n + 1) * (1 - caught))-th smallest of
    their largest scores. On exchangeable data a new such report reaches it with probability >= caught
    (Vovk et al. 2005; Angelopoulos and Bates 2021, section 1).
    """
    largest = np.sort(scores[truth.any(axis=1)].max(axis=1))
    rank = int(np.floor((largest.size + 1) * (1 - caught)))
    return float(largest[rank - 1]) if rank >= 1 else 0.0
