"""Nearest: the labelled cases that the encoder takes for most alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.prediction import Nearest

Floats = NDArray[np.float32]
COUNT = 3


class Cases:
    """Labelled cases by the encoder's view of them (see Tagger.scores_and_values)."""

    def __init__(self, views: Floats, ids: Sequence[str], texts: Sequence[str] = ()) -> None:
        """Take cases.

        Args:
            views: [cases, labels].
            ids: of each.
            texts: of each, where they may be shown.
        """
        self._mean, self._spread = views.mean(axis=0), views.std(axis=0) + 1e-6
        self._directions = self._direction(views)
        self._ids, self._texts = list(ids), list(texts) or [""] * len(ids)

    def nearest(self, view: Floats) -> tuple[Nearest, ...]:
        """The COUNT nearest of a report's view [labels], the nearest first.

        Near is what deviates in the same direction from the mean of all cases (cosine): the view of a long
        report lies nearer the mean than that of a short one about the same.
        """
        similar = self._directions @ self._direction(view[None])[0]
        order = np.argsort(-similar, kind="stable")[:COUNT]
        return tuple(Nearest(self._ids[i], float(similar[i]), self._texts[i]) for i in order.tolist())

    def _direction(self, views: Floats) -> Floats:
        scaled = (views - self._mean) / self._spread
        length = np.linalg.norm(scaled, axis=1, keepdims=True)
        return np.asarray(scaled / np.maximum(length, 1e-6), dtype=np.float32)
