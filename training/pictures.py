"""Pictures of an evaluation: precision and recall, and which labels are taken for which."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import precision_recall_curve

from model.export import Export

if TYPE_CHECKING:
    from training.evaluate import Metrics


def draw(metrics: Metrics, export: Export, out: Path) -> list[Path]:
    """Write one precision-recall and one confusion picture per axis; return their paths."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    written = []
    for axis, columns in export.taxonomy.columns():
        known = ~np.isnan(metrics.targets[:, columns.start])
        scores, truth = metrics.scores[known][:, columns], metrics.targets[known][:, columns]
        if not len(truth):
            continue
        figure, plot = pyplot.subplots(figsize=(7, 6))
        for place, (label, s, y) in enumerate(zip(axis.labels, scores.T, truth.T, strict=True)):
            if y.sum():
                precision, recall, _ = precision_recall_curve(y, s)
                # Ten colours come round again: dashed from then on.
                line = ("-", "--", ":")[place // 10 % 3]
                plot.plot(recall, precision, line, label=f"{label.id} ({int(y.sum())})", linewidth=1)
        plot.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02), title=axis.id)
        plot.legend(fontsize=7, loc="lower left")
        written.append(_save(figure, out / f"{axis.id}-precision-recall.png"))

        # Row: a true label; column: the mean score that its reports get on each label.
        confusion = np.stack(
            [
                scores[truth[:, i] == 1].mean(axis=0) if truth[:, i].any() else np.zeros(scores.shape[1])
                for i in range(truth.shape[1])
            ]
        )
        figure, plot = pyplot.subplots(figsize=(7, 6))
        image = plot.imshow(confusion, vmin=0, vmax=1, cmap="Blues")
        ticks, names = range(len(axis.labels)), [label.id for label in axis.labels]
        plot.set_xticks(ticks, names, rotation=60, ha="right", fontsize=7)
        plot.set_yticks(ticks, names, fontsize=7)
        plot.set(title=f"{axis.id}: mean score (column)\nof reports that have a label (row)")
        figure.colorbar(image)
        written.append(_save(figure, out / f"{axis.id}-confusion.png"))
    return written


def _save(figure, path: Path) -> Path:  # type: ignore[no-untyped-def]
    from matplotlib import pyplot

    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return path
