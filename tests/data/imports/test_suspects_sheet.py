"""Sheets that `petition suspects` writes come back as corrections of the labels they were made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

from data.imports.formats import Format, find_format
from data.imports.line import to_line
from data.imports.merge import merge
from data.imports.plan import Plan
from data.imports.settle import settle
from data.imports.source import Source
from data.imports.uncovered import uncovered
from tests.data.imports.conftest import LAMP, QUEUE, STAMP, Labels, Read, held

HEADINGS = (
    "编号 内容 疑点 领域 领域（建议） 领域（更正） 作风与违纪问题 作风与违纪问题（建议） "
    "作风与违纪问题（更正） 已复核 标题 渠道 时间 区域"
).split()
Sheet = Callable[..., Path]


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    def write(*rows: Sequence[str]) -> Path:
        book = Workbook()
        for row in (HEADINGS, *rows):
            book.active.append(list(row))
        book.save(tmp_path / "suspects.xlsx")
        return tmp_path / "suspects.xlsx"

    return write


@pytest.fixture
def labelled(put: Callable[..., Path]) -> Path:
    """Three reports; of the first the words that carry its misconduct are marked."""
    rows = [
        {"id": "1", "text": LAMP, "domain": ["housing"], "misconduct": {"inaction": "都没人来修"}},
        {"id": "2", "text": QUEUE, "domain": ["medical"], "misconduct": []},
        {"id": "3", "text": STAMP, "domain": ["rural"], "misconduct": None},
    ]
    return put("labels.jsonl", rows)


def test_a_sheet_is_recognised(sheet: Sheet, plan: Plan) -> None:
    path = sheet(("1", LAMP, "?", "住房城建", "", "", "不作为、慢作为", "", "", ""))

    assert find_format(Source.at(path), plan) is Format.tagged


def test_a_correction_replaces_its_axis_and_leaves_the_others(
    sheet: Sheet, labelled: Path, labels: Labels
) -> None:
    path = sheet(("1", LAMP, "?", "住房城建", "", "交通运输", "不作为、慢作为", "无", "", ""))

    for files in ((labelled, path), (path, labelled)):
        found = held(labels(*files))
        assert {"domain": {"transport"}, "misconduct": {"inaction"}} in found
        assert {"domain": {"medical"}, "misconduct": set()} in found and len(found) == 3


def test_words_that_a_reader_marked_stay_with_their_label(
    sheet: Sheet, labelled: Path, labels: Labels
) -> None:
    path = sheet(("1", LAMP, "?", "住房城建", "", "", "不作为、慢作为", "", "不作为、慢作为；推诿扯皮", ""))
    first = labels(labelled, path).reports[0].labelled

    assert first.labels["misconduct"] == {"inaction", "evasion"}
    assert first.evidence["misconduct"] == {"inaction": "都没人来修"}


def test_a_row_ticked_as_read_confirms_what_was_given(sheet: Sheet, labels: Labels) -> None:
    path = sheet(("3", STAMP, "?", "三农与集体三资", "政务服务与基层治理", "", "", "", "", "是"))

    # The axis that nobody had labelled stays unlabelled.
    assert held(labels(path)) == [{"domain": {"rural"}, "misconduct": None}]


def test_the_suggestion_can_be_accepted_as_a_whole(sheet: Sheet, labels: Labels) -> None:
    row = ("2", QUEUE, "?", "医疗", "政务服务与基层治理", "", "无", "不作为、慢作为", "推诿扯皮", "采纳")

    assert held(labels(sheet(row))) == [{"domain": {"governance"}, "misconduct": {"evasion"}}]


def test_a_row_that_nobody_read_says_nothing(sheet: Sheet, labels: Labels) -> None:
    assert held(labels(sheet(("2", QUEUE, "?", "医疗", "教育", "", "无", "", "", "")))) == []


def test_a_correction_stands_against_several_annotators_and_at_the_next_import(
    sheet: Sheet, put: Callable[..., Path], labels: Labels, plan: Plan
) -> None:
    readings = {who: {"domain": ["housing"], "misconduct": []} for who in ("anna", "ben")}
    given = put("labels.jsonl", [{"id": "1", "text": LAMP, "domain": ["housing"], "readings": readings}])
    path = sheet(("1", LAMP, "?", "住房城建", "", "交通运输", "无", "", "", ""))
    merged = labels(given, path)
    again = put("again.jsonl", to_line(merged.reports[0], plan.taxonomy) + "\n")

    assert held(merged) == held(labels(again)) == [{"domain": {"transport"}, "misconduct": set()}]
    assert merged.draws == []


def test_a_correction_of_a_covered_report_is_one_of_the_report_itself(
    sheet: Sheet, put: Callable[..., Path], read: Read, plan: Plan
) -> None:
    named, unnamed = f"我叫王小明。{LAMP}", f"我叫李四。{QUEUE}"
    labelled = put("labels.jsonl", [
        {"id": "1", "text": named, "domain": ["housing"]}, {"text": unnamed, "domain": ["medical"]},
        {"id": "3", "text": f"我叫赵大勇。{STAMP}", "domain": ["rural"]},
    ])  # fmt: skip
    blank = ("?", "", "", "交通运输", "", "", "", "")
    path = sheet(
        ("1", f"我叫【姓名】。{LAMP}", *blank),
        ("", f"我叫【姓名】。 {QUEUE}", *blank),
        ("", "我叫【姓名】。没有这一件", *blank),
    )
    readings = [one for file in (labelled, path) for one in read(file)[0]]
    found = merge(settle(uncovered(readings), plan.names).votes, plan.taxonomy).reports

    assert [(one.labelled.report.text, one.labelled.labels["domain"]) for one in found] == [
        (named, {"transport"}), (unnamed, {"transport"}), (f"我叫赵大勇。{STAMP}", {"rural"}),
        ("我叫【姓名】。没有这一件", {"transport"}),
    ]  # fmt: skip


@pytest.mark.parametrize("cover", ["村支书【被反映人】", "【职务】【被反映人】"])
def test_a_report_whose_officials_are_covered_too_is_found(
    sheet: Sheet, put: Callable[..., Path], read: Read, cover: str
) -> None:
    text = f"我叫王小明，村支书赵大海不管。{LAMP}"
    labelled = put("labels.jsonl", [{"text": text, "domain": ["housing"]}])
    shown = f"我叫【姓名】，{cover}不管。{LAMP}"
    path = sheet(("", shown, "?", "", "", "交通运输", "", "", "", ""))
    readings = [one for file in (labelled, path) for one in read(file)[0]]

    assert [one.report.text for one in uncovered(readings)] == [text, text]


def test_a_covered_report_that_may_be_one_of_two_is_neither(
    sheet: Sheet, put: Callable[..., Path], read: Read
) -> None:
    labelled = put("labels.jsonl", [{"text": f"我叫{who}。", "domain": []} for who in ("王小明", "李四")])
    path = sheet(("", "我叫【姓名】。", "?", "", "", "交通运输", "", "", "", ""))
    readings = [one for file in (labelled, path) for one in read(file)[0]]

    assert uncovered(readings) == readings
