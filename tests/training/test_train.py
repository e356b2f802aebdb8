"""A whole run, end to end: labelled files in; a run folder and an Export that tags out."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from data.errors import DataError
from data.labelled import read_labelled
from data.report import Report
from data.taxonomy import Axis, Label, Taxonomy
from model.export import SCOPE, Export
from model.tagger import Tagger
from tests.training.conftest import DOMAINS, PLANTED, Files, write_jsonl
from training.dataset import data_hash
from training.network import load_tokenizer
from training.settings import TrainSettings
from training.to_onnx import export_run
from training.train import _parser, load_run, main, train_run
from training.trained_on import read_train
from training.weak import WeakSource

QUICK = TrainSettings(epochs=1, window=32, overlap=8, tokens=512, wide_bits=10, head_lr=2e-2)


def test_reports_of_dev_are_never_trained_on(files: Files, taxonomy: Taxonomy, run_folder: Path) -> None:
    dev = list(read_labelled(files.dev, taxonomy))
    trained = read_train([files.train], dev, taxonomy)
    facts = json.loads((run_folder / "run.json").read_text())
    held_out = {(row.report.title, row.report.text) for row in dev}

    assert trained.held_out >= 4
    assert not any((row.report.title, row.report.text) in held_out for row in trained.rows)
    assert facts["rows"] == len(trained.rows) and facts["data_hash"] == data_hash(trained.rows)


def test_a_run_folder_holds_all_and_no_words(run_folder: Path) -> None:
    names = {path.name for path in run_folder.iterdir() if path.is_file()}

    assert names >= {
        "network.safetensors",
        "config.json",
        "wide.npz",
        "tokenizer.json",
        "taxonomy.yaml",
        "run.json",
    }
    for path in run_folder.rglob("*"):
        assert path.is_dir() or PLANTED.encode() not in path.read_bytes(), path.name


def test_a_run_is_read_back_where_its_encoder_is_gone(run_folder: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(run_folder, tmp_path / "moved")
    facts = json.loads((moved / "run.json").read_text())
    (moved / "run.json").write_text(json.dumps(facts | {"encoder": "/gone"}))
    (network, _), (same, _) = load_run(moved), load_run(run_folder)

    for a, b in zip(network.state_dict().values(), same.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert not network.training


def test_an_export_of_the_run_tags(export_folder: Path, files: Files, taxonomy: Taxonomy) -> None:
    tagger = Tagger.load(export_folder, threads=1)
    reports = [row.report for row in read_labelled(files.train, taxonomy)]
    right = sum(
        {tag.label for tag in p.tags["domain"]} == set(row["domain"])
        for p, row in zip(tagger.tag(reports), files.train_rows, strict=False)
    )
    (prediction,) = tagger.tag([Report("1", "老师造假，学校推诿。")], "all")

    assert tagger.export.model == "tiny@1" and tagger.wide is not None
    assert right > 25  # of 40; chance gives about a dozen
    assert len(prediction.tags["purpose"]) == 1
    assert json.dumps(prediction.to_dict(), ensure_ascii=False)


def test_a_taxonomy_of_one_axis_of_one_trains_too(tmp_path: Path, files: Files, encoder_folder: Path) -> None:
    axis = Axis("kind", "类别", "one", tuple(Label(f"k-{d}", d) for d in DOMAINS))
    taxonomy = Taxonomy("teddy", (axis,))
    train, dev = (
        write_jsonl(
            tmp_path / f"{name}.jsonl",
            [{"id": row["id"], "text": row["text"], "kind": row["domain"][0]} for row in rows],
        )
        for name, rows in (("train", files.train_rows), ("dev", files.dev_rows))
    )
    fitted = train_run([train], dev, tmp_path / "run", str(encoder_folder), QUICK, taxonomy)
    export, metrics = export_run(tmp_path / "run", dev, tmp_path / "export", precision="int8")
    predictions = Tagger(Export.load(export.folder), 1).tag([Report("1", "学校"), Report("2", "")], "all")

    assert set(fitted.dev_f1) == set(metrics["axes"]) == {"kind"}
    assert [len(p.tags["kind"]) for p in predictions] == [1, 1]
    assert not any(p.needs_review for p in predictions)


def test_weak_labels_and_a_cls_head_train_and_export(
    tmp_path: Path, files: Files, encoder_folder: Path, taxonomy: Taxonomy
) -> None:
    weak = write_jsonl(
        tmp_path / "weak.jsonl",
        [{"id": f"w{i}", "text": f"{DOMAINS[d][i % 5]}的事", "dept": d} for i in range(45) for d in DOMAINS],
    )
    stages: list[str] = []
    settings = TrainSettings(
        epochs=1, weak_epochs=1, window=32, overlap=8, tokens=512, wide=False, head="cls"
    )
    train_run(
        [files.train], files.dev, tmp_path / "run", str(encoder_folder), settings, taxonomy,
        [WeakSource(weak, "dept")], on_epoch=lambda line, stage: stages.append(stage),
    )  # fmt: skip
    export, _ = export_run(tmp_path / "run", files.dev, tmp_path / "export", precision="fp32")
    long = Report("1", "学校没人处理，" * 40)
    tagger = Tagger(export, 1)

    assert stages == ["weak", "gold"]
    assert tagger.wide is None and not (tmp_path / "run" / "wide.npz").exists()
    # The usual head reads [CLS] of the first window only.
    np.testing.assert_allclose(
        tagger.logits([long]), tagger.logits([Report("1", long.text + "医院")]), atol=1e-5
    )


@pytest.mark.parametrize("empty", ["train", "dev"])
def test_nothing_to_learn_from_is_said(
    tmp_path: Path, files: Files, encoder_folder: Path, taxonomy: Taxonomy, empty: str
) -> None:
    blank = write_jsonl(tmp_path / "blank.jsonl", [{"id": "1", "text": "没有标签"}])
    train, dev = (
        blank if empty == name else file for name, file in (("train", files.train), ("dev", files.dev))
    )

    with pytest.raises(ValueError, match="no report with labels of this taxonomy"):
        train_run([train], dev, tmp_path / "run", str(encoder_folder), QUICK, taxonomy)


def test_windows_longer_than_the_encoder_reads_are_refused(
    files: Files, encoder_folder: Path, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    longer = replace(QUICK, window=600, tokens=1024, wide=False)

    with pytest.raises(DataError, match="--window 600: the encoder reads 512 tokens"):
        train_run([files.train], files.dev, tmp_path / "run", str(encoder_folder), longer, taxonomy)


def test_the_command_trains_exports_and_records(
    tmp_path: Path, files: Files, encoder_folder: Path, taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    taxonomy.dump(tmp_path / "t.yaml")
    golden = write_jsonl(tmp_path / "golden.jsonl", [{"id": "g", "text": "学校收费"}])
    flags = {
        "labelled": files.train, "dev": files.dev, "encoder": encoder_folder, "taxonomy": tmp_path / "t.yaml",
        "out": tmp_path / "run", "tracking": tmp_path / "mlflow", "golden": golden, "precision": "fp32",
        "epochs": "1.0", "window": 32, "overlap": 8, "wide-bits": 10, "name": "cmd", "version": "2",
    }  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["train", *(str(x) for k, v in flags.items() for x in (f"--{k}", v))])
    main()

    export = Export.load(tmp_path / "run" / "export")
    assert export.model == "cmd@2"
    assert (SCOPE in export.files) is ("knows no scope" not in capsys.readouterr().out)
    everything = b"".join(p.read_bytes() for p in (tmp_path / "mlflow").rglob("*") if p.is_file())
    assert b"gold_dev_domain" in everything
    assert PLANTED.encode() not in everything
    assert PLANTED.encode("unicode_escape") not in everything
    assert (tmp_path / "mlflow" / "mlflow.db").is_file()
    assert list((tmp_path / "mlflow").rglob("export.json")) and list(
        (tmp_path / "mlflow").rglob("worst.jsonl")
    )


def test_the_encoder_that_ships_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    flags = _parser().parse_args(["--labelled", "a.jsonl", "--dev", "b.jsonl", "--out", "run"])

    assert load_tokenizer(flags.encoder).get_vocab_size() > 1000
