"""Tables are safe to open, keep every column and say what they could not hold."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook

from data.readers import read_reports
from data.report import Report
from data.taxonomy import Taxonomy
from model.prediction import Evidence, Prediction, Tag
from serving import sheet
from serving.cell import CELL_LIMIT, CUT_MARK, cut_cell, disarm, printable
from serving.spreadsheet import HELD, CsvWriter, XlsxWriter

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "＋1",
    "－1",
    "＠a",
    " =1",
    "\ufeff=1",
]
HEADINGS = (
    "编号 标题 内容 渠道 时间 区域 领域 领域分数 问题 问题分数 目的 目的分数 "
    "证据 需人工复核 复核原因 未读字数 模型版本"
).split()


def prediction(id: str = "1", **tags: tuple[Tag, ...]) -> Prediction:
    return Prediction(id, {"domain": (), "misconduct": (), "purpose": (), **tags}, False, 0, "tiny@1")


def csv_rows(taxonomy: Taxonomy, *reports: Report, given: Prediction | None = None) -> list[list[str]]:
    out = io.StringIO(newline="")
    writer = CsvWriter(out, taxonomy)
    for report in reports:
        writer.write(report, given or prediction(report.id))
    writer.close()
    assert out.getvalue().startswith("\ufeff")
    return list(csv.reader(io.StringIO(out.getvalue()[1:], newline="")))


def xlsx_rows(path: Path, taxonomy: Taxonomy, *reports: Report) -> tuple[list[tuple[object, ...]], list[str]]:
    writer = XlsxWriter(path, taxonomy)
    for report in reports:
        writer.write(report, prediction(report.id))
    remarks = writer.close()
    book = load_workbook(path)
    return [row for sheet in book.worksheets for row in sheet.iter_rows(values_only=True)], remarks


def test_the_columns_are_those_of_the_report_then_of_the_prediction(
    taxonomy: Taxonomy, tmp_path: Path
) -> None:
    report = Report("1", "内容", "标题", "热线", "2026-03-01", "岭上村")
    heading, row = csv_rows(taxonomy, report)
    assert heading == HEADINGS
    assert row[:6] == ["1", "标题", "内容", "热线", "2026-03-01", "岭上村"]
    assert row[-4:] == ["否", "", "0", "tiny@1"]

    assert list(xlsx_rows(tmp_path / "a.xlsx", taxonomy, report)[0][0]) == HEADINGS


def test_tags_are_names_and_one_score_is_a_number(taxonomy: Taxonomy) -> None:
    given = prediction(
        domain=(Tag("medical", "医疗", 0.81),),
        misconduct=(
            Tag(
                "inaction",
                "不作为",
                0.91,
                (Evidence(0, 4, "没人处理", 0.6), Evidence(5, 9, "推诿\n扯皮", 0.3)),
            ),
            Tag("falsification", "造假", 0.5),
        ),
    )
    row = dict(zip(*csv_rows(taxonomy, Report("1", "x"), given=given), strict=True))

    assert (row["领域"], row["领域分数"]) == ("医疗", "0.81")
    assert (row["问题"], row["问题分数"]) == ("不作为；造假", "0.91；0.5")
    assert row["证据"] == "不作为：“没人处理”“推诿 扯皮”"


def test_other_columns_of_the_input_are_kept_beside_ours(taxonomy: Taxonomy, tmp_path: Path) -> None:
    report = Report("1", "x", extra={"承办单位": "街道", "领域": "旧"})
    heading, row = csv_rows(taxonomy, report)
    assert heading[6:8] == ["承办单位", "领域（原）"] and row[6:8] == ["街道", "旧"]
    assert len(set(heading)) == len(heading)

    rows, _ = xlsx_rows(tmp_path / "a.xlsx", taxonomy, report)
    assert rows[1][6:8] == ("街道", "旧")


def test_no_reports_give_the_headings_alone(taxonomy: Taxonomy, tmp_path: Path) -> None:
    assert csv_rows(taxonomy) == [HEADINGS]
    assert xlsx_rows(tmp_path / "a.xlsx", taxonomy)[0] == [tuple(HEADINGS)]


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_of_a_csv_file_is_a_formula(taxonomy: Taxonomy, cell: str) -> None:
    report = Report(cell, cell, cell, cell, cell, cell, {cell: cell})
    heading, row = csv_rows(taxonomy, report)

    assert heading[6] == f"'{cell}"
    assert row[:7] == [f"'{cell}"] * 7


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_of_a_workbook_is_a_formula(taxonomy: Taxonomy, tmp_path: Path, cell: str) -> None:
    path = tmp_path / "a.xlsx"
    xlsx_rows(path, taxonomy, Report("1", cell, extra={cell: cell}))
    found = load_workbook(path).active
    assert found is not None
    for place in ("C2", "G1", "G2"):
        assert found[place].data_type in ("s", "inlineStr") and found[place].quotePrefix
    assert b"<f>" not in zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("cell", ["路灯", "1-2", "a=b", "（一）", ""])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert disarm(cell) == cell


def test_characters_that_no_spreadsheet_holds_are_left_out(taxonomy: Taxonomy, tmp_path: Path) -> None:
    text = "路\0灯\x07\x1b坏\x0b了\ud800\uffff，\t没\n修"
    assert printable(text) == "路灯坏了，\t没\n修"
    rows, _ = xlsx_rows(tmp_path / "a.xlsx", taxonomy, Report("\0", text))
    assert rows[1][0] in (None, "") and rows[1][2] == "路灯坏了，\t没\n修"

    assert csv_rows(taxonomy, Report("1", text))[1][2] == "路灯坏了，\t没\n修"
    # A control character before a formula hides it only until the character is gone.
    assert csv_rows(taxonomy, Report("1", "\0=1"))[1][2] == "'=1"


def test_what_looks_like_a_number_or_an_error_stays_text(taxonomy: Taxonomy, tmp_path: Path) -> None:
    rows, _ = xlsx_rows(tmp_path / "a.xlsx", taxonomy, Report("00123456789012345678", "#N/A", "1e5"))

    assert rows[1][:3] == ("00123456789012345678", "1e5", "#N/A")


def test_what_looks_like_a_workbooks_escape_is_read_back_as_it_was(
    taxonomy: Taxonomy, tmp_path: Path
) -> None:
    text = "设备_x0041_、_x000d_和_x1_"
    xlsx_rows(tmp_path / "a.xlsx", taxonomy, Report("1", text))
    (report,) = read_reports(tmp_path / "a.xlsx")

    assert isinstance(report, Report) and report.text == text


def test_a_text_beyond_a_cell_is_cut_and_says_so(taxonomy: Taxonomy, tmp_path: Path) -> None:
    long = "灯𠮷" * 20_000
    rows, remarks = xlsx_rows(tmp_path / "a.xlsx", taxonomy, Report("1", long), Report("2", "短"))
    kept = str(rows[1][2])

    assert kept.endswith(CUT_MARK) and long.startswith(kept.removesuffix(CUT_MARK))
    assert CELL_LIMIT - 2 <= len(kept.encode("utf-16-le")) // 2 <= CELL_LIMIT
    assert len(remarks) == 1 and "有 1 个单元格" in remarks[0]
    assert cut_cell("a" * CELL_LIMIT) == "a" * CELL_LIMIT
    assert csv_rows(taxonomy, Report("1", long))[1][2] == long


def test_a_full_sheet_goes_on_in_the_next(
    taxonomy: Taxonomy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "SHEET_LIMIT", 3)
    path = tmp_path / "a.xlsx"
    xlsx_rows(path, taxonomy, *(Report(str(n), "x") for n in range(5)))
    sheets = load_workbook(path).worksheets

    assert [sheet.title for sheet in sheets] == ["结果1", "结果2", "结果3"]
    first = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in sheets]
    assert first == [["编号", "0", "1"], ["编号", "2", "3"], ["编号", "4"]]


def test_fields_that_come_too_late_for_a_column_are_counted(taxonomy: Taxonomy) -> None:
    out = io.StringIO(newline="")
    writer = CsvWriter(out, taxonomy)
    for number in range(HELD + 1):
        extra = {"新": "值"} if number == HELD else {"旧": "值"} if number == HELD - 1 else {}
        writer.write(Report(str(number), "x", extra=extra), prediction(str(number)))
    remarks = writer.close()
    rows = list(csv.DictReader(io.StringIO(out.getvalue().lstrip("\ufeff"), newline="")))

    assert len(rows) == HELD + 1 and rows[HELD - 1]["旧"] == "值" and "新" not in rows[0]
    assert len(remarks) == 1 and "有 1 个字段" in remarks[0]
