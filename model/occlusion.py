"""Evidence by deletion: each clause is cut out in turn, and what the logits lose is its part.

Slower than the head's own contributions, and another question: not which words the sum is made of, but
which words the answer would miss (occlusion, Zeiler and Fergus 2014; erasure, Li et al. 2016). Only the
windows that hold a clause are read again, so a long report costs what its clauses do, not their square.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.encode import TITLE, Encoded, Window
from model.evidence import clauses, follows_mark
from model.wide import Wide
from model.work import Work

Floats = NDArray[np.float32]
MOST_CLAUSES = 64  # of a report that are cut out; of more, those that speak most


@dataclass(frozen=True, eq=False)
class Occlusion:
    """A report that has been read, and its windows without one clause, which are to be read.

    Attributes:
        work: the report.
        cuts: token ranges [first, last) of the clauses, with the mark behind each.
        trials: every window that a cut meets, without it.
        stands_for: per window of `trials`, the cut and the window of `work` that it takes the place of.
    """

    work: Work
    cuts: list[tuple[int, int]]
    trials: Work
    stands_for: list[tuple[int, int]]

    @classmethod
    def of(cls, work: Work, speaks: Floats) -> Occlusion:
        """Plan the cuts.

        Args:
            speaks: [tokens, tags], contributions: they pick the clauses where there are too many.
        """
        encoded = work.encoded
        found = clauses(encoded) if speaks.shape[1] else []
        if len(found) > MOST_CLAUSES:
            loud = np.maximum(speaks, 0).sum(axis=1)
            weights = [float(loud[first:last].sum()) for first, last in found]
            strongest = np.argsort(weights)[::-1][:MOST_CLAUSES]
            found = [found[i] for i in sorted(strongest.tolist())]
        cuts = [(first, last + follows_mark(encoded, last)) for first, last in found]
        windows: list[Window] = []
        stands_for = []
        for cut, (first, last) in enumerate(cuts):
            for number, window in enumerate(work.windows):
                begin = max(first - window.first + 1, 1)
                end = min(last - window.first + 1, window.ids.size - 1)
                if begin < end:
                    gone = np.arange(begin, end)
                    ids, counted = np.delete(window.ids, gone), np.delete(window.counted, gone)
                    windows.append(Window(ids, counted, window.first))
                    stands_for.append((cut, number))
        return cls(work, cuts, Work.unread(work.report, encoded, windows), stands_for)

    def parts(self, speaks: Floats, labels: Sequence[int], wide: Wide | None) -> Floats:
        """What the logits lose with each token [tokens, chosen labels], once `trials` has been read.

        A clause's loss is shared by its tokens as their own contributions say, so that of a long one the
        stretch that speaks is shown.

        Args:
            speaks: [tokens, chosen labels], contributions.
        """
        losses = self._losses(np.asarray(labels), wide)
        result = np.zeros_like(speaks)
        for (first, last), loss in zip(self.cuts, losses, strict=True):
            inside = np.maximum(speaks[first:last], 1e-9)
            result[first:last] = loss * inside / inside.sum(axis=0)
        return result

    def _losses(self, labels: NDArray[np.int64], wide: Wide | None) -> Floats:
        sums, means = _window_sums(self.work, labels)
        whole = _merge(sums, means)
        changed: list[dict[int, int]] = [{} for _ in self.cuts]
        for trial, (cut, number) in enumerate(self.stands_for):
            changed[cut][number] = trial
        trial_sums, trial_means = _window_sums(self.trials, labels)
        losses = np.empty((len(self.cuts), labels.size), dtype=np.float32)
        for cut, windows in enumerate(changed):
            without, values = sums.copy(), means.copy()
            for number, trial in windows.items():
                without[number], values[number] = trial_sums[trial], trial_means[trial]
            losses[cut] = whole - _merge(without, values)
        if wide is not None:
            plain = self.work.encoded.plain
            said = wide.logits(plain)[labels]
            for cut, (first, last) in enumerate(self.cuts):
                begin, end = _span(self.work.encoded, first, last)
                losses[cut] += said - wide.logits(plain[:begin] + plain[end:])[labels]
        return losses


def _span(encoded: Encoded, first: int, last: int) -> tuple[int, int]:
    """Where tokens [first, last) stand in `encoded.plain`."""
    title = len(encoded.title.text)
    before = title + 1 if title and encoded.part[first] != TITLE else 0
    return before + int(encoded.start[first]), before + int(encoded.end[last - 1])


def _window_sums(work: Work, labels: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Per window the log of its attention's sum, and its mean value, each [windows, labels]."""
    sums = np.full((len(work.windows), labels.size), -np.inf, dtype=np.float32)
    means = np.zeros_like(sums)
    for number, (scores, values) in enumerate(zip(work.scores, work.values, strict=True)):
        if len(scores):  # a cut may leave a window nothing to count
            chosen = scores[:, labels]
            top = chosen.max(axis=0)
            weights = np.exp(chosen - top)
            total = weights.sum(axis=0)
            sums[number] = top + np.log(total)
            means[number] = (weights * values[:, labels]).sum(axis=0) / total
    return sums, means


def _merge(sums: Floats, means: Floats) -> Floats:
    """The streaming softmax over windows [labels]; [CLS] always counts, so some window is never empty."""
    weights = np.exp(sums - sums.max(axis=0))
    return np.asarray((weights * means).sum(axis=0) / weights.sum(axis=0), dtype=np.float32)
