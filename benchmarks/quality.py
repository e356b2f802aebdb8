"""Tags on gold/dev: the Export beside TF-IDF + SVM on the same rows, and beside a [CLS] head.

python -m benchmarks.quality --data ../shared/data [--export model/default] [--cls RUN/export]
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.more_labels import SECOND_READING, write_joined
from benchmarks.results import keep, table
from data.labelled import LabelledReport, label_targets, read_labelled
from model.export import DEFAULT
from model.tagger import Tagger
from training.baselines import svm_scores
from training.evaluate import AxisMetrics, evaluate, of_scores
from training.trained_on import read_train

MORE, SECOND = Path("artifacts/more.jsonl"), Path("artifacts/second.jsonl")
CONTRAST = sorted(Path("training/contrast").glob("*.jsonl"))


def screening_curve(scores: np.ndarray, truth: np.ndarray) -> list[tuple[float, float, float]]:
    """(recall, share of reports read, precision) when reading from the highest score down."""
    real = truth.any(axis=1)
    order = np.argsort(-scores.max(axis=1))
    found = np.cumsum(real[order])
    rows = []
    for recall in (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0):
        at = int(np.searchsorted(found / real.sum(), recall - 1e-9)) + 1
        rows.append((recall, at / len(real), float(found[at - 1]) / at))
    return rows


def texts_of(rows: Sequence[LabelledReport], tagger: Tagger) -> list[str]:
    """Cleaned title and body: every model reads the same text."""
    return [encoded.plain for encoded in tagger.encoder.encode([row.report for row in rows])]


def _row(name: str, axes: dict[str, AxisMetrics]) -> list[object]:
    cells: list[object] = [name]
    for axis in axes.values():
        low, high = axis.macro_interval
        cells += [
            f"{axis.macro_f1:.3f} [{low:.3f}, {high:.3f}]", axis.cross_fitted_macro_f1,
            axis.cross_fitted_micro_f1, axis.mean_average_precision,
        ]  # fmt: skip
    return cells


def main() -> None:
    """Measure and write the section `quality`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/")
    parser.add_argument(
        "--labelled", type=Path, nargs="*", default=CONTRAST, help="further labelled files trained on"
    )
    parser.add_argument(
        "--leave-out",
        nargs="*",
        default=[],
        help="patterns of those that ours did not learn from",
    )
    parser.add_argument("--gold-only", action="store_true", help="leave more_labels.jsonl out")
    parser.add_argument("--export", type=Path, default=DEFAULT)
    parser.add_argument("--cls", type=Path, help="Export of the same encoder with a [CLS] head")
    args = parser.parse_args()
    tagger = Tagger.load(args.export)
    taxonomy = tagger.export.taxonomy
    dev = list(read_labelled(args.data / "gold" / "dev.jsonl", taxonomy))
    left = [file for file in args.labelled if any(map(file.match, args.leave_out))]
    files = [args.data / "gold" / "train.jsonl", *(file for file in args.labelled if file not in left)]
    if not args.gold_only:
        write_joined([args.data / "reports", args.data / "teddy7"], MORE)
        write_joined(files[:1], SECOND, SECOND_READING)
        files += [MORE, SECOND]
    train = read_train(files, dev, taxonomy).rows

    models = {"ours": evaluate(tagger, dev).axes}
    if args.cls:
        models["same encoder, [CLS] head"] = evaluate(Tagger.load(args.cls), dev).axes
    targets = np.array([label_targets(row, taxonomy) for row in train], dtype=np.float32)
    truth = np.array([label_targets(row, taxonomy) for row in dev], dtype=np.float32)
    curves = {"ours": screening_curve(*_screened(tagger.scores([r.report for r in dev]), truth, taxonomy))}
    for balanced in (False, True):
        scores = svm_scores(texts_of(train, tagger), targets, texts_of(dev, tagger), balanced)
        name = "TF-IDF + SVM, balanced" if balanced else "TF-IDF + SVM"
        models[name] = of_scores(scores, truth, taxonomy)
        curves[name] = screening_curve(*_screened(scores, truth, taxonomy))
    heads = ["model"]
    for axis in taxonomy.axes:
        heads += [f"{axis.id} macro-F1", "cross-fitted", "micro, cross-fitted", "mean AP"]
    body = table(heads, [_row(name, axes) for name, axes in models.items()])
    body += (
        f"\n\n{len(train)} labelled reports for the SVMs (ours: see its card), {len(dev)} dev "
        "reports. The first macro-F1 uses thresholds chosen on these very dev reports (ours: these ship; "
        "SVM: the best for each label), with 95 % bootstrap intervals; cross-fitted ones come from other "
        "folds of dev, so they are what new reports would see.\n\n"
        "### Screening for any misconduct\n\n"
    )
    body += table(
        ["recall", *(f"{name}: share read" for name in curves), *(f"{name}: precision" for name in curves)],
        [
            [f"{points[0][0]:.2f}", *(p[1] for p in points), *(p[2] for p in points)]
            for points in zip(*curves.values(), strict=True)
        ],
    )
    ours = models["ours"]
    for axis in ours.values():
        body += f"\n\n### {axis.axis.id}, per label\n\n" + table(
            ["label", "precision", "recall", "F1", "average precision", "SVM average precision", "support"],
            [
                [
                    label, v["precision"], v["recall"], v["f1"], v["average_precision"],
                    models["TF-IDF + SVM"][axis.axis.id].labels[label]["average_precision"],
                    int(v["support"]),
                ]
                for label, v in axis.labels.items()
            ],
        )  # fmt: skip
    figures = {name: {k: a.summary() for k, a in axes.items()} for name, axes in models.items()}
    command = "python -m benchmarks.quality --data ../shared/data"
    if left:
        command += f" --leave-out {shlex.join(args.leave_out)}"
        body += f"\n\nNot learned from: {', '.join(file.name for file in left)}."
    keep("quality", "Tags on gold/dev", command, body, figures)
    print(body)


def _screened(scores, truth, taxonomy):  # type: ignore[no-untyped-def]
    columns = dict((axis.id, c) for axis, c in taxonomy.columns())["misconduct"]
    return scores[:, columns], truth[:, columns]


if __name__ == "__main__":
    main()
