"""Compare: two Samples, figure by figure, each with its interval or its chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from model.drift.intervals import LEVEL, fisher, newcombe, welch, wilson
from model.drift.sample import Sample
from model.drift.shift import Shift, shift
from model.drift.two_sample import TwoSample, tell_apart

_Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)
NONE = ""
"""Label id of "no tag on this axis"."""


class NotComparable(DataError):
    """Two samples that different models measured."""


@dataclass(frozen=True)
class Rate:
    """A share of reports, with its 95 % interval."""

    count: int
    total: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share; 0 of nothing."""
        return self.count / self.total if self.total else 0.0


@dataclass(frozen=True)
class RateChange:
    """A share before and after.

    Attributes:
        axis, label: ids; the label is NONE for reports without a tag, the axis "" for those that ask for
            a person.
        low, high: 95 % interval of after - before.
        p: chance of such a difference where nothing has changed (Fisher's exact test).
    """

    axis: str
    label: str
    before: Rate
    after: Rate
    low: float
    high: float
    p: float

    @property
    def points(self) -> float:
        """After - before."""
        return self.after.share - self.before.share

    @property
    def ratio(self) -> float:
        """The larger share by the smaller, half a report added to both; 1 and more."""
        one, two = ((rate.count + 0.5) / (rate.total + 1) for rate in (self.before, self.after))
        return max(one, two) / min(one, two)


@dataclass(frozen=True)
class MeanChange:
    """A mean over reports before and after, each with its 95 % interval; and the chance of the difference."""

    before: tuple[float, float, float]
    after: tuple[float, float, float]
    p: float

    @property
    def points(self) -> float:
        """After - before."""
        return self.after[0] - self.before[0]


@dataclass(frozen=True)
class ScoreShift:
    """How a label's scores are spread over all reports."""

    axis: str
    label: str
    shift: Shift


@dataclass(frozen=True)
class Drift:
    """All figures.

    Attributes:
        labels: of every label, axis by axis, and of "no tag".
        review: reports that ask for a person.
        scores: of every label; empty where only predictions are at hand.
        lengths, unknown, rare: of the texts; None where only predictions are at hand.
        quantiles: characters at 10, 50 and 90 %, before and after.
        apart: the two-sample test; None likewise, or where there are too few reports.
    """

    before: Sample
    after: Sample
    labels: tuple[RateChange, ...]
    review: RateChange
    scores: tuple[ScoreShift, ...]
    lengths: Shift | None
    unknown: MeanChange | None
    rare: MeanChange | None
    quantiles: tuple[tuple[int, ...], tuple[int, ...]] | None
    apart: TwoSample | None


def compare(before: Sample, after: Sample, seed: int = 0) -> Drift:
    """Compare the reference with what came later.

    Args:
        seed: of the two-sample test.

    Raises:
        NotComparable: different models, or a sample without reports.
    """
    digests = {sample.digest for sample in (before, after)} - {""}
    if before.model != after.model or len(digests) > 1:
        raise NotComparable(
            f"the two were tagged by different models ({before.model}, {after.model}); tag both with one"
        )
    if not len(before) or not len(after):
        raise NotComparable("no report was read in one of the two; nothing can be compared")
    lengths = quantiles = unknown = rare = apart = None
    if before.lengths is not None and after.lengths is not None:
        lengths = shift(before.lengths, after.lengths)
        quantiles = _quantiles(before.lengths), _quantiles(after.lengths)
    if before.unknown is not None and after.unknown is not None:
        unknown = _mean_change(before.unknown, after.unknown)
    if before.rare is not None and after.rare is not None:
        rare = _mean_change(before.rare, after.rare)
    if before.vectors is not None and after.vectors is not None:
        apart = tell_apart(before.vectors, after.vectors, seed)
    return Drift(
        before, after, tuple(_labels(before, after)), _rate_change("", NONE, before.review, after.review),
        tuple(_scores(before, after)), lengths, unknown, rare, quantiles, apart,
    )  # fmt: skip


def _labels(before: Sample, after: Sample) -> Iterator[RateChange]:
    for axis, columns in before.taxonomy.columns():
        one, two = (sample.given[:, columns] for sample in (before, after))
        for place, label in enumerate(axis.label_ids):
            yield _rate_change(axis.id, label, one[:, place], two[:, place])
        if axis.kind == "many":
            bare, after_bare = (~np.asarray(pile.any(axis=1)) for pile in (one, two))
            yield _rate_change(axis.id, NONE, bare, after_bare)


def _rate_change(axis: str, label: str, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> RateChange:
    one, two = ((int(column.sum()), len(column)) for column in (before, after))
    rates = [Rate(*pair, *wilson(*pair)) for pair in (one, two)]
    return RateChange(axis, label, rates[0], rates[1], *newcombe(one, two), fisher(one, two))


def _scores(before: Sample, after: Sample) -> Iterator[ScoreShift]:
    if before.scores is None or after.scores is None:
        return
    place = 0
    for axis in before.taxonomy.axes:
        for label in axis.label_ids:
            found = shift(before.scores[:, place], after.scores[:, place])
            place += 1
            if found is not None:
                yield ScoreShift(axis.id, label, found)


def _mean_change(before: NDArray[np.float32], after: NDArray[np.float32]) -> MeanChange:
    means, errors = [], []
    for column in (before.astype(np.float64), after.astype(np.float64)):
        mean, error = (
            float(column.mean()),
            float(column.std(ddof=min(1, len(column) - 1))) / sqrt(len(column)),
        )
        means.append((mean, max(0.0, mean - _Z * error), min(1.0, mean + _Z * error)))
        errors.append(error)
    return MeanChange(
        means[0], means[1], welch(means[1][0] - means[0][0], sqrt(errors[0] ** 2 + errors[1] ** 2))
    )


def _quantiles(lengths: NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(round(value) for value in np.quantile(lengths, [0.1, 0.5, 0.9]).tolist())
