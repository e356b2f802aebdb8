"""The model card says what the model is, learned from and is not for."""

from __future__ import annotations

from pathlib import Path

from model.export import CARD, Export
from training.card import model_card


def test_a_card_names_axes_encoder_data_limits_and_figures(export_folder: Path) -> None:
    export = Export.load(export_folder)
    card = model_card(export, export.dev_metrics)

    assert card == (export_folder / CARD).read_text(encoding="utf-8")
    assert card.startswith("# tiny@1\n")
    for part in ("## Data", "## Intended use", "Not for deciding a case", "## Limits", "## Figures on dev"):
        assert part in card
    assert "domain (many): education, medical, housing" in card and "purpose (one)" in card
    assert export.data_hash[:16] in card and export.encoder in card
    assert all(f"| {label.id} | " in card for axis in export.taxonomy.axes for label in axis.labels)


def test_a_card_without_figures_has_no_such_part(export_folder: Path) -> None:
    assert "## Figures" not in model_card(Export.load(export_folder), {})
