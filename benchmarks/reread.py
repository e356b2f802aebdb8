"""Labels of reports of which many read alike: equal cleaned texts go through the engine once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.labelled import LabelledReport
from data.report import Report
from model.tagger import Tagger

Given = NDArray[np.bool_]


class Reader:
    """Gives the labels of reports, and remembers them by the text that the model reads."""

    def __init__(self, tagger: Tagger) -> None:
        self.tagger = tagger
        self.taxonomy = tagger.export.taxonomy
        self._known: dict[str, NDArray[np.float32]] = {}

    def scores(self, reports: Sequence[Report]) -> NDArray[np.float32]:
        """Calibrated scores [reports, labels]."""
        read = [encoded.plain for encoded in self.tagger.encoder.encode(reports)]
        new = {text: report for text, report in zip(read, reports, strict=True) if text not in self._known}
        self._known |= dict(zip(new, self.tagger.scores(list(new.values())), strict=True))
        return np.stack([self._known[text] for text in read])

    def given(self, reports: Sequence[Report]) -> Given:
        """Which labels are given [reports, labels]."""
        scores = self.scores(reports)
        return np.concatenate(
            [
                self.tagger.export.decisions[axis.id].given(scores[:, column], axis.kind)
                for axis, column in self.taxonomy.columns()
            ],
            axis=1,
        )

    def macro_f1(self, rows: Sequence[LabelledReport], given: Given) -> dict[str, float]:
        """Axis id to the mean F1 of its labels, over the reports that are labelled on it."""
        result = {}
        for axis, column in self.taxonomy.columns():
            told = [(place, row.labels[axis.id]) for place, row in enumerate(rows)]
            places = [place for place, labels in told if labels is not None]
            truth = np.array(
                [[x in labels for x in axis.label_ids] for _, labels in told if labels is not None]
            )
            tags = given[places][:, column]
            both, either = (truth & tags).sum(axis=0), truth.sum(axis=0) + tags.sum(axis=0)
            result[axis.id] = float(np.mean(2 * both / np.maximum(either, 1)))
        return result
