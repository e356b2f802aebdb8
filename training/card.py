"""The model card: what the model is, what it learned from, how good it is, what it is not for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.export import Export


def model_card(export: Export, metrics: Mapping[str, Any], data_notes: str = "") -> str:
    """Markdown text of MODEL_CARD.md.

    Args:
        metrics: summary of an evaluation on dev; empty leaves the figures out.
        data_notes: Markdown on what the model learned from; who trains a model knows, this code does not.
    """
    lines = [
        f"# {export.model}", "",
        "Tags Chinese petitions and citizen reports. Axes and labels: "
        + "; ".join(f"{axis.id} ({axis.kind}): {', '.join(axis.label_ids)}" for axis in export.taxonomy.axes)
        + f". Encoder: {export.encoder}. Training data: sha256 {export.data_hash[:16]}.", "",
        "## Data", "",
        data_notes.strip() or "Not stated by whoever trained it (`--data-notes`).", "",
        "## Intended use", "",
        "To sort incoming reports for people who then read them: which domain, which misconduct is "
        "alleged, which words say so. A tag says what a text alleges, not what is true.", "",
        "Not for deciding a case, rating an official, or judging a petitioner; not for other languages.", "",
        "## Limits", "",
        "- Regions, channels and years unlike those of the training data are read less well. Measure on "
        "your own reports (`petition evaluate`) before relying on it.",
        "- Misconduct that is told without its usual words is often missed; a private actor described in "
        "the words of misconduct is sometimes tagged.",
        "- Thresholds and calibration were fitted on the same dev set as the figures below, unless "
        "marked cross-fitted.",
        "- `needs_review` marks reports without a misconduct tag whose best score reaches a border set "
        "so that, for reports like those of the dev set, at least 95 % of those that allege misconduct "
        "are either tagged or marked. Where the Export knows what is no petition, it marks doubted tags too.",
        "",
    ]  # fmt: skip
    if metrics:
        share = f"Share sent to review by scores: {metrics['review_share']:.3f}."
        lines += ["## Figures on dev", "", share, ""]
        for name, axis in metrics["axes"].items():
            low, high = axis["macro_f1_interval"]
            lines += [
                f"### {name}", "",
                f"macro-F1 {axis['macro_f1']:.3f} (95 % interval {low:.3f} to {high:.3f}), micro-F1 "
                f"{axis['micro_f1']:.3f}; with cross-fitted thresholds "
                f"{axis['cross_fitted_macro_f1']:.3f} and "
                f"{axis['cross_fitted_micro_f1']:.3f}; calibration error "
                f"{axis['calibration_error']:.3f}.", "",
                "| label | precision | recall | F1 | support |", "|---|---|---|---|---|",
            ]  # fmt: skip
            lines += [
                f"| {label} | {v['precision']:.3f} | {v['recall']:.3f} | {v['f1']:.3f} | {v['support']:.0f} |"
                for label, v in axis["labels"].items()
            ]
            lines.append("")
    return "\n".join(lines) + "\n"
