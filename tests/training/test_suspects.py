"""Suspects: a planted label error is found, with the words that speak against it; nothing is quoted."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from data.labelled import LabelledReport, read_labelled
from data.taxonomy import Taxonomy
from tests.training.conftest import MISCONDUCT, PLANTED, invented_rows, write_jsonl
from training import suspects
from training.suspects import find_suspects

ROWS = 80


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Invented reports; the first that alleges falsification is said to allege nothing."""
    rows = invented_rows(ROWS, 5, "r")
    wrong = next(row for row in rows if row["misconduct"] and "falsification" in row["misconduct"])
    wrong["misconduct"] = []
    wrong["id"] = "wrong"
    return write_jsonl(tmp_path / "labels.jsonl", rows)


@pytest.fixture
def rows(file: Path, taxonomy: Taxonomy) -> list[LabelledReport]:
    return list(read_labelled(file, taxonomy))


def test_a_planted_error_comes_first_with_its_evidence(
    rows: list[LabelledReport], taxonomy: Taxonomy
) -> None:
    first = find_suspects(rows, taxonomy, bits=12)[0]
    report = rows[first.row].report
    (axis,) = [one for one in first.axes if one.axis == "misconduct"]
    shown = [
        report.text[a:b] for part, a, b in first.evidence["misconduct"]["falsification"] if part == "text"
    ]

    assert report.id == "wrong"
    assert axis.given == () and axis.suggested == ("falsification",)
    assert any(word in words for words in shown for word in MISCONDUCT["falsification"])
    assert first.near is not None and first.near != first.row and 0 < first.share <= 1


@pytest.mark.parametrize("scores", ["head", "both"])
def test_an_encoder_scores_too(
    rows: list[LabelledReport], taxonomy: Taxonomy, encoder_folder: Path, scores: str
) -> None:
    found = find_suspects(rows, taxonomy, scores, encoder_folder, bits=12, limit=20)

    assert 0 < len(found) <= 20
    assert [one.quality for one in found] == sorted(one.quality for one in found)


def test_at_most_a_tenth_is_given_unless_asked(rows: list[LabelledReport], taxonomy: Taxonomy) -> None:
    assert len(find_suspects(rows, taxonomy, bits=12)) <= ROWS // 10
    assert len(find_suspects(rows, taxonomy, bits=12, limit=2)) <= 2


def test_too_few_reports_are_said(rows: list[LabelledReport], taxonomy: Taxonomy) -> None:
    with pytest.raises(suspects.DataError, match="too few for 5 folds"):
        find_suspects(rows[:9], taxonomy)


def test_what_is_written_holds_no_words(
    file: Path, taxonomy: Taxonomy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    taxonomy.dump(tmp_path / "t.yaml")
    out = tmp_path / "out.jsonl"
    arguments = ["--labelled", str(file), "--out", str(out), "--taxonomy", str(tmp_path / "t.yaml")]
    monkeypatch.setattr(sys, "argv", ["suspects", *arguments])
    suspects.main()
    written = out.read_text(encoding="utf-8")

    assert written.isascii() and json.loads(written.splitlines()[0])["axes"]
    assert not any(PLANTED in text for text in (written, *capfd.readouterr()))
