"""Queue: which unlabelled reports to label next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.survey.alike import alike_groups
from model.coverage import spread, standardised

Floats = NDArray[np.float32]
BREADTH = 5
"""Of so many times the wanted reports, the most uncertain ones, those are chosen that lie apart."""


def label_next(
    points: Floats,
    unsure: Floats,
    count: int,
    known: Floats | None = None,
    alike: Sequence[Sequence[int]] = (),
    breadth: int = BREADTH,
) -> list[int]:
    """Choose reports that the model is unsure of, and that are unlike each other and those labelled.

    Args:
        points: the encoder's view of the unlabelled reports [reports, dimensions].
        unsure: their uncertainty [reports], 0 to 1.
        count: how many to choose.
        known: the encoder's view of reports that are labelled already [others, dimensions].
        alike: groups of reports that are alike, as of `once_each`; of each the most uncertain one may be
            chosen, of a group with -1 (a labelled report) none.
        breadth: how many times `count` of the most uncertain are looked at.

    Returns:
        places in `points`, in the order of the choice.
    """
    free = np.ones(len(points), dtype=bool)
    for group in alike:
        best = max((place for place in group if place >= 0), key=lambda place: unsure[place])
        free[[place for place in group if place >= 0 and (place != best or -1 in group)]] = False
    places = np.flatnonzero(free)
    places = places[np.argsort(-unsure[places], kind="stable")][: breadth * count]
    if not places.size:
        return []
    others = np.zeros((0, points.shape[1]), dtype=np.float32) if known is None else known
    scaled = standardised(np.concatenate([points, others]))
    chosen = spread(scaled[places], unsure[places], count, scaled[len(points) :])
    return [int(places[place]) for place in chosen]


def once_each(texts: Sequence[str], labelled: Sequence[str] = ()) -> list[list[int]]:
    """Groups of unlabelled texts that are alike; -1 stands for the labelled ones of a group."""
    groups = alike_groups([*texts, *labelled])
    found = []
    for group in groups:
        mine = [place for place in group if place < len(texts)]
        if mine:
            found.append(mine + [-1] * (len(mine) < len(group)))
    return found
