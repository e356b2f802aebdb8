"""A recalibrated Export has the same weights, thresholds of its own, and reads as it is told."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from data.errors import MissingFile
from data.report import Report
from model.export import GOLDEN, GRAPH, Export
from model.golden import replay_golden
from model.tagger import Tagger
from tests.training.conftest import PLANTED, Files
from training.recalibrate import main, recalibrate

GOLD = [Report("g1", "我叫王强，学校没人处理。")]


def test_seeing_again_it_decides_as_before(export_folder: Path, files: Files, tmp_path: Path) -> None:
    """The Export was calibrated on the same dev set and reads blind: nothing may move."""
    before = Export.load(export_folder)
    after, figures = recalibrate(before, files.dev, tmp_path / "same", "tiny", "2", before.blind, GOLD)

    assert before.blind and after.blind and after.version == "2"
    assert after.files[GRAPH] == before.files[GRAPH]
    for axis, decision in before.decisions.items():
        np.testing.assert_allclose(after.decisions[axis].thresholds, decision.thresholds, atol=1e-6)
    assert figures["axes"].keys() == before.dev_metrics["axes"].keys()
    assert after.dev_metrics["precision"] == before.dev_metrics["precision"]
    assert replay_golden(after.folder / GOLDEN, Tagger(after, 1)) == (1, pytest.approx(0, abs=1e-3))


def test_it_can_be_made_to_read_who_writes(export_folder: Path, files: Files, tmp_path: Path) -> None:
    after, _ = recalibrate(Export.load(export_folder), files.dev, tmp_path / "seeing", "tiny", "3", False)
    pair = [Report("a", "我叫王强，学校没人处理。"), Report("b", "我叫李秀英，学校没人处理。")]
    seeing, blind = Tagger(after, 1).encoder.encode(pair), Tagger.load(export_folder, 1).encoder.encode(pair)

    assert seeing[0].plain != seeing[1].plain and blind[0].plain == blind[1].plain


def test_no_word_of_the_reports_is_written(export_folder: Path, files: Files, tmp_path: Path) -> None:
    recalibrate(Export.load(export_folder), files.dev, tmp_path / "out", "tiny", "4", True)

    for path in (*(tmp_path / "out").iterdir(), *(tmp_path / "out-report").iterdir()):
        assert PLANTED.encode() not in path.read_bytes(), path.name


def test_a_failure_leaves_nothing(export_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingFile):
        recalibrate(Export.load(export_folder), tmp_path / "none.jsonl", tmp_path / "out", "tiny", "5", True)

    assert not (tmp_path / "out").exists()


def test_the_command_keeps_name_and_reading(
    export_folder: Path, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = tmp_path / "out"
    arguments = [str(export_folder), "--dev", str(files.dev), "--out", str(out), "--version", "6"]
    monkeypatch.setattr(sys, "argv", ["recalibrate", *arguments])
    main()

    made = Export.load(out)
    assert made.model == "tiny@6" and made.blind
    assert "tiny@6" in capsys.readouterr().out
