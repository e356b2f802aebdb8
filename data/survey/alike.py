"""Alike: texts that say the same in nearly the same words, found without comparing all pairs."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WIDTH = 5  # code points of a shingle
LEAST = 0.8  # shared shingles of all, from where on two texts are alike
_BANDS, _ROWS = 16, 4  # a pair at 0.8 shares a band with probability 0.9998, one at 0.3 with 0.12
_MOST_COMPARED = (
    20  # texts of a bucket that a new one is compared with; forms that repeat would else cost squares
)
_PRIME = np.uint64((1 << 31) - 1)


def alike_groups(texts: Sequence[str], least: float = LEAST) -> list[list[int]]:
    """Group texts that are alike: places in `texts`, each group in order, groups of one left out.

    Case, width, white space and punctuation do not count. Equal texts are always found; nearly equal ones
    by MinHash over runs of five characters, each candidate pair checked by its true share.

    Args:
        texts: as received.
        least: share of common shingles, 0 to 1.
    """
    by_text: defaultdict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        by_text[letters(text)].append(place)
    distinct = [*by_text]
    above = [*range(len(distinct))]

    def root(node: int) -> int:
        while above[node] != node:
            above[node] = above[above[node]]
            node = above[node]
        return node

    buckets: defaultdict[tuple[int, bytes], list[int]] = defaultdict(list)
    shingles: list[NDArray[np.uint64]] = []
    for node, text in enumerate(distinct):
        mine = _shingles(text)
        shingles.append(mine)
        for band, key in enumerate(_keys(mine)):
            bucket = buckets[band, key]
            for other in bucket:
                if root(other) != root(node) and _share(shingles[other], mine) >= least:
                    above[root(node)] = root(other)
            if len(bucket) < _MOST_COMPARED:
                bucket.append(node)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for node, text in enumerate(distinct):
        groups[root(node)] += by_text[text]
    return sorted(sorted(group) for group in groups.values() if len(group) > 1)


def letters(text: str) -> str:
    """The letters and digits of a text, in one case and width: what two equal texts share."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def _shingles(text: str) -> NDArray[np.uint64]:
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    if len(codes) < WIDTH:
        return np.empty(0, dtype=np.uint64)
    sums = np.zeros(len(codes) - WIDTH + 1, dtype=np.uint64)
    for step in range(WIDTH):
        sums = sums * np.uint64(1_000_003) + codes[step : step + len(sums)]
    return np.unique(sums)


def _keys(shingles: NDArray[np.uint64]) -> list[bytes]:
    if not len(shingles):
        return []
    random = np.random.default_rng(0)
    count = _BANDS * _ROWS
    factor = random.integers(1, int(_PRIME), count, dtype=np.uint64)
    shift = random.integers(0, int(_PRIME), count, dtype=np.uint64)
    least = np.full(count, np.iinfo(np.uint64).max, dtype=np.uint64)
    # In pieces, so that a text of a million characters needs no gigabyte.
    for start in range(0, len(shingles), 4096):
        part = shingles[start : start + 4096] % _PRIME
        least = np.minimum(least, ((part[:, None] * factor + shift) % _PRIME).min(axis=0))
    return [least[band * _ROWS : (band + 1) * _ROWS].tobytes() for band in range(_BANDS)]


def _share(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)
