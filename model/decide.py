"""Logits to calibrated scores, tags and the wish to be read by a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.taxonomy import Axis
from model.figure import STEEPEST, figure, switch

Floats = NDArray[np.float32]
_FLATTEST = 1e-30
"""Of a slope: one of 0 gives every report the same score, one below reverses the order."""


@dataclass(frozen=True)
class Decided:
    """What is said of some reports, all axes together, before evidence is looked for.

    Attributes:
        scores: [reports, labels], calibrated, in taxonomy order; of reports that get no tags too.
        given: [reports, labels], which tags they get.
        outside: per report why it is no petition, and so gets no tags; "" where it may be one.
        reasons: per report the codes why a person should look.
    """

    scores: Floats
    given: NDArray[np.bool_]
    outside: tuple[str, ...]
    reasons: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class AxisDecision:
    """How one axis' logits become tags.

    Attributes:
        slope, offset: [labels]; on a `many` axis score = sigmoid(slope * logit + offset) (Platt 1999), on
            a `one` axis score = softmax(slope * logit + offset) (temperature and bias).
        thresholds: [labels], in calibrated score; on a `one` axis the largest score wins.
        review_above: a report without a tag on this axis is sent to a person when its largest score
            reaches this; None: never. Fitted so that, on exchangeable data, at least the stated share of
            the reports with a label here gets a tag or a review.
        review_when_empty: send a report without any tag on this axis to a person.
        label_review: [labels], a report that does not get a label goes to a person when the label's score
            reaches this, whatever other tags it has; infinite: never. None: for no label.
    """

    slope: Floats
    offset: Floats
    thresholds: Floats
    review_above: float | None = None
    review_when_empty: bool = False
    label_review: Floats | None = None

    @classmethod
    def neutral(cls, labels: int) -> AxisDecision:
        """Identity calibration and thresholds of one half, for so many labels."""
        ones = np.ones(labels, dtype=np.float32)
        return cls(ones, 0 * ones, 0.5 * ones)

    def scores(self, logits: Floats, kind: str) -> Floats:
        """Calibrated scores [reports, labels] of logits [reports, labels]."""
        x = logits * self.slope + self.offset
        if kind == "one":
            x = np.exp(x - x.max(axis=1, keepdims=True))
            return np.asarray(x / x.sum(axis=1, keepdims=True), dtype=np.float32)
        return np.asarray(1 / (1 + np.exp(-np.clip(x, -60, 60))), dtype=np.float32)

    def given(self, scores: Floats, kind: str) -> NDArray[np.bool_]:
        """Which labels are given [reports, labels]."""
        if kind == "one":
            return np.asarray(scores.argmax(axis=1)[:, None] == np.arange(scores.shape[1]))
        return np.asarray(scores >= self.thresholds)

    def doubtful(self, scores: Floats, given: NDArray[np.bool_]) -> list[str]:
        """Per report: "" or the reason code why a person should look."""
        reasons = []
        none = np.full(len(self.slope), np.inf, np.float32)
        borders = none if self.label_review is None else self.label_review
        near = np.asarray(((scores >= borders) & ~given).any(axis=1))
        for row, tags, asked in zip(scores, given, near, strict=True):
            if asked:
                reasons.append("low_confidence")
            elif tags.any():
                reasons.append("")
            elif self.review_above is not None and row.max() >= self.review_above:
                reasons.append("low_confidence")
            elif self.review_when_empty:
                reasons.append("no_label")
            else:
                reasons.append("")
        return reasons

    def to_dict(self, axis: Axis) -> dict[str, object]:
        """JSON shape, label by label."""
        labels = {
            label.id: {"slope": float(s), "offset": float(o), "threshold": float(t)}
            for label, s, o, t in zip(axis.labels, self.slope, self.offset, self.thresholds, strict=True)
        }
        if self.label_review is not None:
            for label, border in zip(axis.labels, self.label_review, strict=True):
                if np.isfinite(border):
                    labels[label.id]["review_above"] = float(border)
        return {
            "labels": labels,
            "review_above": self.review_above,
            "review_when_empty": self.review_when_empty,
        }

    @classmethod
    def from_dict(cls, shape: Mapping[str, Any], axis: Axis, place: str = "") -> AxisDecision:
        """Read `to_dict`'s shape.

        Args:
            place: of the shape in its file, for messages.

        Raises:
            KeyError: a label of the axis, or a figure, is missing.
            BadFigure: a figure is none, or cannot be meant.
        """
        columns: list[list[float]] = []
        for label in axis.labels:
            row, at = shape["labels"][label.id], f"{place}.labels.{label.id}"
            border = figure(row, "review_above", at) if "review_above" in row else np.inf
            columns.append(
                [
                    figure(row, "slope", at, _FLATTEST, STEEPEST),
                    figure(row, "offset", at, -STEEPEST, STEEPEST),
                    figure(row, "threshold", at),
                    border,
                ]
            )
        slope, offset, thresholds, borders = np.array(columns, np.float32).T.copy()
        above = None if shape.get("review_above") is None else figure(shape, "review_above", place)
        return cls(
            slope, offset, thresholds, above, switch(shape, "review_when_empty", place),
            borders if np.isfinite(borders).any() else None,
        )  # fmt: skip
