"""`petition suspects` writes a workbook that people correct and `petition import` reads."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from serving.commands.training import NEEDED
from tests.serving.conftest import PLANTED, Petition

installed = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in NEEDED),
    reason="the training extra is not installed",
)
NAME = "王小明"
ROADS = "幸福路路灯坏了 新民街下水道堵了 建设路井盖丢了 和平路路面塌了 人民路绿化带没浇水".split()
SCHOOLS = "实验小学收补课费 第三中学食堂不干净 幼儿园名额不公开 县一中老师打学生 职校强迫实习".split()


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Reports about roads and schools; one about a school is called one about a road, one is a formula."""
    rows = []
    for number in range(30):
        road = number % 2 == 0
        words = (ROADS if road else SCHOOLS)[number // 2 % 5]
        text = f"{PLANTED}，{words}，第{number}次反映，" + ("没人来修。" if road else "学校不答复。")
        row = {"id": f"r{number}", "text": text, "domain": ["housing" if road else "education"]}
        rows.append({**row, "misconduct": {"inaction": "没人来修"} if road else {"inaction": "学校不答复"}})
    rows[7] |= {"domain": ["housing"], "text": "=" + rows[7]["text"] + f"我叫{NAME}。\r\n 😀 "}
    file = tmp_path / "labels.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return file


@installed
@pytest.mark.slow
def test_the_sheet_is_corrected_and_imported_over_the_labels(
    petition: Petition, labels: Path, tmp_path: Path
) -> None:
    ended = petition("suspects", labels, "-o", tmp_path / "s.xlsx")
    assert ended.code == 0 and "完成：30 件里可疑" in ended.err and PLANTED not in ended.err + ended.out

    book = load_workbook(tmp_path / "s.xlsx")
    sheet = book.worksheets[0]
    heads = {cell.value: cell.column for cell in sheet[1]}
    row = {sheet.cell(row, 1).value: row for row in range(2, sheet.max_row + 1)}["r7"]
    assert (sheet.cell(row, heads["领域"]).value, sheet.cell(row, heads["领域（建议）"]).value) == (
        "住房城建",
        "教育",
    )
    assert "学校" in sheet.cell(row, heads["证据"]).value
    assert "我叫【姓名】。" in sheet.cell(row, heads["内容"]).value
    assert NAME not in str([[cell.value for cell in line] for line in sheet.iter_rows()])
    sheet.cell(row, heads["已复核"]).value = "采纳"
    book.save(tmp_path / "corrected.xlsx")
    ended = petition("import", labels, tmp_path / "corrected.xlsx", "--to", tmp_path / "new.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "new.jsonl").read_text(encoding="utf-8").splitlines()]

    assert ended.code == 0 and len(lines) == 30
    assert lines[7]["domain"] == ["education"] and lines[7]["misconduct"] == {"inaction": "学校不答复"}
    # The correction stands with the report as it was labelled, whose words the sheet did not show.
    assert lines[7]["text"] == json.loads(labels.read_text(encoding="utf-8").splitlines()[7])["text"]


@installed
@pytest.mark.slow
def test_what_others_may_not_see_is_not_in_the_sheet(
    petition: Petition, labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def words(name: str, *more: object) -> str:
        ended = petition("suspects", labels, "-o", tmp_path / name, *more)
        assert ended.code == 0 and NAME not in ended.err
        rows = load_workbook(tmp_path / name).worksheets[0].iter_rows(values_only=True)
        return str(list(rows)) + ended.err

    (tmp_path / "names.txt").write_text(f"{NAME}\n", encoding="utf-8")
    bare = words("bare.xlsx", "--unmasked")
    assert NAME in bare and "没有遮盖" in bare
    listed = words("listed.xlsx", "--unmasked", "--watch-list", tmp_path / "names.txt")
    assert NAME not in listed and "r7" not in listed and "涉及名单的 1 件没有写入" in listed
    monkeypatch.setenv("PETITION_MASK", "output")
    floor = words("floor.xlsx", "--unmasked")
    assert NAME not in floor and "【姓名】" in floor and "没有遮盖" not in floor


def test_an_output_that_is_no_workbook_is_refused(petition: Petition, labels: Path, tmp_path: Path) -> None:
    assert petition("suspects", labels, "-o", tmp_path / "s.csv").code == 2
    assert petition("suspects", labels, "-o", tmp_path / "s.xlsx", "--scores", "best").code == 2
    assert petition("suspects", labels, "-o", tmp_path / "s.xlsx", "--encoder", tmp_path).code == 2


def test_without_the_extra_nothing_is_written(
    petition: Petition, labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "cleanlab" else found(name))
    ended = petition("suspects", labels, "-o", tmp_path / "s.xlsx")

    assert ended.code == 69 and "缺 cleanlab" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["labels.jsonl"]
