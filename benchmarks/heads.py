"""The head: label-wise attention beside a [CLS] head on the same encoder, and the linear baseline.

    python -m benchmarks.heads --data ../shared/data [--seeds 1] [--only cls]

All learn from the 4,949 reports of gold/train alone, read blind, the networks for two epochs and without the
linear part, so that the head is what differs. A step reads one window of a long report: the first for [CLS],
which is judged by it too; for the attention one drawn, those with marked words first, and it is judged on
all. What was trained is kept in --out.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.recipes import ENCODER, gold_logits
from benchmarks.results import keep, table
from data.labelled import label_targets, read_labelled
from data.taxonomy import Taxonomy
from model.encode import plain
from model.export import DEFAULT, TAXONOMY
from training.baselines import svm_scores
from training.evaluate import of_scores

Floats = NDArray[np.float32]
HEADS: dict[str, tuple[str, dict[str, Any]]] = {
    "label-attention": ("label-wise attention (ours)", {}),
    "unmarked": ("the same without losses on marked words", {"evidence": 0.0, "token_evidence": 0.0}),
    "cls": ("[CLS]", {"head": "cls"}),
}
SVM = "TF-IDF + SVM"


def of_svm(data: Path, taxonomy: Taxonomy) -> Floats:
    """Decision values of the baseline on gold/dev [reports, labels]."""
    train, dev = (list(read_labelled(data / "gold" / f"{part}.jsonl", taxonomy)) for part in ("train", "dev"))
    targets = np.array([label_targets(row, taxonomy) for row in train], dtype=np.float32)
    texts, dev_texts = ([plain(row.report, True) for row in rows] for rows in (train, dev))
    return svm_scores(texts, targets, dev_texts)


def figures(scores: Floats, truth: Floats, taxonomy: Taxonomy) -> list[float]:
    """Per axis: cross-fitted macro-F1, and mean average precision."""
    return [
        figure
        for axis in of_scores(scores, truth, taxonomy).values()
        for figure in (axis.cross_fitted_macro_f1, axis.mean_average_precision)
    ]


def write(args: argparse.Namespace, taxonomy: Taxonomy, truth: Floats) -> None:
    """Write the section `heads` from what was trained."""
    rows: list[list[object]] = []
    for head, (name, _) in HEADS.items():
        runs = [np.load(file) for file in sorted(args.out.glob(f"{head}-*.npy"))]
        each = np.array([figures(logits, truth, taxonomy) for logits in runs])
        rows.append([name, len(runs), *(told(values) for values in each.T)])
    rows.append([SVM, "", *figures(of_svm(args.data, taxonomy), truth, taxonomy)])
    heads = ["head", "seeds"]
    for axis in taxonomy.axes:
        heads += [f"{axis.id} macro-F1, cross-fitted", "mean AP"]
    body = table(heads, rows) + (
        "\n\nOf 4,949 reports of gold/train alone, on 550 of gold/dev; networks: the encoder that ships, two "
        "epochs, one window of each report a step ([CLS]: the first, by which it is judged too), no linear "
        "part. Of several seeds: mean, smallest, largest."
    )
    keep("heads", "Heads", "python -m benchmarks.heads --data ../shared/data", body, {"rows": rows})
    print(body)


def told(values: Sequence[float]) -> str:
    """A mean, with its range where there are several."""
    mean = f"{np.mean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.3f} to {max(values):.3f})"


def main() -> None:
    """Train what is missing, measure, and write the section `heads`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", choices=HEADS, help="train this one, and write nothing")
    parser.add_argument("--out", type=Path, default=Path("artifacts/heads"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    taxonomy = Taxonomy.load(DEFAULT / TAXONOMY)
    for head in [args.only] if args.only else HEADS:
        for seed in range(args.seeds):
            kept = args.out / f"{head}-{seed}.npy"
            if not kept.is_file():
                np.save(kept, gold_logits(ENCODER, args.data, True, seed, **HEADS[head][1])[0])
    if not args.only:
        dev = read_labelled(args.data / "gold" / "dev.jsonl", taxonomy)
        write(args, taxonomy, np.array([label_targets(row, taxonomy) for row in dev], dtype=np.float32))


if __name__ == "__main__":
    main()
