"""Fairness on gold/dev: how many reports keep their tags when only who writes, or how politely, changes.

python -m benchmarks.fairness --data ../shared/data
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.reread import Reader
from benchmarks.results import keep, table
from benchmarks.swapped import PAIRS
from data.labelled import read_labelled
from model.export import DEFAULT
from model.tagger import Tagger


def share(found: NDArray[Any]) -> float | None:
    """The mean; None where there is nothing of which it could be one."""
    return float(found.mean()) if len(found) else None


def main() -> None:
    """Measure and write the section `fairness`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/")
    parser.add_argument("--export", type=Path, default=DEFAULT)
    parser.add_argument("--every", type=int, default=1, help="take every so many reports only")
    args = parser.parse_args()
    reader = Reader(Tagger.load(args.export))
    dev = [row.report for row in read_labelled(args.data / "gold" / "dev.jsonl", reader.taxonomy)]
    dev = dev[:: args.every]
    rows, figures = [], {}
    for name, (one, other) in PAIRS.items():
        sides = [[edit(report) if edit else report for report in dev] for edit in (one, other)]
        differ = np.array([a != b for a, b in zip(*sides, strict=True)])
        scores = [reader.scores(side) for side in sides]
        same = np.stack(
            [
                (first[:, column] == second[:, column]).all(axis=1)
                for first, second in [[reader.given(side) for side in sides]]
                for _, column in reader.taxonomy.columns()
            ]
        )
        line = {
            "changed": int(differ.sum()),
            **{axis.id: share(same[place][differ]) for place, axis in enumerate(reader.taxonomy.axes)},
            "both": share(same.all(axis=0)[differ]),
            "moved": share(np.abs(scores[0] - scores[1])[differ]),
        }
        figures[name] = line
        rows.append([name, *("-" if figure is None else figure for figure in line.values())])
        print(rows[-1], flush=True)
    body = table(
        ["change", "reports that it changes", *(f"same {axis.id} tags" for axis in reader.taxonomy.axes),
         "same tags", "mean change of a score"], rows,
    )  # fmt: skip
    body += (
        f"\n\n{len(dev)} reports; shares are of those that the change touches, - where it touches none. "
        "The first four change what the report itself says of people and places, where it says anything; the "
        "others put a sentence before, into or behind every report."
    )
    command = "python -m benchmarks.fairness --data ../shared/data"
    command += f" --every {args.every}" if args.every > 1 else ""
    keep("fairness", "Fairness: the same matter, somebody else", command, body, figures)
    print(body)


if __name__ == "__main__":
    main()
