"""Stratify: rows to folds, so that every label keeps its share and what belongs together stays together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def stratify(counts: NDArray[np.int64], sizes: Sequence[int], shares: Sequence[float]) -> list[int]:
    """Deal groups of rows out to folds; give each group's fold.

    Iterative stratification (Sechidis et al. 2011): the rarest label first, each of its groups to the fold
    that still lacks most of it. The same input gives the same folds.

    Args:
        counts: [groups, labels], rows of a group that hold a label.
        sizes: rows of each group.
        shares: of the rows, per fold; they sum to 1.
    """
    left = np.asarray(counts, dtype=np.float64).copy()
    rows = np.asarray(sizes, dtype=np.float64)
    wanted = np.outer(shares, left.sum(axis=0))
    room = np.asarray(shares, dtype=np.float64) * rows.sum()
    folds = np.full(len(rows), -1)
    rng = np.random.default_rng(0)
    order = sorted(range(len(rows)), key=lambda group: -rows[group])  # large groups while there is room

    def give(group: int, lacking: NDArray[np.float64]) -> None:
        best = np.flatnonzero(lacking == lacking.max())
        best = best[room[best] == room[best].max()]
        fold = int(rng.choice(best))
        folds[group] = fold
        wanted[fold] -= counts[group]
        room[fold] -= rows[group]
        left[group] = 0

    while (remaining := left.sum(axis=0)).any():
        label = int(np.argmin(np.where(remaining > 0, remaining, np.inf)))
        for group in order:
            if left[group, label] > 0:
                give(group, wanted[:, label])
    for group in order:
        if folds[group] < 0:
            give(group, room)
    return [int(fold) for fold in folds]
