"""An evaluation in writing: Markdown, JSON, pictures, and the surest errors by their ids."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data.labelled import LabelledReport
from data.privacy.masked_report import ReportMasker
from model.tagger import Tagger

if TYPE_CHECKING:
    from training.evaluate import AxisMetrics, Metrics


def worst_cases(
    metrics: Metrics, rows: Sequence[LabelledReport], tagger: Tagger, most: int = 200
) -> list[dict[str, Any]]:
    """The surest errors, worst first: id, axis, label, score, truth. No text: ids lead to it.

    An id that is an identifier is covered.
    """
    found = []
    masker = ReportMasker()
    for axis, columns in tagger.export.taxonomy.columns():
        decision = tagger.export.decisions[axis.id]
        scores, truth = metrics.scores[:, columns], metrics.targets[:, columns]
        given = decision.given(scores, axis.kind)
        for i, j in zip(*np.nonzero((given != (truth == 1)) & ~np.isnan(truth)), strict=True):
            margin = abs(float(scores[i, j]) - float(decision.thresholds[j]))
            found.append((margin, {
                "id": masker.id(rows[i].report), "axis": axis.id, "label": axis.labels[j].id,
                "score": round(float(scores[i, j]), 4), "truth": bool(truth[i, j]),
            }))  # fmt: skip
    found.sort(key=lambda pair: -pair[0])
    return [case for _, case in found[:most]]


def table(metrics: Metrics) -> str:
    """The figures as Markdown."""
    lines: list[str] = []
    for name, axis in metrics.axes.items():
        low, high = axis.macro_interval
        absent = (
            [f"no report here has {', '.join(axis.absent)}: each counts as 0 in every macro-F1; over the "
             f"other labels it is {axis.macro_f1_of_present:.3f}", ""]
            if axis.absent
            else []
        )  # fmt: skip
        lines += [
            f"### {name} ({axis.reports} reports)", "",
            f"macro-F1 {axis.macro_f1:.3f} [{low:.3f}, {high:.3f}], micro-F1 {axis.micro_f1:.3f} "
            f"[{axis.micro_interval[0]:.3f}, {axis.micro_interval[1]:.3f}]; with cross-fitted thresholds "
            f"{axis.cross_fitted_macro_f1:.3f} and {axis.cross_fitted_micro_f1:.3f}; exact match "
            f"{axis.exact_match:.3f}; mean average precision {axis.mean_average_precision:.3f}; "
            f"calibration error {axis.calibration_error:.3f}", "", *absent,
            "| label | precision | recall | F1 | average precision | calibration error | support |",
            "|---|---|---|---|---|---|---|",
        ]  # fmt: skip
        lines += [
            f"| {label} | {v['precision']:.3f} | {v['recall']:.3f} | {v['f1']:.3f} | "
            f"{v['average_precision']:.3f} | {v['calibration_error']:.3f} | {v['support']:.0f} |"
            for label, v in axis.labels.items()
        ]
        if axis.any_label:
            lines += ["", "any label: " + ", ".join(f"{k} {v:.3f}" for k, v in axis.any_label.items())]
        lines += ["", "| slice | reports | micro-F1 |", "|---|---|---|"]
        lines += [f"| {k} | {v['reports']:.0f} | {v['micro_f1']:.3f} |" for k, v in axis.slices.items()]
        lines.append("")
    return "\n".join(lines)


def beside(ours: Mapping[str, AxisMetrics], svm: Mapping[str, AxisMetrics], learned: int) -> str:
    """The Export beside a linear SVM on the same reports, as Markdown.

    Args:
        learned: labelled reports that the SVM learned from.
    """
    lines = [
        f"### beside TF-IDF and a linear SVM that learned from {learned} reports", "",
        "| axis | model | macro-F1, cross-fitted | micro-F1, cross-fitted | mean average precision |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    lines += [
        f"| {name} | {model} | {axis.cross_fitted_macro_f1:.3f} | {axis.cross_fitted_micro_f1:.3f} | "
        f"{axis.mean_average_precision:.3f} |"
        for name in ours
        for model, axis in (("this Export", ours[name]), ("TF-IDF + SVM", svm[name]))
    ]
    return "\n".join([*lines, ""])


def write_report(
    metrics: Metrics, rows: Sequence[LabelledReport], tagger: Tagger, out: Path, baseline: str = ""
) -> None:
    """Write metrics.json, metrics.md, worst.jsonl and the pictures.

    Args:
        baseline: what `beside` says, for metrics.md.
    """
    from training.pictures import draw

    out.mkdir(parents=True, exist_ok=True)
    (out / "metrics.json").write_text(
        json.dumps(metrics.summary(), ensure_ascii=False, indent=1) + "\n", "utf-8"
    )
    (out / "metrics.md").write_text("\n".join(filter(None, (table(metrics), baseline))), encoding="utf-8")
    with (out / "worst.jsonl").open("w", encoding="utf-8") as stream:
        for case in worst_cases(metrics, rows, tagger):
            stream.write(json.dumps(case) + "\n")
    draw(metrics, tagger.export, out)
