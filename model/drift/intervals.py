"""Intervals and tests for shares: Wilson, Newcombe, Fisher, Holm. No table is looked up, nothing is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from math import lgamma, sqrt
from statistics import NormalDist

import numpy as np

LEVEL = 0.95
_Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)


def wilson(count: int, total: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); 0 to 1 where there is nothing to divide by."""
    if not total:
        return 0.0, 1.0
    share, spread = count / total, _Z**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe(before: tuple[int, int], after: tuple[int, int]) -> tuple[float, float]:
    """95 % interval of the difference of two shares, after - before (Newcombe 1998, method 10).

    Args:
        before, after: (count, total), neither total 0.
    """
    (low1, high1), (low2, high2) = wilson(*before), wilson(*after)
    one, two = before[0] / before[1], after[0] / after[1]
    return (
        two - one - sqrt((two - low2) ** 2 + (high1 - one) ** 2),
        two - one + sqrt((high2 - two) ** 2 + (one - low1) ** 2),
    )


def fisher(before: tuple[int, int], after: tuple[int, int]) -> float:
    """Two-sided p of Fisher's exact test that two shares are one.

    Args:
        before, after: (count, total).
    """
    (a, n), (b, m) = before, after
    both = a + b
    least, most = max(0, both - m), min(n, both)
    logs = np.array([_choose(n, k) + _choose(m, both - k) for k in range(least, most + 1)])
    chances = np.exp(logs - logs.max())
    # A hair above equal, so that tables as likely as ours count whatever the rounding.
    p = float(chances[chances <= chances[a - least] * (1 + 1e-7)].sum() / chances.sum())
    return min(1.0, p)


def _choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def welch(mean: float, error: float) -> float:
    """Two-sided p that a difference of means is 0, by the normal law: for some tens of reports and more.

    Args:
        error: standard error of the difference.
    """
    if not error:
        return 1.0 if not mean else 0.0
    return 2 * NormalDist().cdf(-abs(mean / error))


def chi_square(value: float, degrees: int) -> float:
    """Chance of a larger chi-square (Wilson and Hilferty's cube root, good to about 0.001)."""
    if value <= 0 or not degrees:
        return 1.0
    spread = 2 / (9 * degrees)
    return 1 - NormalDist().cdf(((value / degrees) ** (1 / 3) - 1 + spread) / sqrt(spread))


def holm(chances: Sequence[float]) -> list[float]:
    """p-values made fit for being many (Holm 1979): each below alpha alone makes one false alarm in alpha."""
    order = sorted(range(len(chances)), key=lambda place: chances[place])
    adjusted, largest = [1.0] * len(chances), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(chances) - rank) * chances[place]))
        adjusted[place] = largest
    return adjusted
