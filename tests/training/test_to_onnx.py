"""An Export is made only where ONNX and torch agree."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from data.labelled import read_labelled
from data.taxonomy import Taxonomy
from model.export import GOLDEN, BrokenExport, Export
from model.golden import replay_golden
from model.tagger import Tagger
from tests.training.conftest import PLANTED, Files
from training import to_onnx
from training.dataset import Batches, build_dataset
from training.fit import predict_logits
from training.network import TaggingNetwork
from training.to_onnx import Disagreement, export_run, golden_reports, write_graph
from training.train import load_run


def test_the_export_computes_what_torch_computes(
    run_folder: Path, export_folder: Path, files: Files, taxonomy: Taxonomy
) -> None:
    tagger = Tagger.load(export_folder, threads=1)
    network, _ = load_run(run_folder)
    dev = list(read_labelled(files.dev, taxonomy))
    dataset = build_dataset(dev, taxonomy, tagger.encoder)
    assert tagger.wide is not None
    wide = np.stack([tagger.wide.logits(text) for text in dataset["text"]])
    wanted = predict_logits(network, Batches(dataset, tagger.encoder, 512, 0, 64, 0), None) + wide

    np.testing.assert_allclose(tagger.logits([row.report for row in dev]), wanted, atol=1e-3)


def test_int8_is_close_smaller_and_whole(
    export_folder: Path, int8_folder: Path, files: Files, taxonomy: Taxonomy
) -> None:
    reports = [row.report for row in read_labelled(files.dev, taxonomy)]
    full, small = (Tagger.load(folder, threads=1) for folder in (export_folder, int8_folder))

    assert np.corrcoef(full.logits(reports).ravel(), small.logits(reports).ravel())[0, 1] > 0.98
    assert (int8_folder / "model.onnx").stat().st_size < (export_folder / "model.onnx").stat().st_size
    assert {path.name for path in int8_folder.iterdir()} == {*small.export.files, "export.json"}


def test_golden_reports_replay(export_folder: Path) -> None:
    number, worst = replay_golden(export_folder / GOLDEN, Tagger.load(export_folder, threads=1))

    assert number == 2 and worst < 1e-3


def test_the_manifest_is_plain_json_with_the_figures(export_folder: Path) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    manifest = json.loads((export_folder / "export.json").read_text(), parse_constant=refuse)

    assert manifest["dev_metrics"]["precision"] == "fp32"
    assert set(manifest["dev_metrics"]["axes"]) == {"domain", "misconduct", "purpose"}
    assert manifest["decisions"]["misconduct"]["review_above"] is not None


def test_no_word_of_the_reports_is_exported(export_folder: Path, run_folder: Path) -> None:
    for folder in (export_folder, run_folder / "report"):
        for path in folder.iterdir():
            assert PLANTED.encode() not in path.read_bytes(), path.name


@pytest.mark.parametrize("wrong", [0.05, float("nan")])
def test_a_graph_that_disagrees_is_refused(
    run_folder: Path, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: float
) -> None:
    def write_another(network: TaggingNetwork, path: Path) -> None:
        other = copy.deepcopy(network)
        with torch.no_grad():
            other.head.value.bias[0] += wrong
        write_graph(other, path)

    monkeypatch.setattr(to_onnx, "write_graph", write_another)

    with pytest.raises(Disagreement, match="not exported"):
        export_run(run_folder, files.dev, tmp_path / "out", precision="fp32")
    with pytest.raises(BrokenExport):
        Export.load(tmp_path / "out")


def test_a_flipped_decision_is_refused(
    run_folder: Path, export_folder: Path, files: Files, taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = list(read_labelled(files.dev, taxonomy))
    export = Export.load(export_folder)
    network, _ = load_run(run_folder)
    found = Tagger(export, 1).logits([row.report for row in dev])
    targets = np.array([to_onnx.label_targets(row, taxonomy) for row in dev], dtype=np.float32)
    to_onnx.check_against_torch(network, run_folder, dev, taxonomy, export, found, targets)
    swapped = found.copy()
    close = np.abs(found[:, 5] - found[:, 6]).argmin()
    swapped[close, [5, 6]] = found[close, [6, 5]]

    monkeypatch.setattr(to_onnx, "TOLERANCE", 1e3)

    with pytest.raises(Disagreement, match="flips 2 decisions of axis purpose"):
        to_onnx.check_against_torch(network, run_folder, dev, taxonomy, export, swapped, targets)


def test_golden_reports_come_from_the_invented_sample() -> None:
    reports = golden_reports(to_onnx.SAMPLE)

    assert len(reports) == 24 and all(report.text for report in reports)
    assert golden_reports(None) == []
