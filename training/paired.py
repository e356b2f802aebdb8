"""Paired bootstrap: two models on the same reports, and how sure the difference between them is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
BINS = 10
_AT_ONCE = 200  # samples drawn at a time, so that 10,000 reports need no gigabyte


@dataclass(frozen=True)
class Answers:
    """What one model said of some reports: calibrated scores and given labels, each [reports, labels]."""

    scores: Floats
    given: Bools


@dataclass(frozen=True)
class Change:
    """A figure of the old model and of the new one.

    Attributes:
        before, after: 0 to 1.
        low, high: interval of after - before.
    """

    before: float
    after: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """After less before."""
        return self.after - self.before


@dataclass(frozen=True)
class Changes:
    """One axis: F1 as the mean of its labels, over all labels together, and of each; calibration error.

    Labels that no report holds are None, and do not count in the mean.
    """

    macro: Change
    micro: Change
    calibration: Change
    labels: tuple[Change | None, ...]


def compare(
    before: Answers, after: Answers, truth: Floats, level: float = 0.05, samples: int = 2000, seed: int = 0
) -> Changes:
    """Figures of both models, with intervals from resampling the reports, the same ones for both.

    Args:
        truth: 0 or 1 [reports, labels]; every report is labelled, and some label holds somewhere.
        level: the intervals miss the true difference with about this probability.

    Raises:
        ValueError: no report, or no label that holds anywhere.
    """
    held: Bools = np.asarray(truth.any(axis=0))
    if not held.any():
        raise ValueError("no label holds on any report: nothing to compare")
    figures = [_Figures(answers, truth) for answers in (before, after)]
    exact = [each.of(np.ones((1, len(truth)), dtype=np.float32)) for each in figures]
    drawn: list[list[_Sampled]] = [[], []]
    for counts in _resampled(len(truth), samples, seed):
        for place, each in enumerate(figures):
            drawn[place].append(each.of(counts))

    def change(pick: str, column: int | None = None) -> Change:
        old, new = (np.concatenate([_picked(one, pick, held, column) for one in found]) for found in (drawn))
        low, high = np.quantile(new - old, [level / 2, 1 - level / 2])
        was, now = (float(_picked(one, pick, held, column)[0]) for one in exact)
        return Change(was, now, float(low), float(high))

    labels = tuple(change("label", i) if held[i] else None for i in range(truth.shape[1]))
    return Changes(change("macro"), change("micro"), change("calibration"), labels)


@dataclass(frozen=True)
class _Sampled:
    """Per sample: F1 [samples, labels], micro-F1 [samples], calibration error [samples, labels]."""

    f1: NDArray[np.float64]
    micro: NDArray[np.float64]
    calibration: NDArray[np.float64]


class _Figures:
    """Everything about one model that is summed over reports."""

    def __init__(self, answers: Answers, truth: Floats) -> None:
        self.hit = (truth.astype(bool) & answers.given).astype(np.float32)
        self.some = truth + answers.given.astype(np.float32)
        index = np.minimum((answers.scores * BINS).astype(int), BINS - 1)
        gap = answers.scores - truth
        self.gaps = [np.where(index == k, gap, 0).astype(np.float32) for k in range(BINS)]

    def of(self, counts: Floats) -> _Sampled:
        """Figures where report i counts counts[sample, i] times."""
        hit, some = (np.asarray(counts @ table, dtype=np.float64) for table in (self.hit, self.some))
        gaps = sum(np.abs(np.asarray(counts @ gap, dtype=np.float64)) for gap in self.gaps)
        micro = 2 * hit.sum(1) / np.maximum(some.sum(1), 1)
        return _Sampled(2 * hit / np.maximum(some, 1), micro, np.asarray(gaps) / counts.sum(1, keepdims=True))


def _picked(found: _Sampled, pick: str, held: NDArray[np.bool_], column: int | None) -> NDArray[np.float64]:
    if pick == "label":
        return found.f1[:, column]
    if pick == "micro":
        return found.micro
    table = found.f1 if pick == "macro" else found.calibration
    return np.asarray(table[:, held].mean(axis=1))


def _resampled(size: int, samples: int, seed: int) -> Iterator[Floats]:
    """How often each report stands in each sample [some samples, reports]."""
    rng = np.random.default_rng(seed)
    even = np.full(size, 1 / size)
    for start in range(0, samples, _AT_ONCE):
        yield rng.multinomial(size, even, min(_AT_ONCE, samples - start)).astype(np.float32)
