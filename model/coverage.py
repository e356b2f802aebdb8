"""Coverage: points chosen one by one, each far from all chosen before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def spread(points: Floats, worth: Floats, count: int, taken: Floats | None = None) -> list[int]:
    """Choose points greedily: next is the one with the largest product of worth and distance to the chosen.

    With equal worth this is greedy k-centre (Gonzalez 1985; Sener and Savarese 2018).

    Args:
        points: [points, dimensions].
        worth: [points], not negative.
        count: how many to choose.
        taken: points that are covered already [others, dimensions]; without any, the worthiest point begins.

    Returns:
        places in `points`, in the order of the choice.
    """
    if not len(points) or count < 1:
        return []
    chosen: list[int] = []
    if taken is not None and len(taken):
        distance = np.full(len(points), np.inf, dtype=np.float32)
        for start in range(0, len(taken), 256):
            part = taken[start : start + 256]
            squares = (points**2).sum(1)[:, None] + (part**2).sum(1) - 2 * points @ part.T
            distance = np.minimum(distance, np.sqrt(np.maximum(squares, 0)).min(axis=1))
    else:
        chosen.append(int(worth.argmax()))
        distance = np.linalg.norm(points - points[chosen[0]], axis=1)
    free = np.ones(len(points), dtype=bool)
    free[chosen] = False
    while len(chosen) < min(count, len(points)):
        # Of points that lie on chosen ones the worthiest comes first.
        gain = np.where(free, worth * distance + 1e-6 * worth, -1)
        best = int(gain.argmax())
        chosen.append(best)
        free[best] = False
        distance = np.minimum(distance, np.linalg.norm(points - points[best], axis=1))
    return chosen


def standardised(points: Floats) -> Floats:
    """Each dimension with mean 0 and spread 1, so that none counts for more by its unit alone."""
    return np.asarray((points - points.mean(axis=0)) / (points.std(axis=0) + 1e-6), dtype=np.float32)
