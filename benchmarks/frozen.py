"""Frozen: pooled states of labelled reports, computed once and kept under artifacts/.

    python -m benchmarks.frozen FILE.jsonl FOLDER [--part 0/2]

Parts are kept apart, so that several processes can share the work and an interrupted one goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.labelled import LabelledReport, read_labelled
from data.taxonomy import Taxonomy
from model.export import DEFAULT, TOKENIZER
from training.states import pooled_states

ENCODER = DEFAULT.parent / "encoder"
"""The pretrained encoder: unlike the Export's it has never seen gold's labels."""
KEPT = Path("artifacts/states")
PART = 250  # reports
TOKENS = 128
"""Of each report: enough for the comparison, at a third of the cost."""


def frozen_states(
    rows: Sequence[LabelledReport], folder: Path, only: tuple[int, int] = (0, 1)
) -> NDArray[np.float32]:
    """States [reports, width] of the first TOKENS tokens of each report.

    Args:
        rows: labelled reports; the labels are not looked at.
        folder: as `pooled_states` takes it.
        only: (k, n) computes every n-th part from the k-th on, for n processes.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    weights = sorted(path for path in folder.iterdir() if path.suffix in (".onnx", ".safetensors"))
    model = hashlib.sha256(b"".join(path.read_bytes() for path in [*weights, folder / TOKENIZER]))
    tables = []
    for number, start in enumerate(range(0, len(rows), PART)):
        if number % only[1] != only[0]:
            continue
        reports = [row.report for row in rows[start : start + PART]]
        name = model.copy()
        for report in reports:
            name.update(f"{report.title}\n{report.text}\0".encode())
        path = KEPT / f"{name.hexdigest()[:20]}-{TOKENS}.npy"
        if not path.is_file():
            part = path.with_suffix(f".{os.getpid()}.npy")
            np.save(part, pooled_states(reports, folder, TOKENS))
            part.replace(path)
        tables.append(np.load(path))
    return np.concatenate(tables)


def main() -> None:
    """Compute and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="labelled reports")
    parser.add_argument("folder", type=Path, help="an Export, run or encoder")
    parser.add_argument("--part", default="0/1", metavar="K/N")
    args = parser.parse_args()
    k, n = map(int, args.part.split("/"))
    frozen_states(list(read_labelled(args.file, Taxonomy.default())), args.folder, (k, n))


if __name__ == "__main__":
    main()
