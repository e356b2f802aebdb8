"""The wide part: a linear model over hashed character n-grams, beside the encoder.

Linear n-grams are strong on reports and cost microseconds. Features are TF-IDF of 1- to 3-grams (sublinear
counts, unit length), hashed to 22 bits so that hardly two share a bucket; only the buckets that enough
training texts had are kept. Training fits the weights, inference and evidence only read them. Its
contributions are additive, so evidence stays exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.figure import BadFigure

_MIX = np.uint64(0x9E3779B97F4A7C15)  # 64-bit golden ratio (Knuth, multiplicative hashing)
ORDERS = (1, 2, 3)


def fold(text: str) -> str:
    """The form that n-grams are taken from: lower case, every digit a 0, no spaces.

    One character stays one character, so positions still hold (spaces become a control character
    that no cleaned text contains and that is skipped).
    """
    return "".join(_fold_char(c) for c in text)


def _fold_char(char: str) -> str:
    if char.isdigit():
        return "0"
    if char.isspace():
        return "\x00"
    low = char.lower()
    return low if len(low) == 1 else char


def ngrams(text: str, bits: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Hash the n-grams of a text; return buckets, starts and orders, each [n].

    Spaces are skipped, so n-grams run across them; a start counts the other characters before it.
    """
    codes = _codes(text)
    codes = codes[codes != 0]
    buckets, starts, orders = [], [], []
    state = np.zeros(len(codes), dtype=np.uint64)
    for order in ORDERS:
        if len(codes) < order:
            break
        state = (state[: len(codes) - order + 1] + codes[order - 1 :] + np.uint64(order)) * _MIX
        state ^= state >> np.uint64(29)
        buckets.append((state >> np.uint64(64 - bits)).astype(np.int64))
        starts.append(np.arange(len(state)))
        orders.append(np.full(len(state), order))
    if not buckets:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, empty
    return np.concatenate(buckets), np.concatenate(starts), np.concatenate(orders)


def _codes(text: str) -> NDArray[np.uint64]:
    """Code points of the folded text [characters], 0 for spaces."""
    return np.frombuffer(fold(text).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)


@dataclass(frozen=True)
class Buckets:
    """The n-grams that training knows, by their hashes.

    Attributes:
        bits: hash width.
        ids: uint32 [n], the known buckets in rising order.
        idf: [n], inverse document frequency of each.
    """

    bits: int
    ids: NDArray[np.uint32]
    idf: NDArray[np.float16]

    def rows(self, buckets: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where each bucket stands in `ids`; -1 for one that training does not know."""
        if not self.ids.size:
            return np.full(buckets.shape, -1)
        at = np.minimum(np.searchsorted(self.ids, buckets.astype(np.uint32)), self.ids.size - 1)
        return np.where(self.ids[at] == buckets, at, -1)

    def known(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Row, start and order of each known n-gram of a text (see `ngrams`)."""
        buckets, starts, orders = ngrams(text, self.bits)
        rows = self.rows(buckets)
        kept = rows >= 0
        return rows[kept], starts[kept], orders[kept]

    def features(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Distinct rows of a text's n-grams and their unit-length TF-IDF values."""
        rows, counts = np.unique(self.known(text)[0], return_counts=True)
        return rows, self.weigh(rows, counts)

    def weigh(self, rows: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float32]:
        """(1 + log count) * idf of distinct rows, scaled to unit length."""
        values = (1 + np.log(counts)) * self.idf[rows].astype(np.float32)
        norm = float(np.sqrt((values**2).sum()))
        return (values / norm if norm else values).astype(np.float32)


@dataclass(frozen=True)
class Wide:
    """Weights of the wide part.

    Attributes:
        buckets: the n-grams it knows.
        weights: int8 [n, labels]; times `scale` [labels] they are the linear weights.
        bias: [labels].
    """

    buckets: Buckets
    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]

    def logits(self, text: str) -> NDArray[np.float32]:
        """Linear scores [labels]."""
        rows, values = self.buckets.features(text)
        return (values @ self.weights[rows].astype(np.float32)) * self.scale + self.bias

    def contributions(self, text: str, labels: NDArray[np.int64]) -> NDArray[np.float32]:
        """Each character's part of the linear scores [characters, labels]; they sum to logit - bias.

        An n-gram's part is shared equally by its occurrences, and by the characters of each.
        """
        rows, starts, orders = self.buckets.known(text)
        result = np.zeros((len(text), labels.size), dtype=np.float32)
        if rows.size == 0:
            return result
        distinct, inverse, counts = np.unique(rows, return_inverse=True, return_counts=True)
        values = self.buckets.weigh(distinct, counts)
        part = values[:, None] * self.weights[distinct][:, labels] * self.scale[labels] / counts[:, None]
        each = part[inverse] / orders[:, None]
        places = np.flatnonzero(_codes(text))
        for order in ORDERS:
            chosen = orders == order
            for step in range(order):
                np.add.at(result, places[starts[chosen] + step], each[chosen])
        return result

    def save(self, path: Path) -> None:
        """Write a compressed .npz."""
        np.savez_compressed(path, **self.arrays())

    def arrays(self) -> dict[str, Any]:
        """What is written; buckets as steps from one to the next, which take less room."""
        return {
            "bits": self.buckets.bits, "steps": np.diff(self.buckets.ids, prepend=np.uint32(0)),
            "idf": self.buckets.idf, "weights": self.weights, "scale": self.scale, "bias": self.bias,
        }  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> Wide:
        """Read what `save` wrote; nothing in it can run code.

        Raises:
            BadFigure: NaN or infinity, which would take every tag away.
        """
        with np.load(path, allow_pickle=False) as arrays:
            return cls.of(arrays)

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> Wide:
        """Take what `arrays` gave.

        Raises:
            BadFigure: NaN or infinity is among it.
        """
        ids = np.cumsum(arrays["steps"], dtype=np.uint32)
        idf, scale, bias = arrays["idf"], arrays["scale"], arrays["bias"]
        for name, found in (("idf", idf), ("scale", scale), ("bias", bias)):
            if not np.isfinite(found).all():
                raise BadFigure(f"{name} of the linear part holds NaN or infinity")
        return cls(Buckets(int(arrays["bits"]), ids, idf), arrays["weights"], scale, bias)
