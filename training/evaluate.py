"""Measure an Export on labelled reports, always through Tagger: what is measured is what is served.

    python -m training.evaluate --export model/default --file dev.jsonl [--out FOLDER] \
        [--baseline train.jsonl ...]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from data.errors import EmptyFile, NoLabels
from data.labelled import LabelledReport, label_targets, read_labelled
from data.report import Report
from data.taxonomy import Axis, Taxonomy
from model.encode import plain
from model.prediction import Prediction
from model.tagger import Tagger
from training.baselines import svm_scores
from training.measured import beside, table, write_report
from training.scores import cross_fitted, decide, f1, fit_thresholds
from training.tracking import joined
from training.trained_on import read_train

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
SAMPLES = 1000


@dataclass(frozen=True)
class AxisMetrics:
    """Figures of one axis over the reports that label it. Shares and scores lie in 0..1."""

    axis: Axis
    reports: int
    macro_f1: float
    macro_interval: tuple[float, float]
    micro_f1: float
    micro_interval: tuple[float, float]
    cross_fitted_macro_f1: float
    """With thresholds fitted on other folds: what new data would see where `file` also set thresholds."""
    cross_fitted_micro_f1: float
    exact_match: float
    mean_average_precision: float
    calibration_error: float
    labels: dict[str, dict[str, float]]
    any_label: dict[str, float]
    """Screening: does the report have any label here? average precision, precision at recall 0.95."""
    slices: dict[str, dict[str, float]]

    @property
    def absent(self) -> tuple[str, ...]:
        """Labels that no report has; each counts as 0 in a macro-F1."""
        return tuple(label for label, row in self.labels.items() if not row["support"])

    @property
    def macro_f1_of_present(self) -> float:
        """Macro-F1 over the labels that some report has; not a number where none has any."""
        found = [row["f1"] for row in self.labels.values() if row["support"]]
        return float(np.mean(found)) if found else float("nan")

    def summary(self, slices: bool = True) -> dict[str, Any]:
        """JSON shape.

        Args:
            slices: with them, and so with the names of sources.
        """
        shape: dict[str, Any] = {
            "reports": self.reports,
            "macro_f1": round(self.macro_f1, 4),
            "macro_f1_interval": [round(x, 4) for x in self.macro_interval],
            "micro_f1": round(self.micro_f1, 4),
            "micro_f1_interval": [round(x, 4) for x in self.micro_interval],
            "cross_fitted_macro_f1": round(self.cross_fitted_macro_f1, 4),
            "cross_fitted_micro_f1": round(self.cross_fitted_micro_f1, 4),
            "exact_match": round(self.exact_match, 4),
            "mean_average_precision": _rounded(self.mean_average_precision),
            "calibration_error": round(self.calibration_error, 4),
            "any_label": {k: round(v, 4) for k, v in self.any_label.items()},
            "labels": {k: {n: _rounded(x) for n, x in v.items()} for k, v in self.labels.items()},
            "absent": list(self.absent),
            "macro_f1_of_present": _rounded(self.macro_f1_of_present),
        }
        if slices:
            shape["slices"] = {k: {n: round(x, 4) for n, x in v.items()} for k, v in self.slices.items()}
        return shape


def _rounded(value: float) -> float | None:
    """Four places; None where there is no such figure, because JSON knows no NaN."""
    return None if value != value else round(value, 4)


@dataclass(frozen=True)
class Metrics:
    """Figures of all axes, and the tables that they were computed from."""

    axes: dict[str, AxisMetrics]
    review_share: float
    scores: Floats = field(repr=False)
    targets: Floats = field(repr=False)

    def summary(self, slices: bool = True) -> dict[str, Any]:
        """JSON shape; with the names of sources where `slices`."""
        return {
            "review_share": round(self.review_share, 4),
            "axes": {name: axis.summary(slices) for name, axis in self.axes.items()},
        }


def evaluate(tagger: Tagger, rows: Sequence[LabelledReport]) -> Metrics:
    """Tag the reports and compare with their labels."""
    taxonomy = tagger.export.taxonomy
    reports = [row.report for row in rows]
    targets = np.array([label_targets(row, taxonomy) for row in rows], dtype=np.float32)
    scores, predictions = _read(tagger, reports)
    axes = {}
    for axis, columns in taxonomy.columns():
        known = ~np.isnan(targets[:, columns.start])
        if not known.any():
            continue
        names = [[tag.label for tag in p.tags[axis.id]] for p, k in zip(predictions, known, strict=True) if k]
        given = np.array([[label in found for label in axis.label_ids] for found in names])
        kept = [row for row, k in zip(rows, known, strict=True) if k]
        axes[axis.id] = axis_metrics(axis, scores[known][:, columns], targets[known][:, columns], given, kept)
    review = float(np.mean([p.needs_review for p in predictions]))
    return Metrics(axes, review, scores, targets)


def _read(tagger: Tagger, reports: Sequence[Report]) -> tuple[Floats, list[Prediction]]:
    """Scores and predictions of one reading, with a bar."""
    from tqdm import tqdm

    scores, predictions = [], []
    with tqdm(total=len(reports), desc="打标", unit="件", leave=False, disable=None) as bar:
        for some, told in tagger.scored(reports):
            scores.append(some)
            predictions += told
            bar.update(len(told))
    return np.concatenate(scores), predictions


def of_scores(scores: Floats, truth: Floats, taxonomy: Taxonomy) -> dict[str, AxisMetrics]:
    """Figures of scores [reports, labels] without thresholds: these are the best on these very reports."""
    axes = {}
    for axis, columns in taxonomy.columns():
        known = ~np.isnan(truth[:, columns.start])
        if known.any():
            mine, real = scores[known][:, columns], truth[known][:, columns]
            given = decide(mine, axis, fit_thresholds(mine, real))
            axes[axis.id] = axis_metrics(axis, mine, real, given)
    return axes


def of_svm(
    tagger: Tagger, learned: Sequence[LabelledReport], rows: Sequence[LabelledReport]
) -> dict[str, AxisMetrics]:
    """Figures of the baseline: TF-IDF and a linear SVM for each label, on texts as the Export reads them."""
    export = tagger.export
    texts, read = ([plain(row.report, export.blind) for row in some] for some in (learned, rows))
    targets, truth = (
        np.array([label_targets(row, export.taxonomy) for row in some], dtype=np.float32)
        for some in (learned, rows)
    )
    return of_scores(svm_scores(texts, targets, read), truth, export.taxonomy)


def axis_metrics(
    axis: Axis, scores: Floats, truth: Floats, given: Bools, rows: Sequence[LabelledReport] = ()
) -> AxisMetrics:
    """Figures of one axis from scores, truth and given labels, each [reports, labels]."""
    # Not sklearn's: it takes an axis of one label for two classes, and averages both.
    both, real, said = (truth.astype(bool) & given).sum(0), truth.sum(0), given.sum(0)
    precision, recall = both / np.maximum(said, 1), both / np.maximum(real, 1)
    precise = [
        average_precision_score(y, s) if y.sum() > 0 else float("nan")
        for s, y in zip(scores.T, truth.T, strict=True)
    ]
    labels = {
        label.id: {
            "precision": float(precision[i]), "recall": float(recall[i]),
            "f1": float(2 * both[i] / max(real[i] + said[i], 1)), "support": float(real[i]),
            "average_precision": float(precise[i]),
            "calibration_error": calibration_error(scores[:, i], truth[:, i]),
        }
        for i, label in enumerate(axis.labels)
    }  # fmt: skip
    fitted = [cross_fitted(scores, truth, axis, seed=seed) for seed in range(5)]
    return AxisMetrics(
        axis=axis,
        reports=len(truth),
        macro_f1=f1(truth, given, "macro"),
        macro_interval=bootstrap(truth, given, "macro"),
        micro_f1=f1(truth, given, "micro"),
        micro_interval=bootstrap(truth, given, "micro"),
        cross_fitted_macro_f1=float(np.mean([f1(truth, g, "macro") for g in fitted])),
        cross_fitted_micro_f1=float(np.mean([f1(truth, g, "micro") for g in fitted])),
        exact_match=float((truth.astype(bool) == given).all(axis=1).mean()),
        mean_average_precision=float(np.mean([x for x in precise if x == x] or [float("nan")])),
        calibration_error=float(np.mean([row["calibration_error"] for row in labels.values()])),
        labels=labels,
        any_label=screening(scores, truth) if axis.kind == "many" else {},
        slices=_slices(truth, given, rows),
    )


def bootstrap(truth: Floats, given: Bools, average: str) -> tuple[float, float]:
    """95 % interval of the F1 over resampled reports (Efron's percentile bootstrap)."""
    rng = np.random.default_rng(0)
    hit = (truth.astype(bool) & given).astype(np.float32)
    counts = rng.multinomial(len(truth), np.full(len(truth), 1 / len(truth)), SAMPLES).astype(np.float32)
    both, said, real = counts @ hit, counts @ given.astype(np.float32), counts @ truth
    if average == "micro":
        both, said, real = (x.sum(1, keepdims=True) for x in (both, said, real))
    values = (2 * both / np.maximum(said + real, 1e-9)).mean(1)
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def calibration_error(scores: Floats, truth: Floats, bins: int = 10) -> float:
    """Expected calibration error of one label over equal-width bins (Naeini et al. 2015)."""
    index = np.minimum((scores * bins).astype(int), bins - 1)
    total = 0.0
    for k in range(bins):
        inside = index == k
        if inside.any():
            total += inside.mean() * abs(float(scores[inside].mean()) - float(truth[inside].mean()))
    return float(total)


def screening(scores: Floats, truth: Floats, recall: float = 0.95) -> dict[str, float]:
    """How well the largest score finds the reports with any label.

    Returns:
        average_precision; precision and share_read (reports above the border) at the given recall.
    """
    real: Bools = np.asarray(truth.any(axis=1))
    largest = scores.max(axis=1)
    if not real.any():
        return {}
    order = np.argsort(-largest)
    found = np.cumsum(real[order]) / real.sum()
    at = int(np.searchsorted(found, recall - 1e-9))
    return {
        "average_precision": float(average_precision_score(real, largest)),
        "precision_at_recall_0.95": float(real[order][: at + 1].mean()),
        "share_read_at_recall_0.95": (at + 1) / len(real),
    }


def _slices(truth: Floats, given: Bools, rows: Sequence[LabelledReport]) -> dict[str, dict[str, float]]:
    if not rows:
        return {}
    tests: dict[str, Callable[[LabelledReport], str]] = {
        "source": lambda row: row.source or "unnamed",
        "length": lambda row: _length_band(len(row.report.text)),
        "title": lambda row: "with title" if row.report.title else "without title",
    }
    result = {}
    for name, test in tests.items():
        values = np.array([test(row) for row in rows])
        for value in sorted(set(values)):
            chosen = values == value
            result[f"{name}={value}"] = {
                "reports": float(chosen.sum()),
                "micro_f1": f1(truth[chosen], given[chosen], "micro"),
            }
    return result


def _length_band(length: int) -> str:
    for border in (100, 300, 1000):
        if length < border:
            return f"under {border}"
    return "1000 and more"


def main() -> None:
    """Evaluate an Export from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--export", type=Path, required=True)
    parser.add_argument("--file", type=Path, required=True, help="labelled JSONL")
    parser.add_argument("--out", type=Path, help="folder for metrics.json, metrics.md, worst.jsonl, pictures")
    parser.add_argument("--baseline", type=Path, nargs="+", default=[], metavar="FILE",
                        help="labelled JSONL that a linear SVM learns from, to be measured beside; those of "
                             "--file are left out")  # fmt: skip
    args = parser.parse_args()
    tagger = Tagger.load(args.export)
    taxonomy = tagger.export.taxonomy
    rows = list(read_labelled(args.file, taxonomy))
    if not rows:
        raise EmptyFile(f"{args.file}: there is nothing in it; give labelled reports, one JSON object a line")
    if not any(held is not None for row in rows for held in row.labels.values()):
        raise NoLabels(f"{args.file}: no report has labels of this taxonomy; see petition taxonomy")
    metrics = evaluate(tagger, rows)
    print(table(metrics))
    said, svm = "", dict[str, AxisMetrics]()
    if args.baseline:
        learned = read_train(args.baseline, rows, taxonomy).rows
        if not learned:
            raise EmptyFile(f"{args.baseline[0]}: no report beside those of {args.file}; give others")
        svm = of_svm(tagger, learned, rows)
        said = beside(metrics.axes, svm, len(learned))
        print(said)
    if args.out:
        write_report(metrics, rows, tagger, args.out, said)
    with joined() as record, TemporaryDirectory() as aside:
        if record is not None:
            record.metrics(metrics.summary())
            record.figures({f"{name}_svm_macro_f1": axis.cross_fitted_macro_f1 for name, axis in svm.items()})
            # Not --out, which may hold other files, reports among them.
            write_report(metrics, rows, tagger, Path(aside), said)
            record.files(Path(aside), "report")


if __name__ == "__main__":
    main()
