"""Uncertainty: how near the calibrated scores of a report come to the thresholds, axis by axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.taxonomy import Taxonomy
from model.decide import AxisDecision

Floats = NDArray[np.float32]
WEIGHT = 2.0
"""Of the axes on which missing a report is worst, beside 1 for every other."""


@dataclass(frozen=True)
class Uncertainty:
    """How unsure the scores are of each report.

    Attributes:
        axes: axis id -> [reports], 0 (sure) to 1 (on the threshold).
        nearest: axis id -> [reports], place of the label in the axis that is decided least surely.
        total: [reports], the weighted mean over the axes.
    """

    axes: Mapping[str, Floats]
    nearest: Mapping[str, NDArray[np.int64]]
    total: Floats


def uncertainty(scores: Floats, decisions: Mapping[str, AxisDecision], taxonomy: Taxonomy) -> Uncertainty:
    """Measure the distance of scores to their thresholds.

    On a `many` axis it is that of the label nearest to its threshold, as a share of the way from there to 0
    or 1; on a `one` axis the lead of the largest score before the second.

    Args:
        scores: calibrated [reports, labels] in taxonomy order.
        decisions: thresholds, per axis id.
        taxonomy: of the columns; its screened axes count WEIGHT times.
    """
    axes: dict[str, Floats] = {}
    nearest: dict[str, NDArray[np.int64]] = {}
    total, weights = np.zeros(len(scores), dtype=np.float32), 0.0
    for axis, columns in taxonomy.columns():
        mine = scores[:, columns]
        if axis.kind == "one":
            ordered = np.sort(mine, axis=1)
            lead = ordered[:, -1] - (ordered[:, -2] if mine.shape[1] > 1 else 0)
            axes[axis.id], nearest[axis.id] = 1 - lead, mine.argmax(axis=1)
        else:
            border = np.clip(decisions[axis.id].thresholds, 1e-3, 1 - 1e-3)
            way = np.where(mine < border, border, 1 - border)
            distance = np.abs(mine - border) / way
            axes[axis.id], nearest[axis.id] = 1 - distance.min(axis=1), distance.argmin(axis=1)
        weight = WEIGHT if axis.id in taxonomy.screened else 1.0
        total += weight * axes[axis.id]
        weights += weight
    return Uncertainty(axes, nearest, total / weights)
