"""Writers: reports and their predictions to JSONL, CSV or XLSX, and the file that takes the rejected rows."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol, TextIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.cell.cell import Cell as BookCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from data.report import BadRow, Report
from data.taxonomy import Taxonomy
from model.prediction import Prediction, Tag

Cell = str | int | float
INPUT = {"id": "编号", "title": "标题", "text": "内容", "channel": "渠道", "time": "时间", "region": "区域"}
STATE = ("证据", "需人工复核", "复核原因", "未读字数", "模型版本")
BETWEEN = "；"
CELL_LIMIT = 32_767  # UTF-16 units in one cell of a workbook
CUT_MARK = "…（单元格上限，全文见原件）"
SHEET_LIMIT = 1_048_576  # rows of one sheet
HELD = 512  # rows looked at before the headings are fixed: objects of one JSONL file may differ in keys
# The full-width ones too: some spreadsheets read them like the others.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_REASONS = {"low_confidence": "{}把握不足", "no_label": "未识别{}", "unread": "有未读文字"}


class Writer(Protocol):
    """Takes predictions in the order of the reports."""

    def write(self, report: Report, prediction: Prediction) -> None:
        """Take one report."""

    def close(self) -> list[str]:
        """Finish; give remarks for the user (Chinese, without a report's words)."""


class JsonlWriter:
    """Prediction.to_dict(), one a line."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, report: Report, prediction: Prediction) -> None:
        """Write one line."""
        self._out.write(json.dumps(prediction.to_dict(), ensure_ascii=False) + "\n")

    def close(self) -> list[str]:
        """Flush."""
        self._out.flush()
        return []


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
        self._csv.writerow([disarm(cell) if isinstance(cell, str) else cell for cell in row])


class XlsxWriter(_TableWriter):
    """A workbook, streamed to disk; all words are strings, never formulas."""

    def __init__(self, path: Path, taxonomy: Taxonomy) -> None:
        super().__init__(taxonomy)
        self._path, self._book = path, Workbook(write_only=True)
        self._sheet: WriteOnlyWorksheet | None = None
        self._headings: Sequence[str] = ()
        self._rows = self._cut = 0

    def close(self) -> list[str]:
        """Write what waits and save."""
        remarks = super().close()
        self._book.save(self._path)
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
        text = _NOT_XML.sub("", ILLEGAL_CHARACTERS_RE.sub("", text))
        kept = cut_cell(text)
        self._cut += kept != text
        cell = WriteOnlyCell(sheet, kept)
        cell.data_type = "s"  # openpyxl takes "=..." for a formula and "#N/A" for an error
        # Without it a formula would come alive when someone edits the cell.
        cell.quotePrefix = kept.startswith(_FORMULA)
        return cell


class Rejects:
    """Rows that could not be read: counted, and kept in a file beside the output where there is one."""

    def __init__(self, path: Path | None, stack: ExitStack) -> None:
        """Take the file's path, or None; the file is made with the first row and ends with the stack."""
        self.path, self.count = path, 0
        self._stack = stack
        self._out: TextIO | None = None

    def add(self, bad: BadRow) -> None:
        """Take one row."""
        self.count += 1
        if self.path is None:
            return
        if self._out is None:
            part = self._stack.enter_context(whole_file(self.path))
            self._out = self._stack.enter_context(open_text(part))
        shape = {"file": bad.file, "row": bad.row, "reason": bad.reason, "message": bad.message}
        self._out.write(json.dumps({**shape, "raw": dict(bad.raw)}, ensure_ascii=False) + "\n")


def evidence_text(prediction: Prediction) -> str:
    """All evidence of a prediction: 不作为：“…”“…”；弄虚作假：“…”."""
    parts = []
    for tag in (tag for tags in prediction.tags.values() for tag in tags if tag.evidence):
        words = "".join(f"“{' '.join(evidence.text.split())}”" for evidence in tag.evidence)
        parts.append(f"{tag.name}：{words}")
    return BETWEEN.join(parts)


def reasons(prediction: Prediction, taxonomy: Taxonomy) -> list[str]:
    """The review reasons in Chinese; a code that is not known here is shown as it is."""
    names = {axis.id: axis.name for axis in taxonomy.axes}
    found = []
    for code in prediction.review_reasons:
        axis, _, reason = code.rpartition(":")
        name = names.get(axis, axis)
        fallback = f"{name}：{reason}" if name else reason
        found.append(_REASONS[reason].format(name) if reason in _REASONS else fallback)
    return found


def disarm(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def cut_cell(text: str) -> str:
    """Cut a text to what a workbook's cell holds, and say so at its end."""
    if 2 * len(text) <= CELL_LIMIT or _units(text) <= CELL_LIMIT:
        return text
    kept = text.encode("utf-16-le")[: 2 * (CELL_LIMIT - _units(CUT_MARK))].decode("utf-16-le", "ignore")
    return kept + CUT_MARK


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path`: it takes the path's place at the end, or goes on an error."""
    path = Path(os.path.realpath(path))
    # A rename would put a file in the place of /dev/null or of a named pipe.
    if path.exists() and not path.is_file() and not path.is_dir():
        yield path
        return
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "", str(path))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def open_text(path: Path) -> TextIO:
    """Open a file to write UTF-8 with line ends as given."""
    return path.open("w", encoding="utf-8", errors="replace", newline="")


def _scores(tags: Sequence[Tag]) -> Cell:
    # One score is a number, so that a spreadsheet can sort and filter by it.
    found = [round(tag.score, 4) for tag in tags]
    return found[0] if len(found) == 1 else BETWEEN.join(str(score) for score in found)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
