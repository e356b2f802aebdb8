"""The wide part: a linear model over hashed character n-grams, beside the encoder.

Linear n-grams are strong on reports and cost microseconds. Features are TF-IDF of all 1- to 3-grams
(sublinear counts, unit length), hashed into 2**bits buckets; training fits the weights, inference and
evidence only read them. Its contributions are additive, so evidence stays exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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
class Wide:
    """Weights of the wide part.

    Attributes:
        idf: inverse document frequency per bucket [2**bits], 0 where training never saw the bucket.
        weights: int8 [2**bits, labels]; times `scale` [labels] they are the linear weights.
        bias: [labels].
    """

    idf: NDArray[np.float16]
    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]

    @property
    def bits(self) -> int:
        """Hash width."""
        return int(self.idf.size).bit_length() - 1

    def features(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Distinct buckets and their unit-length TF-IDF values."""
        return tfidf(ngrams(text, self.bits)[0], self.idf)

    def logits(self, text: str) -> NDArray[np.float32]:
        """Linear scores [labels]."""
        buckets, values = self.features(text)
        return (values @ self.weights[buckets].astype(np.float32)) * self.scale + self.bias

    def contributions(self, text: str, labels: NDArray[np.int64]) -> NDArray[np.float32]:
        """Each character's part of the linear scores [characters, labels]; they sum to logit - bias.

        An n-gram's part is shared equally by its occurrences, and by the characters of each.
        """
        buckets, starts, orders = ngrams(text, self.bits)
        result = np.zeros((len(text), labels.size), dtype=np.float32)
        if buckets.size == 0:
            return result
        distinct, inverse, counts = np.unique(buckets, return_inverse=True, return_counts=True)
        values = _weigh(counts, self.idf[distinct])
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
        np.savez_compressed(path, idf=self.idf, weights=self.weights, scale=self.scale, bias=self.bias)

    @classmethod
    def load(cls, path: Path) -> Wide:
        """Read what `save` wrote; nothing in it can run code."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(arrays["idf"], arrays["weights"], arrays["scale"], arrays["bias"])


def tfidf(
    buckets: NDArray[np.int64], idf: NDArray[np.float16]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Distinct buckets and unit-length (1 + log count) * idf."""
    distinct, counts = np.unique(buckets, return_counts=True)
    return distinct, _weigh(counts, idf[distinct])


def _weigh(counts: NDArray[np.int64], idf: NDArray[np.float16]) -> NDArray[np.float32]:
    values = (1 + np.log(counts)) * idf.astype(np.float32)
    norm = float(np.sqrt((values**2).sum()))
    return (values / norm if norm else values).astype(np.float32)
