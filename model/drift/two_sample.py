"""A classifier two-sample test: can a classifier tell which of two piles a report is from?

Lopez-Paz and Oquab 2017. The classifier is linear (ridge regression on the side, that is Fisher's
discriminant), cross-validated; the figure is its AUC on reports that it did not learn from: 0.5 where the
piles are alike, 1 where every report gives itself away. The chance of such a figure among alike piles is
found by shuffling the sides and doing all of it again, which holds at any size and whatever the figures look
like, as long as reports are independent of each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
SHUFFLES = 499
LEAST = 50  # reports on each side; of fewer, a fold has too few to rank
MOST = 4000  # reports on each side that are used; more would only find smaller differences
_RIDGE = 1e-2  # of the mean variance of a column
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TwoSample:
    """What the test found.

    Attributes:
        auc: out of fold, 0.5 for alike piles.
        p: chance of an AUC as large among alike piles.
        noise: AUC that 95 % of shuffled piles stay below.
        before, after: reports that were used.
    """

    auc: float
    p: float
    noise: float
    before: int
    after: int


def tell_apart(
    before: NDArray[np.float32], after: NDArray[np.float32], seed: int = 0, shuffles: int = SHUFFLES
) -> TwoSample | None:
    """Test two piles of vectors [reports, columns]; None where a pile has fewer than LEAST."""
    if min(len(before), len(after)) < LEAST:
        return None
    rng = np.random.default_rng(seed)
    piles = [pile[rng.permutation(len(pile))[:MOST]].astype(np.float64) for pile in (before, after)]
    side = np.concatenate([np.full(len(pile), float(place)) for place, pile in enumerate(piles)])
    # Each side is dealt out evenly.
    fold = np.concatenate([rng.permutation(len(pile)) % FOLDS for pile in piles])
    sides = np.repeat(side[:, None], shuffles + 1, axis=1)
    for number in range(FOLDS):
        rows = np.flatnonzero(fold == number)
        for column in range(1, shuffles + 1):
            sides[rows, column] = sides[rng.permutation(rows), column]
    found = _aucs(np.concatenate(piles), sides, fold)
    real, shuffled = float(found[0]), found[1:]
    p = (1 + int((shuffled >= real).sum())) / (1 + shuffles)
    return TwoSample(real, p, float(np.quantile(shuffled, 0.95)), *(len(pile) for pile in piles))


def _aucs(x: Floats, sides: Floats, fold: NDArray[np.int64]) -> Floats:
    """Cross-validated AUC for each column of sides [reports, shuffles]; the mean over folds."""
    total = np.zeros(sides.shape[1])
    for number in range(FOLDS):
        out = fold == number
        mean, spread = x[~out].mean(0), x[~out].std(0)
        seen, unseen = ((part - mean) / np.where(spread > 1e-9, spread, 1) for part in (x[~out], x[out]))
        gram = seen.T @ seen + _RIDGE * len(seen) * np.eye(x.shape[1])
        wanted = sides[~out] - sides[~out].mean(0)
        scores = unseen @ np.linalg.solve(gram, seen.T @ wanted)
        total += _auc(scores, sides[out])
    return total / FOLDS


def _auc(scores: Floats, sides: Floats) -> Floats:
    """AUC of each column; equal scores share their ranks."""
    ranks = _ranks(scores)
    ones = sides.sum(0)
    zeros = len(sides) - ones
    return np.asarray(((ranks * sides).sum(0) - ones * (ones + 1) / 2) / (ones * zeros))


def _ranks(scores: Floats) -> Floats:
    order = scores.argsort(axis=0)
    ranks = np.empty_like(scores)
    places = np.arange(1, len(scores) + 1, dtype=np.float64)
    for column in range(scores.shape[1]):
        ordered = scores[order[:, column], column]
        starts = np.flatnonzero(np.r_[True, ordered[1:] > ordered[:-1]])
        sizes = np.diff(np.r_[starts, len(ordered)])
        ranks[order[:, column], column] = np.repeat(np.add.reduceat(places, starts) / sizes, sizes)
    return ranks
