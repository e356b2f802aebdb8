"""Spreadsheet: reports and their predictions as rows of CSV or of a workbook, safe to open."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, TextIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.cell.cell import Cell as BookCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from data.report import Report
from data.taxonomy import Taxonomy
from model.prediction import Prediction, Tag
from serving.wording import BETWEEN, evidence_text, reasons

Cell = str | int | float
INPUT = {"id": "编号", "title": "标题", "text": "内容", "channel": "渠道", "time": "时间", "region": "区域"}
STATE = ("证据", "需人工复核", "复核原因", "未读字数", "模型版本")
CELL_LIMIT = 32_767  # UTF-16 units in one cell of a workbook
CUT_MARK = "…（单元格上限，全文见原件）"
SHEET_LIMIT = 1_048_576  # rows of one sheet
HELD = 512  # rows looked at before the headings are fixed: objects of one JSONL file may differ in keys
# The full-width ones too: some spreadsheets read them like the others. Blanks before them do not help, since
# some trim.
_FORMULA = re.compile(r"[\t\r\n]|[\s\u200b\ufeff]*[-=+@＝＋－＠]")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")


class Layout:
    """The columns of a table: those of the input, then those of the prediction."""

    def __init__(self, taxonomy: Taxonomy, extras: Sequence[str]) -> None:
        """Fix the headings; an extra column whose heading is one of ours gets （原） behind it."""
        self._taxonomy = taxonomy
        ours = [name for axis in taxonomy.axes for name in (axis.name, f"{axis.name}分数")] + list(STATE)
        taken = {*INPUT.values(), *ours}
        self._extras: dict[str, str] = {}
        for heading in extras:
            name = heading
            while name in taken:
                name += "（原）"
            taken.add(name)
            self._extras[heading] = name
        self.headings = [*INPUT.values(), *self._extras.values(), *ours]
        self.lost: set[str] = set()

    def row(self, report: Report, prediction: Prediction) -> list[Cell]:
        """Give the cells of one report; remember keys that have no column in `lost`."""
        self.lost.update(report.extra.keys() - self._extras.keys())
        row: list[Cell] = [getattr(report, field) for field in INPUT]
        row += [report.extra.get(heading, "") for heading in self._extras]
        for axis in self._taxonomy.axes:
            tags = prediction.tags.get(axis.id, ())
            row += [BETWEEN.join(tag.name for tag in tags), _scores(tags)]
        review = "是" if prediction.needs_review else "否"
        row += [evidence_text(prediction), review, BETWEEN.join(reasons(prediction, self._taxonomy))]
        return [*row, prediction.unread_chars, prediction.model]


class _TableWriter:
    """What CSV and XLSX share: the headings wait for the first reports."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._held: list[tuple[Report, Prediction]] = []
        self._layout: Layout | None = None

    def write(self, report: Report, prediction: Prediction) -> None:
        """Write one row."""
        if self._layout is not None:
            self._row(self._layout.row(report, prediction))
            return
        self._held.append((report, prediction))
        if len(self._held) == HELD:
            self._start()

    def close(self) -> list[str]:
        """Write what waits and finish."""
        layout = self._layout or self._start()
        if not layout.lost:
            return []
        lost = f"有 {len(layout.lost)} 个字段在前 {HELD} 件之后才出现，没有写入表格"
        return [f"{lost}；需要时请用编号对照原件。"]

    def _start(self) -> Layout:
        extras = dict.fromkeys(heading for report, _ in self._held for heading in report.extra)
        self._layout = layout = Layout(self._taxonomy, list(extras))
        self._heading(layout.headings)
        for report, prediction in self._held:
            self._row(layout.row(report, prediction))
        self._held.clear()
        return layout

    def _heading(self, headings: Sequence[str]) -> None:
        self._row(headings)

    def _row(self, row: Sequence[Cell]) -> None:
        raise NotImplementedError


class CsvWriter(_TableWriter):
    """CSV for spreadsheets: UTF-8 with BOM; a cell that would be a formula gets an apostrophe in front."""

    def __init__(self, out: TextIO, taxonomy: Taxonomy) -> None:
        super().__init__(taxonomy)
        self._out = out
        out.write("\ufeff")
        self._csv = csv.writer(out)

    def close(self) -> list[str]:
        """Write what waits and flush."""
        remarks = super().close()
        self._out.flush()
        return remarks

    def _row(self, row: Sequence[Cell]) -> None:
        self._csv.writerow([disarm(printable(cell)) if isinstance(cell, str) else cell for cell in row])


class XlsxWriter(_TableWriter):
    """A workbook, streamed to disk; all words are strings, never formulas."""

    def __init__(self, out: Path | BinaryIO, taxonomy: Taxonomy) -> None:
        super().__init__(taxonomy)
        self._out, self._book = out, Workbook(write_only=True)
        self._sheet: WriteOnlyWorksheet | None = None
        self._headings: Sequence[str] = ()
        self._rows = self._cut = 0

    def close(self) -> list[str]:
        """Write what waits and save."""
        remarks = super().close()
        self._book.save(self._out)
        if self._cut:
            remarks.append(f"有 {self._cut} 个单元格超过 {CELL_LIMIT} 字的上限，已截短并注明；全文见原件。")
        return remarks

    def _heading(self, headings: Sequence[str]) -> None:
        self._headings = headings
        self._sheet = sheet = self._book.create_sheet(f"结果{len(self._book.worksheets) + 1}")
        sheet.freeze_panes = "A2"
        for place, heading in enumerate(headings, 1):
            wide = heading in ("内容", "证据")
            sheet.column_dimensions[get_column_letter(place)].width = 60 if wide else 2 * len(heading) + 6
        cells = [self._cell(sheet, heading) for heading in headings]
        for cell in cells:
            cell.font = Font(bold=True)
        sheet.append(cells)
        self._rows = 1

    def _row(self, row: Sequence[Cell]) -> None:
        if self._sheet is None or self._rows == SHEET_LIMIT:
            self._heading(self._headings)
        assert self._sheet is not None
        self._sheet.append([self._cell(self._sheet, cell) if isinstance(cell, str) else cell for cell in row])
        self._rows += 1

    def _cell(self, sheet: WriteOnlyWorksheet, text: str) -> BookCell:
        text = printable(text)
        kept = cut_cell(text)
        self._cut += kept != text
        return text_cell(sheet, kept)


def text_cell(sheet: WriteOnlyWorksheet, text: str) -> BookCell:
    """Make a workbook's cell that holds words and never runs; the text is printable and short enough."""
    # A workbook reads _x0041_ as the character A; with its underscore escaped it stays what it is.
    cell = WriteOnlyCell(sheet, _ESCAPE.sub("_x005F_", text))
    cell.data_type = "s"  # openpyxl takes "=..." for a formula and "#N/A" for an error
    # The apostrophe of a workbook: without it a formula would come alive when someone edits the cell.
    cell.quotePrefix = _FORMULA.match(text) is not None
    return cell


def disarm(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def printable(text: str) -> str:
    """Leave out what no spreadsheet holds: control characters other than tab and line ends."""
    return _NOT_XML.sub("", ILLEGAL_CHARACTERS_RE.sub("", text))


def cut_cell(text: str) -> str:
    """Cut a text to what a workbook's cell holds, and say so at its end."""
    if 2 * len(text) <= CELL_LIMIT or _units(text) <= CELL_LIMIT:
        return text
    kept = text.encode("utf-16-le")[: 2 * (CELL_LIMIT - _units(CUT_MARK))].decode("utf-16-le", "ignore")
    return kept + CUT_MARK


def _scores(tags: Sequence[Tag]) -> Cell:
    # One score is a number, so that a spreadsheet can sort and filter by it.
    found = [round(tag.score, 4) for tag in tags]
    return found[0] if len(found) == 1 else BETWEEN.join(str(score) for score in found)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
