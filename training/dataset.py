"""Labelled reports to a `datasets.Dataset`, and batches of windows from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data.clean import clean
from data.disguise import undisguise
from data.labelled import LabelledReport, label_targets
from data.taxonomy import Taxonomy
from model.encode import BODY, TITLE, Encoded, Encoder, Window, pad_windows
from training.soft import SOFT

if TYPE_CHECKING:
    from datasets import Dataset

_EMPTY = clean("")


@dataclass(frozen=True)
class Batch:
    """Windows of some reports.

    Attributes:
        ids, mask, counted: [windows, length].
        owner: [windows], row of each window's report.
        targets: [reports, labels], NaN where the report does not label the axis.
        rows: [reports], index into the dataset.
        evidence: [windows, length, labels], True on tokens that a reader marked; None where no report has
            any.
    """

    ids: Tensor
    mask: Tensor
    counted: Tensor
    owner: Tensor
    targets: Tensor
    rows: NDArray[np.int64]
    evidence: Tensor | None = None


def build_dataset(
    reports: Iterable[LabelledReport],
    taxonomy: Taxonomy,
    encoder: Encoder,
    soft: Mapping[str, NDArray[np.float32]] | None = None,
) -> Dataset:
    """Tokenize labelled reports.

    Args:
        soft: id -> targets [labels] of reports of source SOFT (training/soft.py), which have no labels.

    Columns: id, source, text (cleaned), ids (token stream), targets, and evidence: flat triples of label
    column, first token and token behind the last, for every marked span.
    """
    from datasets import Dataset

    rows = list(reports)
    encoded = encoder.encode([row.report for row in rows])
    return Dataset.from_dict(
        {
            "id": [row.report.id for row in rows],
            "source": [row.source for row in rows],
            "text": [e.plain for e in encoded],
            "ids": [e.ids.tolist() for e in encoded],
            "targets": [
                (soft or {})[row.report.id].tolist() if row.source == SOFT else label_targets(row, taxonomy)
                for row in rows
            ],
            "evidence": [evidence_tokens(row, e, taxonomy) for row, e in zip(rows, encoded, strict=True)],
        }
    ).with_format("numpy")


def evidence_tokens(labelled: LabelledReport, encoded: Encoded, taxonomy: Taxonomy) -> list[int]:
    """Where the marked words stand in the token stream: flat (column, first, last) triples."""
    spans: list[int] = []
    column = 0
    for axis in taxonomy.axes:
        marked = labelled.evidence.get(axis.id, {})
        for label in axis.labels:
            words = undisguise(clean(marked.get(label.id, ""))).text
            for part, text in ((BODY, encoded.body.text), (TITLE, encoded.title.text)):
                at = text.find(words) if words else -1
                if at < 0:
                    continue
                inside = (encoded.part == part) & (encoded.start < at + len(words)) & (encoded.end > at)
                tokens = np.flatnonzero(inside)
                if tokens.size:
                    spans += [column, int(tokens[0]), int(tokens[-1]) + 1]
                break
            column += 1
    return spans


def data_hash(reports: Iterable[LabelledReport]) -> str:
    """sha256 over ids, texts and labels in order: names the training data without holding it."""
    digest = hashlib.sha256()
    for row in reports:
        labels = {axis: sorted(given) for axis, given in row.labels.items() if given is not None}
        digest.update(json.dumps([row.report.id, row.report.title, row.report.text, labels]).encode())
    return digest.hexdigest()


class Batches:
    """Batches of similar length under a token budget, shuffled anew each epoch."""

    def __init__(
        self,
        dataset: Dataset,
        encoder: Encoder,
        budget: int,
        max_windows: int,
        reports: int,
        seed: int,
        from_start: bool = False,
    ) -> None:
        """Keep token streams and targets in memory.

        Args:
            budget: padded tokens in a batch at most.
            max_windows: windows of a long report that one training step reads; others wait for another epoch.
                Those with marked words go first, and a label whose marked words are in none of them is not
                asked about.
            reports: reports in a batch at most.
            from_start: a long report gives its first windows instead, and is asked for all labels.
        """
        self.read(dataset)
        self.marked = np.isin(
            np.arange(self.targets.shape[1]), np.concatenate([e[:, 0] for e in self.evidence])
        )
        """[labels], True on labels for which any report has marked words."""
        self.encoder, self.budget, self.max_windows, self.reports = encoder, budget, max_windows, reports
        self.seed, self.from_start = seed, from_start

    def read(self, dataset: Dataset) -> None:
        """Take streams, targets and marked words from this dataset: the same rows, maybe in another form."""
        self.targets = np.asarray(dataset["targets"], dtype=np.float32)
        self.streams: list[NDArray[np.int64]] = [np.asarray(ids, dtype=np.int64) for ids in dataset["ids"]]
        self.evidence = [np.asarray(e, dtype=np.int64).reshape(-1, 3) for e in dataset["evidence"]]

    def groups(self, number: int) -> list[NDArray[np.int64]]:
        """The rows of each batch of an epoch; (seed, number) fixes them."""
        rng = np.random.default_rng((self.seed, number))
        # Lengths jittered before sorting: batches stay of like length but never the same twice.
        lengths = np.array([s.size for s in self.streams]) * rng.uniform(0.8, 1.25, len(self.streams))
        groups = self._group(np.argsort(lengths))
        return [groups[index] for index in rng.permutation(len(groups))]

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield every report once, shuffled."""
        rng = np.random.default_rng((self.seed, number, 1))
        for group in self.groups(number):
            yield self.collate(group, rng)

    def in_order(self) -> Iterator[Batch]:
        """Yield every report once, whole, sorted by length: for evaluation."""
        for group in self._group(np.argsort([s.size for s in self.streams]), whole=True):
            yield self.collate(group, None)

    def _group(self, order: NDArray[np.int64], whole: bool = False) -> list[NDArray[np.int64]]:
        room = self.encoder.size - 2 - self.encoder.overlap
        groups: list[list[int]] = [[]]
        windows, longest = 0, 0
        for row in order:
            size = self.streams[row].size
            count = 1 + max(0, size - self.encoder.size + 2 + room - 1) // room
            count = count if whole else min(count, self.max_windows)
            length = min(size + 2, self.encoder.size)
            over = (windows + count) * max(longest, length) > self.budget or len(groups[-1]) >= self.reports
            if groups[-1] and over:
                groups.append([])
                windows, longest = 0, 0
            groups[-1].append(int(row))
            windows, longest = windows + count, max(longest, length)
        return [np.asarray(g) for g in groups if g]

    def collate(self, rows: NDArray[np.int64], rng: np.random.Generator | None) -> Batch:
        """Make one batch; with an rng, a long report gives max_windows of its windows."""
        windows: list[Window] = []
        owner: list[int] = []
        targets = self.targets[rows]  # a copy
        for index, row in enumerate(rows):
            own = self.encoder.windows(stream_of(self.streams[row]))
            if rng is not None and self.from_start:
                own = own[: self.max_windows]
            elif rng is not None and len(own) > self.max_windows:
                shown = [self._shown(window, row) for window in own]
                kept = draw_windows(shown, self.max_windows, rng)
                read = frozenset[int]().union(*(shown[i] for i in kept))
                targets[index, list(frozenset[int]().union(*shown) - read)] = np.nan
                own = [own[i] for i in kept]
            windows += own
            owner += [index] * len(own)
        ids, mask, counted = pad_windows(windows, self.encoder.pad)
        evidence = self._mark(windows, [rows[i] for i in owner], ids.shape) if rng is not None else None
        return Batch(
            torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(counted),
            torch.tensor(owner), torch.from_numpy(targets), rows, evidence,
        )  # fmt: skip

    def _shown(self, window: Window, row: int) -> frozenset[int]:
        """Labels of which the window counts marked words."""
        return frozenset(
            column for column, low, high in self._spans(window, row) if window.counted[low:high].any()
        )

    def _mark(self, windows: list[Window], rows: list[int], shape: tuple[int, ...]) -> Tensor | None:
        """Put the marked spans into the windows, where they are counted."""
        if not any(self.evidence[row].size for row in rows):
            return None
        marks = np.zeros((*shape, self.targets.shape[1]), dtype=bool)
        for index, (window, row) in enumerate(zip(windows, rows, strict=True)):
            for column, low, high in self._spans(window, row):
                marks[index, low:high, column] = window.counted[low:high]
        return torch.from_numpy(marks)

    def _spans(self, window: Window, row: int) -> Iterator[tuple[int, int, int]]:
        """Of the marked words that reach into a window: label, and where they begin and end there."""
        for column, first, last in self.evidence[row]:
            # Token k of the stream stands at k - first + 1 of the window, behind [CLS].
            low, high = max(first - window.first + 1, 1), min(last - window.first + 1, window.ids.size - 1)
            if low < high:
                yield int(column), low, high


def draw_windows(shown: Sequence[frozenset[int]], count: int, rng: np.random.Generator) -> list[int]:
    """`count` windows of a report, in order: at random, but those that show labels not yet shown go first.

    Args:
        shown: the labels that have marked words in each window.
    """
    order = [int(i) for i in rng.permutation(len(shown))]
    kept: list[int] = []
    read: frozenset[int] = frozenset()
    while len(kept) < count:
        best = next((i for i in order if shown[i] - read), order[0])
        order.remove(best)
        kept.append(best)
        read |= shown[best]
    return sorted(kept)


def stream_of(ids: NDArray[np.int64]) -> Encoded:
    """An Encoded that holds token ids only: enough to cut windows."""
    none = np.zeros(0, dtype=np.int32)
    return Encoded(ids, none.astype(np.int8), none, none, _EMPTY, _EMPTY)


def positive_weights(targets: NDArray[np.float32], cap: float) -> NDArray[np.float32]:
    """Weight of a positive per label: sqrt(negatives / positives), between 1 and `cap`."""
    known = ~np.isnan(targets)
    positives = np.nansum(targets, axis=0)
    negatives = known.sum(0) - positives
    return np.clip(np.sqrt(negatives / np.maximum(positives, 1)), 1.0, cap).astype(np.float32)
