"""What a number of labelled reports can promise: exact binomial tails, no approximation.

A border is to be reached by at least the share c of all reports that have a label. Of n such reports, drawn
alike, let the border be the k-th smallest score. The share of all such reports below it exceeds 1 - c with
probability P(Binomial(n, 1 - c) < k) at most, however the scores are spread (Wilks 1941, "Determination of
sample sizes for setting tolerance limits"). For a loss of 0 or 1 this is the exact p-value of learn-then-test
(Angelopoulos, Bates, Candès, Jordan and Lei 2021) and the exact bound of risk-controlling prediction sets
(Bates et al. 2021). Borders are tested from the lowest up and the first that fails ends it, so no correction
for their number is due.
"""

from __future__ import annotations

from math import ceil, lgamma, log, log1p

import numpy as np


def chance_of_fewer(k: int, total: int, share: float) -> float:
    """P(Binomial(total, share) < k), 0 < share < 1."""
    if k <= 0:
        return 0.0
    below = np.arange(min(k, total + 1))
    logs = np.array([_choose(total, int(j)) for j in below])
    logs += below * log(share) + (total - below) * log1p(-share)
    return min(1.0, float(np.exp(logs).sum()))


def rank(total: int, caught: float, doubt: float) -> int:
    """The largest k whose k-th smallest score may be the border; 0 where no border can promise it.

    Args:
        total: labelled reports that have what is to be caught.
        caught: the share of such reports that is wished for, 0 < caught < 1.
        doubt: the chance at most with which the promise may fail.
    """
    low, high = 0, total + 1  # chance_of_fewer rises with k; high is not allowed
    while high - low > 1:
        middle = (low + high) // 2
        if chance_of_fewer(middle, total, 1 - caught) <= doubt:
            low = middle
        else:
            high = middle
    return low


def needed(caught: float, doubt: float) -> int:
    """The least number of reports with which something can be promised."""
    # A hair less, so that a whole number is not raised by rounding.
    return ceil(log(doubt) / log(caught) - 1e-9)


def promisable(total: int, doubt: float) -> float:
    """The largest share that `total` reports can promise; 0 without any."""
    return float(doubt ** (1 / total)) if total else 0.0


def _choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
