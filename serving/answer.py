"""Answer: what a request gets, and what it took."""

from __future__ import annotations

from dataclasses import dataclass, field

from model.export import Export
from model.guard import Shown
from model.prediction import Prediction


@dataclass(frozen=True)
class Timing:
    """Seconds that a request spent being cut, waiting for its first batch, and from then to its answer."""

    cut: float
    queue: float
    inference: float


@dataclass(frozen=True)
class Answer:
    """Predictions in the order of the reports, and what they took.

    Attributes:
        predictions: offsets of evidence count in the report as received.
        tokens: that were read.
        timing: of the request.
        export: the model that read all of them; its taxonomy is that of the tags.
        shown: the reports as a page may show them, each with its prediction; offsets of evidence count in
            what is shown.
    """

    predictions: list[Prediction]
    tokens: int
    timing: Timing
    export: Export = field(repr=False)
    shown: list[Shown] = field(default_factory=list, repr=False)
