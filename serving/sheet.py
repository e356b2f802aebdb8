"""Sheets: rows of cells to CSV or a workbook, streamed to disk, safe to open; same rows, same bytes."""

from __future__ import annotations

import csv
import datetime
import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TextIO

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.worksheet import Worksheet

from serving.cell import CELL_LIMIT, cut_cell, disarm, is_formula, printable

Cell = str | int | float
SHEET_LIMIT = 1_048_576  # rows of one sheet
_WIDE = (
    "内容",
    "正文",
    "详情",
    "描述",
    "证据",
    "text",
    "content",
    "evidence",
)  # how headings of long texts end
_UNDATED = datetime.datetime(2000, 1, 1)


class CsvSheet:
    """CSV for spreadsheets: UTF-8 with BOM; a cell that would be a formula gets an apostrophe in front."""

    def __init__(self, out: TextIO, headings: Sequence[str]) -> None:
        """Write the headings."""
        self._out = out
        out.write("\ufeff")
        self._csv = csv.writer(out)
        self.row(headings)

    def row(self, cells: Sequence[Cell]) -> None:
        """Write one row."""
        self._csv.writerow([disarm(printable(cell)) if isinstance(cell, str) else cell for cell in cells])

    def close(self) -> list[str]:
        """Flush; give remarks for the user (Chinese)."""
        self._out.flush()
        return []


class BookSheet:
    """A workbook; all words are strings, never formulas. A full sheet goes on in the next."""

    def __init__(self, out: Path | BinaryIO, headings: Sequence[str], scratch: Path | None = None) -> None:
        """Open a workbook that `close` writes.

        Args:
            out: the file, replaced; or a buffer, and then nothing is written to disk meanwhile.
            headings: of every sheet.
            scratch: folder for what waits to be packed, as large as the rows are; by default the system's.
        """
        self._clean: Callable[[], object] = lambda: None
        if isinstance(out, Path):
            waiting = tempfile.mkdtemp(dir=scratch, prefix=".sheet-")
            options = {"constant_memory": True, "tmpdir": waiting, "use_zip64": True}
            self._book = xlsxwriter.Workbook(str(out), options)
            # What waits holds reports' words: it goes with this object, however that ends.
            self._clean = weakref.finalize(self, _forget, self._book, waiting)
        else:
            self._book = xlsxwriter.Workbook(out, {"in_memory": True})
        # Its own date would make every run's bytes differ.
        self._book.set_properties({"created": _UNDATED})
        self._bold = self._book.add_format({"bold": True})
        # The apostrophe of a workbook: without it a formula would come alive when someone edits the cell.
        self._quoted = self._book.add_format({"quote_prefix": True})
        self._bold_quoted = self._book.add_format({"bold": True, "quote_prefix": True})
        self._headings = headings
        self._cut = 0
        self._begin()

    def row(self, cells: Sequence[Cell]) -> None:
        """Write one row."""
        if self._rows == SHEET_LIMIT:
            self._begin()
        self._write(cells, None, self._quoted)

    def close(self) -> list[str]:
        """Pack the workbook; give remarks for the user (Chinese).

        Raises:
            OSError: it cannot be written.
        """
        try:
            pack(self._book)
        finally:
            self._clean()
        if not self._cut:
            return []
        return [f"有 {self._cut} 个单元格超过 {CELL_LIMIT} 字的上限，已截短并注明；全文见原件。"]

    def _begin(self) -> None:
        self._sheet = self._book.add_worksheet(f"结果{len(self._book.worksheets()) + 1}")
        self._sheet.freeze_panes(1, 0)
        for place, heading in enumerate(self._headings):
            self._sheet.set_column(place, place, 60 if heading.endswith(_WIDE) else 2 * len(heading) + 6)
        self._rows = 0
        self._write(self._headings, self._bold, self._bold_quoted)

    def _write(self, cells: Sequence[Cell], plain: object, quoted: object) -> None:
        sheet, row = self._sheet, self._rows
        for place, cell in enumerate(cells):
            if isinstance(cell, str):
                self._cut += put_words(sheet, row, place, cell, plain, quoted)
            else:
                sheet.write_number(row, place, cell, plain)
        self._rows += 1


def put_words(sheet: Worksheet, row: int, place: int, words: str, plain: object, quoted: object) -> bool:
    """Write words into a cell, as a string whatever they look like; tell whether they had to be cut.

    Never a formula, a number, a link or an error; an empty cell is left out.

    Args:
        plain: the cell's format.
        quoted: the same with the apostrophe, for words that someone's edit would make a formula.
    """
    text = printable(words)
    kept = cut_cell(text)
    if kept:
        sheet.write_string(row, place, kept, quoted if is_formula(kept) else plain)
    return kept != text


def pack(book: xlsxwriter.Workbook) -> None:
    """Write a workbook.

    Raises:
        OSError: it cannot be written.
    """
    try:
        book.close()
    except FileCreateError as error:
        raise error.args[0] from None


def _forget(book: xlsxwriter.Workbook, waiting: str) -> None:
    for sheet in book.worksheets():
        with suppress(OSError):  # on a full disk what it has not written yet cannot be written now either
            sheet.row_data_fh.close()
    shutil.rmtree(waiting, ignore_errors=True)
