"""Texts in nearly the same words: our own MinHash beside datasketch's, on invented reports.

pip install datasketch; python -m benchmarks.alike
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from data.readers import read_reports
from data.report import Report
from data.survey.alike import LEAST, WIDTH, alike_groups, letters

SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "reports.jsonl"
COPIES = 4
_BANDS, _ROWS = 16, 4


def main() -> None:
    """Group the sample reports with changed copies of them, both ways, and say what it took."""
    texts = with_copies([row.text for row in read_reports(SAMPLE) if isinstance(row, Report)])
    print(f"{len(texts)} texts, {sum(map(len, texts))} characters")
    ours, theirs = _timed("own", alike_groups, texts), _timed("datasketch", datasketch_groups, texts)
    print(f"{len(ours)} groups, {len(theirs)} with datasketch; the same: {ours == theirs}")


def with_copies(texts: Sequence[str], seed: int = 0) -> list[str]:
    """The texts, and four copies of each, of which 1 to 8 % of the characters are others."""
    dice = random.Random(seed)
    found = [*texts]
    for text in texts:
        for _ in range(COPIES):
            copy = [*text]
            for _ in range(max(1, len(text) * dice.randint(1, 8) // 100)):
                copy[dice.randrange(len(copy))] = dice.choice("的一是了我不人在他有")
            found.append("".join(copy))
    return found


def datasketch_groups(texts: Sequence[str]) -> list[list[int]]:
    """The same as `alike_groups`, the candidates from datasketch's index."""
    from datasketch import MinHash, MinHashLSH

    by_text: defaultdict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        by_text[letters(text)].append(place)
    index = MinHashLSH(num_perm=_BANDS * _ROWS, params=(_BANDS, _ROWS))
    group = [*range(len(by_text))]
    shingles: list[set[str]] = []
    for node, text in enumerate(by_text):
        mine = {text[start : start + WIDTH] for start in range(len(text) - WIDTH + 1)}
        shingles.append(mine)
        if not mine:
            continue
        hashed = MinHash(_BANDS * _ROWS)
        hashed.update_batch([each.encode() for each in mine])
        for other in index.query(hashed):
            if len(shingles[other] & mine) / len(shingles[other] | mine) >= LEAST:
                group = [group[node] if each == group[other] else each for each in group]
        index.insert(node, hashed)
    found: defaultdict[int, list[int]] = defaultdict(list)
    for node, places in enumerate(by_text.values()):
        found[group[node]] += places
    return sorted(sorted(places) for places in found.values() if len(places) > 1)


def _timed(
    name: str, work: Callable[[Sequence[str]], list[list[int]]], texts: Sequence[str]
) -> list[list[int]]:
    start = time.process_time()
    found = work(texts)
    print(f"{name}: {time.process_time() - start:.2f} s of CPU")
    return found


if __name__ == "__main__":
    main()
