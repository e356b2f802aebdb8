"""Chosen: one report to be labelled, as it may be stored, with what the model thinks of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.report import Report
from data.taxonomy import Taxonomy
from model.prediction import Prediction
from model.uncertainty import Uncertainty


@dataclass(frozen=True)
class Chosen:
    """A report to be labelled next.

    Attributes:
        report: as it may be stored, identifiers covered.
        prediction: what the model says of it; offsets of evidence count in `report`.
        reason: why it was chosen, in words.
        certainty: 0 to 1; the lower, the less sure the model is.
    """

    report: Report
    prediction: Prediction
    reason: str
    certainty: float


def reason(unsure: Uncertainty, row: int, scores: Mapping[str, Sequence[float]], taxonomy: Taxonomy) -> str:
    """Say of which label the model is least sure, on each axis, the least sure axis first.

    Args:
        scores: axis id -> calibrated scores of this report.
    """
    said = []
    for axis in sorted(taxonomy.axes, key=lambda axis: -unsure.axes[axis.id][row]):
        place = int(unsure.nearest[axis.id][row])
        said.append(f"{axis.name}“{axis.labels[place].name}”{scores[axis.id][place]:.2f}")
    return "把握最小：" + "，".join(said)
