"""Answer: what a request gets, and what it took."""

from __future__ import annotations

from dataclasses import dataclass

from model.prediction import Prediction


@dataclass(frozen=True)
class Timing:
    """Seconds that a request spent being cut, waiting for its first batch, and from then to its answer."""

    cut: float
    queue: float
    inference: float


@dataclass(frozen=True)
class Answer:
    """Predictions in the order of the reports, and what they took."""

    predictions: list[Prediction]
    tokens: int
    timing: Timing
