"""`petition tune` answers a wish with a guarantee and its cost, or with what would be needed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model.export import Export
from tests.model.test_scope import with_scope
from tests.serving.conftest import PLANTED, Petition, write_csv


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """120 invented reports, every second alleges inaction, four of those without the usual word."""
    lines = []
    for number in range(120):
        bad = number % 2 == 0
        words = "领导推诿" if bad and number % 30 else "路灯没人"
        row = {"id": f"r{number}", "text": f"{PLANTED}，{words}，反映{number}次。"}
        lines.append(json.dumps({**row, "domain": [], "misconduct": ["inaction"] if bad else []}))
    file = tmp_path / "labels.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_a_wish_is_answered_with_guarantee_load_and_precision(
    petition: Petition, export: Export, labels: Path, tmp_path: Path
) -> None:
    out = tmp_path / "tuned"
    ended = petition(
        "tune", export.folder, labels, "-w", "问题=80%", "-w", "不作为=0.8", "-o", out, "--volume", 300,
        "--threads", 1,
    )  # fmt: skip

    assert ended.code == 0 and PLANTED not in ended.out + ended.err
    assert "有“不作为”的信件，至少 80% 会打上标签或转人工（把握 95%，依据 60 件）" in ended.out
    assert "漏 4 件（6.7%）" in ended.out and "   要读：46.7%" in ended.out
    assert "每天 300 件里约 140 件" in ended.out
    assert "预计 100%" in ended.out and "--daily" in ended.out
    made = Export.load(out)
    assert [promise.label for promise in made.promises] == ["", "inaction"]
    assert all(promise.caught == 0.8 and promise.positives == 60 for promise in made.promises)


def test_the_doctor_shows_what_is_guaranteed(
    petition: Petition, export: Export, labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.doctor.MEASURE_S", 0.01)
    wish = ("-w", "不作为=80%", "--by", "tag", "--threads", 1)
    assert petition("tune", export.folder, labels, *wish, "-o", tmp_path / "tuned").code == 0
    ended = petition("doctor", "--model", tmp_path / "tuned")

    assert ended.code == 0 and "保证：有“不作为”的信件，至少 80% 会打上标签（把握 95%" in ended.out
    assert "保证" not in petition("doctor", "--model", export.folder).out


def test_the_load_is_counted_on_everyday_mail_where_there_is_some(
    petition: Petition, export: Export, labels: Path, tmp_path: Path
) -> None:
    rows = [(f"{n}", "", "路灯没人" if n else "领导推诿") for n in range(10)]
    ended = petition(
        "tune", export.folder, labels, "-w", "问题=80%", "-o", tmp_path / "tuned", "--threads", 1,
        "--volume", 50, "--daily", write_csv(tmp_path / "daily.csv", rows),
    )  # fmt: skip

    assert ended.code == 0 and "按平常来件" in ended.out and "每天 50 件里约 5 件" in ended.out


def test_whoever_a_person_is_to_read_is_counted_for_whatever_reason(
    petition: Petition, export: Export, labels: Path, tmp_path: Path
) -> None:
    with_scope(export)
    rows = [(f"{n}", "", "路灯没人，反映多次" if n else "您好！") for n in range(10)]
    ended = petition(
        "tune", export.folder, labels, "-w", "问题=80%", "-o", tmp_path / "tuned", "--threads", 1,
        "--daily", write_csv(tmp_path / "daily.csv", rows),
    )  # fmt: skip

    assert ended.code == 0 and "需人工复核（所有原因）：原来 10%，现在 10%（" in ended.out


def test_too_few_labelled_reports_are_refused_with_what_is_needed(
    petition: Petition, export: Export, labels: Path, tmp_path: Path
) -> None:
    ended = petition("tune", export.folder, labels, "-w", "问题=97%", "-o", tmp_path / "t", "--threads", 1)

    assert ended.code == 2 and "只有 60 件，保证不了 97%" in ended.err
    assert "至少要 99 件，还差 39 件" in ended.err and "最多能保证 95.1%" in ended.err
    assert not (tmp_path / "t").exists()
    again = petition("tune", export.folder, labels, "-w", "问题=95.1%", "-o", tmp_path / "t", "--threads", 1)
    assert again.code == 0


def test_what_cannot_be_done_is_said_and_nothing_is_written(
    petition: Petition, export: Export, labels: Path, tmp_path: Path
) -> None:
    tuned = tmp_path / "tuned"
    assert petition("tune", export.folder, labels, "-w", "问题=80%", "-o", tuned, "--threads", 1).code == 0
    (tmp_path / "empty.jsonl").write_text("")
    for said, *arguments in (
        ("请换一个名字", export.folder, labels, "-w", "问题=80%", "-o", export.folder),
        ("已经按要求定过阈值", tuned, labels, "-w", "问题=80%", "-o", tmp_path / "b"),
        ("没有这个轴或标签", export.folder, labels, "-w", "推诿=80%", "-o", tmp_path / "b"),
        ("--by", export.folder, labels, "-w", "问题=80%", "-o", tmp_path / "b", "--by", "luck"),
    ):
        ended = petition("tune", *arguments, "--threads", 1)
        assert ended.code == 2 and said in ended.err
    empty = petition("tune", export.folder, tmp_path / "empty.jsonl", "-w", "问题=80%", "-o", tmp_path / "b")

    assert empty.code == 4 and not (tmp_path / "b").exists()
