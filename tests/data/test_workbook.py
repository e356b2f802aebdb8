"""Workbooks as they come from an office."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from data import archive
from data.errors import BrokenFile, EmptyFile, SuspiciousFile, UnknownColumns, UnknownSheet
from data.readers import read_reports, sheets_left
from data.report import BadRow, Report

ROWS: list[list[object]] = [
    ["编号", "标题", "内容", "受理时间", "件数"],
    [20260101001, "路灯", "坏了", None, 2],
]


def book(path: Path, **sheets: Sequence[Sequence[object]]) -> Path:
    """Write a workbook with these sheets."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def test_numbers_dates_and_blanks_are_written_as_people_do(tmp_path: Path) -> None:
    """No ".0" on ids, ISO dates, a time only where there is one."""
    rows: list[list[object]] = [
        *ROWS,
        ["A-1", None, "井盖", datetime.datetime(2026, 3, 1, 8, 30), 1.5],
        [None, None, "噪声", datetime.date(2026, 3, 2), None],
    ]
    first, second, third = read_reports(book(tmp_path / "a.xlsx", s=rows))
    assert first == Report("20260101001", "坏了", title="路灯", extra={"件数": "2"})
    assert second == Report("A-1", "井盖", time="2026-03-01T08:30:00", extra={"件数": "1.5"})
    assert third == Report("a.xlsx:4", "噪声", time="2026-03-02", extra={"件数": ""})


def test_banners_and_blank_rows_above_the_headings_are_passed_over(tmp_path: Path) -> None:
    """Row numbers stay those on the screen."""
    rows: list[list[object]] = [[], ["某市二〇二六年来信内容汇总"], [], *ROWS, [], ["7", None, None]]
    first, second = read_reports(book(tmp_path / "a.xlsx", s=rows))
    assert isinstance(first, Report) and first.text == "坏了"
    assert isinstance(second, BadRow) and (second.row, second.reason) == (7, "no_text")


def test_columns_that_start_further_right_are_found(tmp_path: Path) -> None:
    """A margin column is no column."""
    rows = [[None, None, *row] for row in ROWS]
    (report,) = read_reports(book(tmp_path / "a.xlsx", s=rows))
    assert isinstance(report, Report) and report.id == "20260101001"


def test_the_first_sheet_that_maps_is_read(tmp_path: Path) -> None:
    """A page of remarks, in one column, does not count while a table is there."""
    path = book(tmp_path / "a.xlsx", 说明=[["填表说明"], ["请逐行填写。"]], 空=[], 数据=ROWS, 其他=ROWS * 2)
    assert len(list(read_reports(path))) == 1


def test_a_named_sheet_is_read(tmp_path: Path) -> None:
    """And a wrong name lists those there are."""
    path = book(tmp_path / "a.xlsx", 一=ROWS, 二=[ROWS[0], [1, None, "井盖"]])
    (report,) = read_reports(path, sheet="二")
    assert isinstance(report, Report) and report.text == "井盖"
    with pytest.raises(UnknownSheet, match="一, 二"):
        list(read_reports(path, sheet="三"))


def test_a_sheet_of_one_column_is_read_where_it_is_all_there_is(tmp_path: Path) -> None:
    """The only column is the text."""
    made = list(read_reports(book(tmp_path / "a.xlsx", s=[["诉求"], ["路灯坏了"]])))
    assert made == [Report("a.xlsx:2", "路灯坏了")]


def test_sheets_with_reports_that_are_not_read_are_named(tmp_path: Path) -> None:
    """Not those without a row, without a text or with remarks alone; none where the user has chosen."""
    path = book(
        tmp_path / "a.xlsx", 填表说明=[["请逐项填写"], ["不要合并单元格"]], 一月=ROWS,
        单位=[["代码", "单位"], [1, "街道"]], 二月=ROWS, 三月=ROWS[:1], 四月=[["四月汇总"], *ROWS],
    )  # fmt: skip
    assert [row.id for row in read_reports(path) if isinstance(row, Report)] == ["20260101001"]
    assert sheets_left(path) == ["二月", "四月"]
    assert sheets_left(path, named=False) == ["第 4 张", "第 6 张"]
    assert sheets_left(path, sheet="二月") == [] == sheets_left(tmp_path / "a.csv")


def test_sheets_of_one_column_are_named_where_there_are_no_others(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", a=[["内容"], ["路灯坏了"]], b=[["内容"], ["井盖坏了"]])
    assert sheets_left(path) == ["b"]
    assert sheets_left(book(tmp_path / "b.xlsx", a=ROWS)) == []


def test_no_sheet_that_maps_is_an_error_with_the_headings(tmp_path: Path) -> None:
    """An empty sheet before it does not hide them."""
    with pytest.raises(UnknownColumns, match="受理号, 来电人"):
        list(read_reports(book(tmp_path / "a.xlsx", 空=[], s=[["受理号", "来电人"], [1, 2]])))
    with pytest.raises(EmptyFile):
        list(read_reports(book(tmp_path / "a.xlsx", 空=[])))


def test_the_old_format_is_read(tmp_path: Path) -> None:
    """.xls, also under the new suffix."""
    xlwt = pytest.importorskip("xlwt", reason="xlwt writes the .xls file")
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("s")
    for r, row in enumerate(ROWS):
        for c, cell in enumerate(row):
            sheet.write(r, c, cell)
    for name in ("a.xls", "b.xlsx"):
        workbook.save(str(tmp_path / name))
        (report,) = read_reports(tmp_path / name)
        assert report == Report("20260101001", "坏了", title="路灯", extra={"件数": "2"})


def test_a_new_workbook_under_the_old_suffix_is_read(tmp_path: Path) -> None:
    """The content decides."""
    path = book(tmp_path / "a.xlsx", s=ROWS).rename(tmp_path / "a.xls")
    assert len(list(read_reports(path))) == 1


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_delimited_text_called_xls_is_read(tmp_path: Path, encoding: str) -> None:
    """Many systems export so."""
    path = tmp_path / "a.xls"
    path.write_bytes("编号\t内容\n1\t路灯\n".encode(encoding))
    assert list(read_reports(path)) == [Report("1", "路灯")]


def test_a_web_page_called_xls_is_refused_with_advice(tmp_path: Path) -> None:
    """Saving it again makes a workbook."""
    path = tmp_path / "a.xls"
    path.write_text("<html><table><tr><td>内容</td></tr></table></html>", encoding="utf-8")
    with pytest.raises(BrokenFile, match=r"save it as .xlsx"):
        list(read_reports(path))


def test_half_a_workbook_is_broken(tmp_path: Path) -> None:
    """A download that stopped."""
    path = book(tmp_path / "a.xlsx", s=ROWS)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(BrokenFile, match=r"a.xlsx"):
        list(read_reports(path))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """By ratio, and by size."""
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/worksheets/sheet1.xml", bytes(1 << 25))
    with pytest.raises(SuspiciousFile, match="33554432 bytes"):
        list(read_reports(path))


def test_the_size_alone_is_enough_to_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the ratio."""
    path = book(tmp_path / "a.xlsx", s=ROWS)
    monkeypatch.setattr(archive, "MAX_BYTES", 1000)
    with pytest.raises(SuspiciousFile):
        archive.check_archive(path)


def test_two_cells_in_opposite_corners_are_refused(tmp_path: Path) -> None:
    """The reader would lay out seventeen thousand million cells."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["编号", "内容"])
    sheet.cell(1_048_576, 16_384, "x")
    workbook.save(tmp_path / "a.xlsx")
    with pytest.raises(SuspiciousFile, match="row 1048576 and column 16384"):
        list(read_reports(tmp_path / "a.xlsx"))


def test_a_wide_sheet_of_ordinary_height_is_read(tmp_path: Path) -> None:
    """Sixty columns are no attack."""
    rows = [["编号", "内容", *(f"列{n}" for n in range(60))], ["1", "路灯", *["x"] * 60]]
    assert len(list(read_reports(book(tmp_path / "a.xlsx", s=rows)))) == 1


def test_an_open_document_is_read(tmp_path: Path) -> None:
    """.ods, as LibreOffice writes it."""
    row = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
        for cell in ("{}", "{}")
    )
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    rows = "".join(
        f"<table:table-row>{row.format(*cells)}</table:table-row>"
        for cells in (("编号", "内容"), ("7", "路灯"))
    )
    content = (
        f"<office:document-content{names}><office:body><office:spreadsheet>"
        f'<table:table table:name="s">{rows}</table:table>'
        f"</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("content.xml", content)
        file.writestr("META-INF/manifest.xml", "<manifest/>")
    assert list(read_reports(tmp_path / "a.ods")) == [Report("7", "路灯")]


def test_merged_headings_are_those_of_each_column(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    for row in (["内容", "备注", None], ["路灯坏了", "急", "已派单"], [None, "催", None]):
        workbook.active.append(row)
    workbook.active.merge_cells("B1:C1")
    workbook.active.merge_cells("A2:A3")
    workbook.save(tmp_path / "a.xlsx")
    whole, part = read_reports(tmp_path / "a.xlsx")

    assert isinstance(whole, Report) and dict(whole.extra) == {"备注": "急", "备注 (2)": "已派单"}
    assert isinstance(part, BadRow) and part.reason == "merged_cells"
    assert part.message.startswith("文件 a.xlsx 第 3 行：“内容”一栏和上面的行合并成了一格")
