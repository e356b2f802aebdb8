"""Shift: how far a figure of reports has moved: the population stability index over the first's tenths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.drift.intervals import chi_square

BINS = 10


@dataclass(frozen=True)
class Shift:
    """How the values of two piles are spread.

    Attributes:
        edges: inner borders of the bins, of the first pile's quantiles; equal ones fall together.
        before, after: share of each pile per bin.
        psi: sum of (after - before) * log(after / before); 0 for the same spread.
        p: chance of such counts among piles of one spread; the index alone grows as piles shrink.
    """

    edges: tuple[float, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    psi: float
    p: float


def shift(before: NDArray[Any], after: NDArray[Any], bins: int = BINS) -> Shift | None:
    """Compare two piles of values; None where one is empty.

    There are fewer bins where the smaller pile would leave less than ten values to one. For the index half a
    value is added to every bin, so that an empty one has a logarithm; the chance is that of Pearson's
    chi-square for the counts as they are.
    """
    if not len(before) or not len(after):
        return None
    bins = max(2, min(bins, len(before) // 10, len(after) // 10))
    edges = np.unique(np.quantile(before, np.linspace(0, 1, bins + 1)[1:-1]))
    counts = [
        np.bincount(np.searchsorted(edges, pile, side="left"), minlength=len(edges) + 1)
        for pile in (before, after)
    ]
    # A bin that no report is in, where many values are equal, says nothing.
    used = (counts[0] + counts[1]) > 0
    smooth = [(count[used] + 0.5) / (count.sum() + 0.5 * used.sum()) for count in counts]
    psi = float(((smooth[1] - smooth[0]) * np.log(smooth[1] / smooth[0])).sum())
    one, two = (count[used] for count in counts)
    even = np.sqrt(len(after) / len(before))
    p = chi_square(float(((one * even - two / even) ** 2 / (one + two)).sum()), int(used.sum()) - 1)
    first, second = (tuple((count / count.sum()).tolist()) for count in counts)
    return Shift(tuple(edges.tolist()), first, second, psi, p)
