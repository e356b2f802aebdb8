"""A hotline's own table: its label columns are found or named, its cells split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from data.errors import UnknownColumns, UnknownLabels
from data.imports.plan import Blank, Plan
from data.imports.reading import ANY
from tests.data.imports.conftest import LAMP, QUEUE, STAMP, Labels, Read, held

Put = Callable[..., Path]


def test_columns_called_as_the_axes_are_found(put: Put, labels: Labels) -> None:
    path = put(
        "热线.csv",
        f"工单编号,诉求内容,领域,领域2,作风与违纪问题,电话\n"
        f"A1,{LAMP},住房城建,交通,不作为、慢作为；推诿,13900000000\nA2,{QUEUE},medical,,无,\nA3,{STAMP},三农,,,\n",
        "gb18030",
    )
    merged = labels(path)

    assert held(merged) == [
        {"domain": {"housing", "transport"}, "misconduct": {"inaction", "evasion"}},
        {"domain": {"medical"}, "misconduct": set()},
        {"domain": {"rural"}, "misconduct": None},
    ]
    report = merged.reports[0].labelled.report
    assert (report.id, report.text, dict(report.extra)) == ("A1", LAMP, {})


def test_a_workbook_is_read(tmp_path: Path, labels: Labels) -> None:
    book = Workbook()
    book.active.append(["内容", "领域（必填）", "Misconduct"])
    book.active.append([LAMP, "住建", "拖延|踢皮球"])
    book.save(tmp_path / "热线.xlsx")

    assert held(labels(tmp_path / "热线.xlsx")) == [
        {"domain": {"housing"}, "misconduct": {"inaction", "evasion"}}
    ]


def test_named_columns_win(put: Put, labels: Labels, plan: Plan) -> None:
    path = put("a.csv", f"内容,诉求主题,领域\n{LAMP},城管问题,教育\n")
    named = replace(plan, labels=(("domain", "诉求主题"),))

    assert held(labels(path, plan=named)) == [{"domain": {"housing"}, "misconduct": None}]


def test_one_column_may_hold_labels_of_all_axes(put: Put, labels: Labels) -> None:
    path = put("a.csv", f"内容,标签\n{LAMP},住建；不作为\n{QUEUE},医疗\n{STAMP},\n")

    assert held(labels(path)) == [
        {"domain": {"housing"}, "misconduct": {"inaction"}},
        {"domain": {"medical"}, "misconduct": set()},
    ]


def test_a_blank_cell_may_mean_that_nothing_holds(put: Put, labels: Labels, plan: Plan) -> None:
    path = put("a.csv", f"内容,领域,作风与违纪问题\n{LAMP},住建,\n")

    assert held(labels(path, plan=replace(plan, blank=Blank.none)))[0]["misconduct"] == set()
    assert held(labels(path))[0]["misconduct"] is None


def test_a_correction_beside_the_label_wins(put: Put, labels: Labels) -> None:
    path = put("a.csv", f"内容,领域,领域（更正）\n{LAMP},教育,住建\n{QUEUE},医疗,\n")

    assert [one["domain"] for one in held(labels(path))] == [{"housing"}, {"medical"}]


@pytest.mark.parametrize(
    "heading",
    ["领域（修正）", "人工复核领域", "领域 最终标签", "领域（专家核定意见）", "domain_final", "应为领域"],
)
def test_a_correction_goes_by_many_names(put: Put, labels: Labels, heading: str) -> None:
    path = put("a.csv", f"内容,领域,{heading}\n{LAMP},教育,住建\n{QUEUE},医疗,\n")

    assert [one["domain"] for one in held(labels(path))] == [{"housing"}, {"medical"}]


def test_a_further_column_of_an_axis_is_no_correction(put: Put, labels: Labels) -> None:
    path = put("a.csv", f"内容,领域,领域（可多选）2,领域复核人\n{LAMP},住建,交通,小王\n")

    assert held(labels(path))[0]["domain"] == {"housing", "transport"}


def test_annotators_are_kept(put: Put, read: Read) -> None:
    readings, _ = read(put("a.csv", f"内容,领域,标注人\n{LAMP},住建,甲\n{LAMP},交通,乙\n"))

    assert [one.annotator for one in readings] == ["甲", "乙"]


def test_json_lines_with_label_keys_are_a_table_too(put: Put, labels: Labels) -> None:
    path = put("a.jsonl", [{"内容": LAMP, "领域": "住建"}, {"内容": QUEUE, "领域": ["医疗"][0]}])

    assert [one["domain"] for one in held(labels(path))] == [{"housing"}, {"medical"}]


def test_bad_rows_do_not_stop_the_file(put: Put, read: Read) -> None:
    readings, bad = read(put("a.csv", f"内容,领域\n,住建\n{LAMP},住建\n"))

    assert [(one.row, one.reason) for one in bad] == [(2, "no_text")]
    assert [one.report.row for one in readings] == [3]


def test_without_label_columns_the_error_says_which_could_be(put: Put, read: Read) -> None:
    path = put("a.csv", f"内容,一级分类,备注\n{LAMP},住建,甲\n{QUEUE},医疗,乙\n")

    with pytest.raises(UnknownColumns, match=r"--label-column domain=一级分类 \(2 of 2 cells"):
        read(path)


def test_a_named_column_that_is_not_there_is_an_error(put: Put, read: Read, plan: Plan) -> None:
    path = put("a.csv", f"内容,领域\n{LAMP},住建\n")

    with pytest.raises(UnknownColumns, match="no column is called '分类'"):
        read(path, plan=replace(plan, labels=((ANY, "分类"),)))


def test_unknown_labels_are_an_error_for_all_of_them(put: Put, labels: Labels) -> None:
    path = put("a.csv", f"内容,领域\n{LAMP},住建；城乡\n{QUEUE},城乡\n{STAMP},火星\n")

    with pytest.raises(UnknownLabels) as caught:
        labels(path)
    assert caught.value.counts == {("domain", "城乡"): 2, ("domain", "火星"): 1}


def test_a_column_for_each_label_may_be_ticked(put: Put, labels: Labels) -> None:
    path = put("a.csv", f"内容,教育,医疗,住建,退役军人\n{LAMP},0,0,1,\n{QUEUE},否,√,,1\n{STAMP},,,,是\n")

    assert held(labels(path)) == [
        {"domain": {"housing"}, "misconduct": None},
        {"domain": {"medical", "social_security"}, "misconduct": None},
        {"domain": {"social_security"}, "misconduct": None},
    ]


def test_a_lone_column_called_as_a_label_is_is_none(put: Put, labels: Labels) -> None:
    path = put("a.csv", f"内容,领域,退役军人\n{LAMP},住建,是\n")

    assert held(labels(path)) == [{"domain": {"housing"}, "misconduct": None}]


def test_a_named_key_may_be_missing_in_some_objects(put: Put, labels: Labels, plan: Plan) -> None:
    path = put("a.jsonl", [{"内容": LAMP, "分类": "住建"}, {"内容": QUEUE}])

    assert len(labels(path, plan=replace(plan, labels=(("domain", "分类"),))).reports) == 1


def test_labels_may_stand_in_a_list(put: Put, tmp_path: Path, labels: Labels) -> None:
    """As in JSON, and in Parquet, where `petition bulk` writes them so."""
    cells = {"领域": [["住建", "交通"], [], None], "作风与违纪问题": [["无"], ["不作为、慢作为"], ["推诿"]]}
    rows = [{"内容": text, **{axis: held[n] for axis, held in cells.items()}}
            for n, text in enumerate((LAMP, QUEUE, STAMP))]  # fmt: skip
    pq.write_table(pa.table({"内容": [LAMP, QUEUE, STAMP], **cells}), tmp_path / "a.parquet")

    for path in (put("a.jsonl", rows), tmp_path / "a.parquet"):
        assert held(labels(path)) == [
            {"domain": {"housing", "transport"}, "misconduct": set()},
            {"domain": None, "misconduct": {"inaction"}},
            {"domain": None, "misconduct": {"evasion"}},
        ]


def test_a_first_row_of_words_is_not_quoted(put: Put, labels: Labels, plan: Plan) -> None:
    """Where a cell of a table without headings is called as a column of texts is, its row passes for one."""
    path = put("a.csv", f"张某某,诉求,举报路灯坏了村支书不修\n李某某,诉求,{LAMP}\n")
    for one in (plan, replace(plan, labels=(("domain", "分类"),))):
        with pytest.raises(UnknownColumns, match=r"usual heading|诉求 and 2 that are not usual") as caught:
            labels(path, plan=one)
        assert "张某某" not in str(caught.value) and "路灯" not in str(caught.value)


def test_keys_of_objects_without_labels_are_listed(put: Put, labels: Labels) -> None:
    path = put("a.jsonl", [{"内容": LAMP, "甲": "x", "乙": "y"}])
    with pytest.raises(UnknownColumns, match=r"none is taken for labels.*; keys found: 甲, 乙"):
        labels(path)


def sheet(path: Path, rows: Sequence[Sequence[object]], merged: str) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged.split():
        book.active.merge_cells(cells)
    book.save(path)
    return path


def test_a_heading_merged_over_columns_is_that_of_each(tmp_path: Path, labels: Labels) -> None:
    rows = [
        ["编号", "内容", "领域", None, "作风与违纪问题", None],
        ["A1", LAMP, "住房城建", "交通", "不作为", "推诿"],
        ["A2", QUEUE, "医疗", None, "无", None],
    ]

    assert held(labels(sheet(tmp_path / "a.xlsx", rows, "C1:D1 E1:F1"))) == [
        {"domain": {"housing", "transport"}, "misconduct": {"inaction", "evasion"}},
        {"domain": {"medical"}, "misconduct": set()},
    ]


def test_a_column_without_a_heading_goes_on_with_the_labels_before_it(put: Put, labels: Labels) -> None:
    path = put("a.csv", f"领域,,,内容,作风与违纪问题,\n住建,交通,,{LAMP},推诿,\n医疗,,,{QUEUE},,\n")
    remarks = put("b.csv", f"内容,领域,,电话\n{LAMP},住建,已核对,1\n")

    assert held(labels(path))[0] == {"domain": {"housing", "transport"}, "misconduct": {"evasion"}}
    assert held(labels(remarks)) == [{"domain": {"housing"}, "misconduct": None}]


def test_headings_in_two_rows_are_read(tmp_path: Path, labels: Labels) -> None:
    rows = [
        ["某市热线标注表"],
        ["编号", "内容", "领域", None, None, "标注", None],
        [None, None, "教育", "住房城建", "交通", "作风与违纪问题", "备注"],
        ["A1", LAMP, None, "√", "√", "不作为；推诿", "急"],
        ["A2", STAMP, None, None, None, "无", None],
    ]

    assert held(labels(sheet(tmp_path / "a.xlsx", rows, "A1:G1 A2:A3 B2:B3 C2:E2 F2:G2"))) == [
        {"domain": {"housing", "transport"}, "misconduct": {"inaction", "evasion"}},
        {"domain": None, "misconduct": set()},
    ]


def test_rows_whose_text_is_one_merged_cell_are_one_report(
    tmp_path: Path, read: Read, labels: Labels
) -> None:
    rows = [
        ["编号", "内容", "领域", "作风与违纪问题"],
        ["A1", LAMP, "住房城建", "不作为"],
        [None, None, "交通", "推诿"],
        ["A2", QUEUE, "医疗", None],
        [None, None, "教育", "推诿"],
    ]
    path = sheet(tmp_path / "a.xlsx", rows, "A2:A3 B2:B3")

    assert held(labels(path)) == [
        {"domain": {"housing", "transport"}, "misconduct": {"inaction", "evasion"}},
        {"domain": {"medical"}, "misconduct": None},
    ]
    assert [(bad.row, bad.reason) for bad in read(path)[1]] == [(5, "no_text")]


def test_a_merged_row_below_one_that_cannot_be_read_is_given_to_no_other(tmp_path: Path, read: Read) -> None:
    rows = [["内容", "领域"], [LAMP, "住建"], [None, "教育"], [None, "交通"]]
    readings, bad = read(sheet(tmp_path / "a.xlsx", rows, "A3:A4"))

    assert [list(one.given["domain"] or ()) for one in readings] == [["住建"]]
    assert [(one.row, one.reason) for one in bad] == [(3, "no_text"), (4, "merged_cells")]


def test_label_studios_csv_is_read(put: Put, labels: Labels) -> None:
    path = put(
        "project.csv",
        "annotation_id,annotator,domain,id,lead_time,misconduct,text\n"
        f'1,2,"{{""choices"":[""住房城建"",""交通""]}}",7,3.5,不作为、慢作为,{LAMP}\n',
    )

    assert held(labels(path)) == [{"domain": {"housing", "transport"}, "misconduct": {"inaction"}}]


def test_objects_in_a_list_are_labels_or_unknown(put: Put, labels: Labels) -> None:
    good = put("a.jsonl", [{"内容": LAMP, "领域": [{"label": "住建"}]}])
    odd = put("b.jsonl", [{"内容": LAMP, "领域": [{"name": "住建"}]}])

    assert held(labels(good)) == [{"domain": {"housing"}, "misconduct": None}]
    with pytest.raises(UnknownLabels):
        labels(odd)
