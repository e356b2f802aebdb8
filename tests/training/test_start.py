"""An Export gives its weights back, so that training can go on from it, or says what to take instead."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from data.labelled import read_labelled
from data.taxonomy import Taxonomy
from model.export import DEFAULT, Export
from model.tagger import Tagger
from tests.training.conftest import Files
from training.network import load_encoder
from training.settings import TrainSettings
from training.start import NoWeights, start_from
from training.to_onnx import export_run
from training.train import load_run, train_run


def test_the_weights_are_those_that_the_run_had(
    export_folder: Path, run_folder: Path, encoder_folder: Path, tmp_path: Path
) -> None:
    start = start_from(Export.load(export_folder), str(encoder_folder), tmp_path, "label-attention", False)
    network, _ = load_run(run_folder)

    for name, tensor in load_encoder(start.encoder).state_dict().items():
        assert torch.equal(tensor, network.encoder.state_dict()[name]), name
    for name, tensor in start.head.items():
        assert torch.equal(tensor, network.head.state_dict()[name]), name
    assert Path(start.encoder).name == Export.load(export_folder).encoder and start.wide is None


def test_training_that_learns_nothing_leaves_the_scores_as_they_were(
    export_folder: Path, encoder_folder: Path, tmp_path: Path, files: Files, taxonomy: Taxonomy
) -> None:
    old = Export.load(export_folder)
    start = start_from(old, str(encoder_folder), tmp_path, "label-attention", True)
    still = TrainSettings(epochs=1, window=32, overlap=8, tokens=512, encoder_lr=0, head_lr=0, decay=0)
    train_run([files.train], files.dev, tmp_path / "run", start.encoder, still, taxonomy, start=start)
    new, _ = export_run(
        tmp_path / "run", files.dev, tmp_path / "export", precision="fp32", prior=old.decisions
    )

    reports = [row.report for row in read_labelled(files.train, taxonomy)]
    np.testing.assert_allclose(Tagger(new, 1).logits(reports), Tagger(old, 1).logits(reports), atol=1e-3)


def test_int8_weights_do_not_come_back(int8_folder: Path, encoder_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(NoWeights, match="--start encoder"):
        start_from(Export.load(int8_folder), str(encoder_folder), tmp_path, "label-attention", False)


def test_an_encoder_of_another_shape_is_refused(export_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(NoWeights, match="another shape"):
        start_from(
            Export.load(export_folder), str(DEFAULT.parent / "encoder"), tmp_path, "label-attention", False
        )


def test_the_model_that_ships_gives_its_weights_back(tmp_path: Path) -> None:
    start = start_from(
        Export.load(DEFAULT), str(DEFAULT.parent / "encoder"), tmp_path, "label-attention", True
    )

    assert start.wide is not None and set(start.head) == {"bias", "query.weight", "value.weight"}
