"""`petition survey` shows what labelled data look like, without a word of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.survey.words import REASONS
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL, Ended, Petition

Look = Callable[..., Ended]
ROWS: list[dict[str, Any]] = [
    {"id": "A1", "text": SCHOOL * 3, "source": "甲.csv", "domain": ["education"], "misconduct": ["evasion"]},
    {"id": "A2", "text": SCHOOL * 3 + "！", "source": "乙.csv", "domain": ["governance"], "misconduct": []},
    {"id": "A3", "text": HOSPITAL * 2, "domain": ["medical", "governance"], "misconduct": ["falsification"],
     "unsure": True,
     "readings": {"anna": {"domain": ["medical"]}, "bo": {"domain": ["medical", "governance"]}}},
]  # fmt: skip


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def look(petition: Petition) -> Look:
    """Run `petition survey`, and hold that nothing shown has a report's words."""

    def run(*arguments: object) -> Ended:
        ended = petition("survey", *arguments)
        assert PLANTED not in ended.err + ended.out
        return ended

    return run


def test_figures_and_warnings_are_shown(look: Look, tmp_path: Path) -> None:
    ended = look(write(tmp_path / "labels.jsonl", *ROWS))

    assert ended.code == 0
    assert "领域：标注过 3 件" in ended.out and "一致性 α" in ended.out
    assert "提醒：有 2 组近似重复的报告标签不一致（conflicts）" in ended.out
    assert "领域 × 作风与违纪问题：同时出现" in ended.out and "推诿扯皮" in ended.out.split("同时出现")[-1]
    assert "A1、A2" in ended.out and "“领域·教育”只有 1 件" in ended.out


def test_a_leak_fails(look: Look, tmp_path: Path) -> None:
    dev = write(
        tmp_path / "dev.jsonl",
        {"id": "D1", "text": HOSPITAL * 2 + "请处理。", "domain": [], "misconduct": []},
    )
    ended = look(write(tmp_path / "labels.jsonl", *ROWS), "--against", dev)

    assert ended.code == 1 and "不通过：有 1 件与评测数据近似重复" in ended.out
    assert look(tmp_path / "labels.jsonl", "--against", dev, "--rule", "leaks=warn").code == 0


def test_rules_are_set(look: Look, tmp_path: Path) -> None:
    path = write(tmp_path / "labels.jsonl", *ROWS)

    assert look(path, "--rule", "few_examples=fail:2").code == 1
    assert "few_examples" not in look(path, "--rule", "few_examples=off").out
    wrong = [look(path, "--rule", rule) for rule in ("few=fail", "leaks", "leaks=bad", "leaks=fail:x")]
    assert [ended.code for ended in wrong] == [2, 2, 2, 2] and "few_examples" in wrong[0].err


def test_the_page_is_one_file_without_words_or_links(look: Look, tmp_path: Path) -> None:
    rows = [*ROWS, {"id": "<b>", "text": QUIET, "source": "<script>", "domain": []}]
    look(write(tmp_path / "labels.jsonl", *rows), "--html", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")

    assert page.startswith("<!DOCTYPE html>") and "标注数据报告" in page and "conflicts" in page
    assert PLANTED not in page and "<script>" not in page and "http" not in page.replace("http-equiv", "")


def test_rows_that_the_import_rejected_are_counted(look: Look, tmp_path: Path) -> None:
    write(tmp_path / "labels.jsonl.rejects.jsonl", {"reason": "no_text"}, {"reason": "no_text"}, {})
    ended = look(write(tmp_path / "labels.jsonl", *ROWS))

    assert "导入时不能用：没有正文（no_text）" in ended.out and "导入时不能用：?" in ended.out
    assert "导入时不能用的行占 50%" in ended.out


def test_every_reason_that_the_docs_list_has_chinese_words() -> None:
    docs = Path(__file__).parents[3] / "docs"
    listed = set()
    for name in ("data-format.md", "importing.md"):
        table = (docs / name).read_text(encoding="utf-8").split("| reason | the row |")[1].split("\n\n")[0]
        listed |= set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))

    assert listed == {*REASONS}


def test_the_page_never_takes_an_inputs_place(look: Look, tmp_path: Path) -> None:
    path = write(tmp_path / "labels.jsonl", *ROWS)

    assert look(path, "--html", path).code == 2


def test_broken_data_end_with_four(look: Look, tmp_path: Path) -> None:
    assert look(write(tmp_path / "labels.jsonl", {"text": SCHOOL, "domain": ["火星"]})).code == 4
    assert look(tmp_path / "none.jsonl").code == 4
