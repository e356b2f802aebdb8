"""Work: one report on its way through the engine, and how its windows merge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.report import Report
from model.encode import Encoded, Window

if TYPE_CHECKING:
    from model.occlusion import Occlusion

Floats = NDArray[np.float32]
NONE: Floats = np.zeros((0, 0), dtype=np.float32)


@dataclass(eq=False)
class Work:
    """One report on its way through: cut by `Tagger.begin`, filled in by `read`, told by `finish`.

    `scores` and `values` hold one table per window, empty until that window is read; `linear` holds the
    linear part's logits [labels], where an Export has one; `occlusion` is planned where evidence by deletion
    is wanted.
    """

    report: Report
    encoded: Encoded
    windows: list[Window]
    scores: list[Floats]
    values: list[Floats]
    occlusion: Occlusion | None = None
    linear: Floats | None = None

    @classmethod
    def unread(cls, report: Report, encoded: Encoded, windows: list[Window]) -> Work:
        """One of which no window has been read yet."""
        return cls(report, encoded, windows, [NONE] * len(windows), [NONE] * len(windows))


class Job(NamedTuple):
    """One window of one report, to be read."""

    work: Work
    number: int

    @property
    def tokens(self) -> int:
        """Length of the window."""
        return self.work.windows[self.number].ids.size


def pooled(work: Work) -> Floats:
    """The head's part of the logits [labels]: the values of all tokens, mixed by attention."""
    return np.asarray((attention(work) * np.concatenate(work.values)).sum(axis=0), dtype=np.float32)


def attention(work: Work) -> Floats:
    """Softmax over all counted tokens of all windows of a Work that has been read [tokens, labels]."""
    scores = np.concatenate(work.scores)
    weights = np.exp(scores - scores.max(axis=0))
    return np.asarray(weights / weights.sum(axis=0), dtype=np.float32)


def by_token(work: Work, table: Floats) -> Floats:
    """A table [counted tokens of all windows, columns] as one over the tokens of Encoded [n, columns]."""
    result = np.zeros((len(work.encoded.ids) + 2, table.shape[1]), dtype=np.float32)
    at = 0
    for window in work.windows:
        places = window.first + np.flatnonzero(window.counted)  # 0 is [CLS]
        result[places] += table[at : at + places.size]
        at += places.size
    return result[1:-1]
