"""Calibration on gold/dev: how far scores are from the shares that come true, before and after.

    python -m benchmarks.calibration --data ../shared/data --picture docs/pictures/calibration.png \\
        --labels-picture docs/pictures/calibration-labels.png

After is told twice: by the calibration that ships, which was fitted on these very reports, and by one that
was fitted on the other four fifths of them; the second is what to expect elsewhere.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.results import keep, table
from data.labelled import label_targets, read_labelled
from data.taxonomy import Axis, Taxonomy
from model.export import DEFAULT
from model.tagger import Tagger
from training.calibrate import platt, temperature
from training.evaluate import calibration_error

Floats = NDArray[np.float32]
FOLDS, SAMPLES, BINS = 5, 1000, 10
BEFORE, SHIPPED, OTHER_FOLDS = NAMES = ("before", "as shipped", "fitted on other folds")
OF_A_LABEL = (5, 5)  # bins of a label's diagram, and the scores that one must hold: few are near the middle
ACROSS = 5  # diagrams beside each other
Scored = tuple[Mapping[str, Floats], Floats]
"""Name of a calibration -> scores [reports, labels], and what is so [reports, labels]."""


def main() -> None:
    """Measure, draw and write the section `calibration`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/")
    parser.add_argument("--export", type=Path, default=DEFAULT)
    parser.add_argument("--picture", type=Path, help="where the reliability diagrams of the axes go")
    parser.add_argument("--labels-picture", type=Path, help="where those of the labels go")
    args = parser.parse_args()
    tagger = Tagger.load(args.export)
    taxonomy = tagger.export.taxonomy
    dev = list(read_labelled(args.data / "gold" / "dev.jsonl", taxonomy))
    logits = tagger.logits([row.report for row in dev])
    truth = np.array([label_targets(row, taxonomy) for row in dev], dtype=np.float32)
    drawn: dict[str, Scored] = {}
    rows, figures = [], {}
    for axis, column in taxonomy.columns():
        known = ~np.isnan(truth[:, column.start])
        x, y = logits[known][:, column], truth[known][:, column]
        scores = {
            BEFORE: raw(x, axis),
            SHIPPED: tagger.export.decisions[axis.id].scores(x, axis.kind),
            OTHER_FOLDS: cross_fitted(x, y, axis),
        }
        drawn[axis.id] = scores, y
        for name, found in scores.items():
            line = {"labels": interval(found, y, by_label), "pooled": interval(found, y, pooled)}
            line["brier"] = interval(found, y, brier)
            figures[f"{axis.id}, {name}"] = line
            rows.append([axis.id, name, *(told(line[key]) for key in ("labels", "pooled", "brier"))])
    body = table(["axis", "scores", "error, mean of the labels", "error, all labels together", "Brier"], rows)
    body += (
        f"\n\n{len(dev)} reports; expected calibration error over {BINS} bins of equal width; in parentheses "
        f"95 % intervals of {SAMPLES} bootstrap samples of reports. Before: sigmoid or softmax of the "
        "logits. A sample's error is larger than that of all reports by its luck, most where a label is "
        "rare, so the intervals lie high."
    )
    lines = [line for axis, found in drawn.items() for line in each_label(taxonomy.axis(axis), *found)]
    figures["labels"] = {f"{axis}:{label}": line for axis, label, line in lines}
    body += "\n\n### Per label\n\n" + table(
        ["axis", "label", "reports", *NAMES],
        [
            [axis, label, line["reports"], *(told(line[name]) for name in NAMES)]
            for axis, label, line in lines
        ],
    )
    keep(
        "calibration", "Calibration of the scores", "python -m benchmarks.calibration --data ../shared/data",
        body, figures,
    )  # fmt: skip
    print(body)
    if args.picture is not None:
        draw(drawn, args.picture)
    if args.labels_picture is not None:
        draw(one_label_each(drawn, taxonomy), args.labels_picture, OF_A_LABEL)


def each_label(
    axis: Axis, scores: Mapping[str, Floats], truth: Floats
) -> list[tuple[str, str, dict[str, Any]]]:
    """Per label: axis, label, and its calibration errors with how many reports have it."""
    found = []
    for at, label in enumerate(axis.label_ids):
        line: dict[str, Any] = {"reports": int(truth[:, at].sum())}
        for name in NAMES:
            line[name] = interval(scores[name][:, [at]], truth[:, [at]], pooled)
        found.append((axis.id, label, line))
    return found


def one_label_each(drawn: Mapping[str, Scored], taxonomy: Taxonomy) -> dict[str, Scored]:
    """The same for each label by itself."""
    return {
        label: ({name: scores[name][:, [at]] for name in NAMES}, truth[:, [at]])
        for axis, (scores, truth) in drawn.items()
        for at, label in enumerate(taxonomy.axis(axis).label_ids)
    }


def raw(logits: Floats, axis: Axis) -> Floats:
    """What the logits would say without calibration."""
    if axis.kind == "one":
        x = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(x / x.sum(axis=1, keepdims=True))
    return np.asarray(1 / (1 + np.exp(-logits)))


def cross_fitted(logits: Floats, truth: Floats, axis: Axis) -> Floats:
    """Scores of each report by a calibration that did not see it."""
    fold = np.random.default_rng(0).integers(0, FOLDS, len(truth))
    scores = np.zeros_like(logits)
    for k in range(FOLDS):
        out = fold == k
        if axis.kind == "one":
            scores[out] = raw(logits[out] * temperature(logits[~out], truth[~out]), axis)
            continue
        for i in range(truth.shape[1]):
            slope, offset = platt(logits[~out, i], truth[~out, i])
            scores[out, i] = 1 / (1 + np.exp(-(logits[out, i] * slope + offset)))
    return scores


def by_label(scores: Floats, truth: Floats) -> float:
    """Mean of the labels' expected calibration errors."""
    return float(np.mean([calibration_error(s, y, BINS) for s, y in zip(scores.T, truth.T, strict=True)]))


def pooled(scores: Floats, truth: Floats) -> float:
    """Expected calibration error over the scores of all labels."""
    return calibration_error(scores.ravel(), truth.ravel(), BINS)


def brier(scores: Floats, truth: Floats) -> float:
    """Mean squared distance of scores from what is so."""
    return float(((scores - truth) ** 2).mean())


def interval(scores: Floats, truth: Floats, measure) -> tuple[float, float, float]:  # type: ignore[no-untyped-def]
    """The figure, and where it lies in the middle 95 % of bootstrap samples."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(SAMPLES):
        chosen = rng.integers(0, len(truth), len(truth))
        found.append(measure(scores[chosen], truth[chosen]))
    low, high = np.quantile(found, [0.025, 0.975])
    return measure(scores, truth), float(low), float(high)


def told(figure: tuple[float, float, float]) -> str:
    """0.021 (0.018, 0.030)."""
    return f"{figure[0]:.3f} ({figure[1]:.3f}, {figure[2]:.3f})"


def draw(drawn: Mapping[str, Scored], path: Path, how: tuple[int, int] = (BINS, 1)) -> None:
    """Reliability diagrams, one of each axis or label; bars are bootstrap intervals.

    Args:
        how: bins, and the scores that one must hold to be drawn.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    across = min(ACROSS, len(drawn))
    down = -(-len(drawn) // across)
    side = 5 if down == 1 else 3
    figure, plots = pyplot.subplots(down, across, figsize=(side * across, 0.92 * side * down), squeeze=False)
    for empty in plots.flat[len(drawn) :]:
        empty.set_axis_off()
    for plot, (axis, (scores, truth)) in zip(plots.flat, drawn.items(), strict=False):
        plot.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
        for name, colour in ((BEFORE, "tab:orange"), (OTHER_FOLDS, "tab:blue")):
            at, share, low, high = reliability(scores[name], truth, *how)
            bars = [share - low, high - share]
            plot.errorbar(at, share, bars, marker="o", markersize=4, capsize=2, color=colour, label=name)
        plot.set(xlabel="score", ylabel="share that is so", xlim=(0, 1), ylim=(0, 1), title=axis)
        if down == 1 or plot is plots.flat[0]:
            plot.legend(loc="upper left", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    pyplot.close(figure)


def reliability(
    scores: Floats, truth: Floats, bins: int, least: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Per bin with at least so many scores: mean score, share that is so, and the share's interval."""
    rng = np.random.default_rng(0)

    def shares(s: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
        place = np.minimum((s * bins).astype(int), bins - 1).ravel()
        count = np.bincount(place, minlength=bins)
        with np.errstate(invalid="ignore"):
            mean = np.bincount(place, s.ravel(), bins) / count
            return mean, np.bincount(place, y.ravel(), bins) / count, count

    at, share, count = shares(scores, truth)
    drawn = []
    for _ in range(SAMPLES):
        chosen = rng.integers(0, len(truth), len(truth))
        drawn.append(shares(scores[chosen], truth[chosen])[1])
    with warnings.catch_warnings():  # a bin that is empty in all samples is left out below
        warnings.simplefilter("ignore", RuntimeWarning)
        low, high = np.nanquantile(drawn, [0.025, 0.975], axis=0)
    full = count >= least
    return at[full], share[full], np.minimum(low, share)[full], np.maximum(high, share)[full]


if __name__ == "__main__":
    main()
