"""`petition drift` compares files, writes no words, and tells a scheduler by its exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from model.drift.rules import RULES
from model.export import Export
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL, Ended, Petition, write_csv

Look = Callable[..., Ended]


def reports(path: Path, schools: int, hospitals: int, lamps: int) -> Path:
    texts = [SCHOOL] * schools + [HOSPITAL] * hospitals + [QUIET] * lamps
    rows = [(f"{PLANTED}{n}", "", text + "了" * (n % 7)) for n, text in enumerate(texts)]
    return write_csv(path, rows)


@pytest.fixture
def look(petition: Petition, export: Export) -> Look:
    """Run `petition drift` with the tiny Export, and hold that nothing shown has a report's words."""

    def run(*arguments: object) -> Ended:
        ended = petition("drift", *arguments, "--model", export.folder, "--threads", 1)
        assert PLANTED not in ended.out + ended.err
        return ended

    return run


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Last year's, this month's that is alike, and one in which hospitals took the place of lamps."""
    return [
        reports(tmp_path / "year.csv", 60, 40, 100),
        reports(tmp_path / "alike.csv", 61, 38, 101),
        reports(tmp_path / "other.csv", 60, 100, 40),
    ]


def test_alike_files_end_with_zero_and_others_with_one(look: Look, files: list[Path]) -> None:
    alike, other = look(files[0], files[1]), look(files[0], files[2])

    assert alike.code == 0 and "没有明显变化。" in alike.out
    assert other.code == 1 and "有明显变化" in other.out
    assert "不通过：“领域·医疗”的占比变化 30.0 个百分点，超过 5.0 个（label_points）" in other.out
    assert "两批区分检验：AUC" in other.out and "需人工复核" in other.out


def test_page_and_json_are_whole_and_load_nothing(look: Look, files: list[Path], tmp_path: Path) -> None:
    page, shape = tmp_path / "drift.html", tmp_path / "drift.json"
    ended = look(files[0], files[2], "--html", page, "--json", shape, "--quiet")
    html, found = page.read_text(encoding="utf-8"), json.loads(shape.read_text(encoding="utf-8"))

    assert ended.code == 1 and ended.out == ""
    assert html.startswith("<!DOCTYPE html>") and html.count("<svg") == 6 and "医疗" in html
    assert "http" not in html.replace("http-equiv", "") and "<script" not in html
    assert PLANTED not in html + json.dumps(found, ensure_ascii=False)
    assert found["drift"] and found["current"] == {
        "reports": 200, "of": 200, "rejected": 0, "review_reasons": {},
    }  # fmt: skip
    medical = next(one for one in found["labels"] if one["label"] == "medical")
    assert medical["change"] == pytest.approx(0.3) and medical["p"] < 1e-6
    assert {one["rule"] for one in found["findings"]} >= {"label_points", "scores"}


def test_figures_are_kept_for_the_next_time(look: Look, files: list[Path], tmp_path: Path) -> None:
    kept = tmp_path / "year.npz"
    first = look(files[0], files[2], "--keep-reference", kept, "--json", tmp_path / "a.json")
    again = look(kept, files[2], "--json", tmp_path / "b.json")
    one, other = (json.loads((tmp_path / name).read_text()) for name in ("a.json", "b.json"))

    assert first.code == again.code == 1 and one == other
    assert PLANTED.encode() not in kept.read_bytes()


def test_outputs_of_tag_are_compared(look: Look, tag: Petition, files: list[Path], tmp_path: Path) -> None:
    tagged = [tmp_path / f"{file.stem}.jsonl" for file in files]
    for file, out in zip(files, tagged, strict=True):
        assert tag(file, "-o", out).code == 0
    ended = look(tagged[0], tagged[2], "--html", tmp_path / "page.html")

    assert look(tagged[0], tagged[1]).code == 0 and ended.code == 1
    assert "没有做，只有打标结果而没有原文" in ended.out and "PSI" not in ended.out
    assert look(tagged[0], files[2]).code == 1


def test_a_part_is_drawn_evenly(look: Look, files: list[Path], tmp_path: Path) -> None:
    ended = look(files[0], files[0], "--sample", 80, "--json", tmp_path / "a.json")
    found = json.loads((tmp_path / "a.json").read_text())

    assert ended.code == 0 and (found["reference"]["reports"], found["reference"]["of"]) == (80, 200)
    school = next(one for one in found["labels"] if one["label"] == "education")
    assert 12 <= school["reference"]["count"] <= 36  # of 80, where 24 are expected
    assert "较少的一批只有 80 件" in ended.out


def test_rules_are_set(look: Look, files: list[Path]) -> None:
    off = [
        x for name in ("label_points", "label_ratio", "scores", "apart") for x in ("--rule", f"{name}=off")
    ]

    assert look(files[0], files[2], *off).code == 0
    assert look(files[0], files[2], *off, "--rule", "label_points=fail:0.5").code == 0
    assert look(files[0], files[2], *off, "--rule", "label_points=warn").code == 0
    assert look(files[0], files[2], "--alpha", 0).code == 0
    wrong = look(files[0], files[2], "--rule", "few=bad")
    assert wrong.code == 2 and "label_points" in wrong.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["{0}", "none.csv"], 4, "none.csv"),
        (["{0}", "{1}", "--html", "{1}"], 2, "就是要读的文件"),
        (["{0}", "{1}", "--keep-current", "a.txt"], 2, ".npz"),
        (["{0}", "bad.npz"], 4, "bad.npz"),
        (["{0}", "empty.csv"], 4, "no report"),
    ],
)
def test_what_cannot_be_compared_is_said(
    look: Look, files: list[Path], tmp_path: Path, arguments: list[str], code: int, said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.npz").write_bytes(b"no")
    write_csv(tmp_path / "empty.csv", [])
    ended = look(*(one.format(*files) for one in arguments))

    assert ended.code == code and said in ended.err


def test_rows_that_cannot_be_read_are_named_and_counted(
    look: Look, files: list[Path], tmp_path: Path
) -> None:
    few = reports(tmp_path / "few.csv", 9, 6, 15)
    few.write_text(few.read_text(encoding="utf-8") + "2,,\n", encoding="utf-8")
    ended = look(files[0], few)

    assert "few.csv" in ended.err and "第 32 行" in ended.err
    assert ended.code == 0 and "只有 30 件" in ended.out


def test_the_page_of_docs_has_the_rules() -> None:
    page = (Path(__file__).parents[3] / "docs" / "drift.md").read_text(encoding="utf-8")
    table = page.split("<!-- rules -->")[1].split("<!-- /rules -->")[0]
    rows = [line.split(" | ")[:3] for line in table.strip().splitlines()[2:]]

    assert rows == [[f"| `{name}`", rule.level.value, f"{rule.limit:g}"] for name, rule in RULES.items()]


def test_sealed_no_figures_of_single_reports_are_kept(
    look: Look, files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETITION_SEALED", "1")

    assert look(files[0], files[1], "--html", tmp_path / "page.html").code == 0
    assert look(files[0], files[1], "--keep-current", tmp_path / "kept.npz").code == 2
    assert not (tmp_path / "kept.npz").exists()


def test_reports_that_name_someone_on_the_watch_list_are_not_scored(
    look: Look, files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, shape = tmp_path / "names.txt", tmp_path / "drift.json"
    names.write_text("医院名单\n", encoding="utf-8")
    asked = (files[0], files[1], "--json", shape)
    flagged = look(*asked, "--watch-list", names)
    by_flag = json.loads(shape.read_text(encoding="utf-8"))
    monkeypatch.setenv("PETITION_WATCH_LIST", str(names))
    look(*asked)

    assert "year.csv：涉及名单的 40 件没有打分" in flagged.err
    assert (by_flag["reference"]["reports"], by_flag["current"]["of"]) == (160, 162)
    assert json.loads(shape.read_text(encoding="utf-8")) == by_flag
