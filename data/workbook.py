"""Workbooks (.xlsx, .xls, .ods) to reports."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import python_calamine

from data.archive import check_archive
from data.columns import Columns
from data.delimited import read_delimited
from data.errors import BrokenFile, DataError, EmptyFile, UnknownSheet
from data.intake import Intake, cell_text
from data.merged_cells import MergedCells
from data.report import BadRow, Report
from data.table import HEADING_ROWS, Row, find_heading, reports_of

_BOMS = (b"\xff\xfe", b"\xfe\xff")
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def read_workbook(
    path: Path, columns: Columns, intake: Intake, sheet: str | None
) -> Iterator[Report | BadRow]:
    """Read one sheet of a workbook: the one named, or the first with a heading row that maps.

    A sheet of one column (remarks on how to fill in the form, often) is taken only where no other maps.
    Formulas give their stored values. The sheet is held in memory; its reports are made one by one. Many
    systems write delimited text and call it .xls: that is read as what it is.

    Raises:
        BrokenFile: damaged, locked, or a web page under a workbook's name.
        EmptyFile: no filled cell.
        SuspiciousFile: see `check_archive`.
        UnknownColumns: no sheet has a heading row that maps.
        UnknownSheet: `sheet` is not there.
    """
    with path.open("rb") as file:
        head = file.read(512)
    if not head.startswith((ZIP, OLE)):
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or (b"\0" in head and head[:2] not in _BOMS):
            raise BrokenFile(f"{path}: not a workbook inside; open it in a spreadsheet and save it as .xlsx")
        yield from read_delimited(path, columns, intake)
        return
    if head.startswith(ZIP):
        check_archive(path)
    yield from _read_sheet(path, columns, intake, sheet)


def unread_sheets(path: Path, columns: Columns, named: bool = True) -> list[str]:
    """Names of the sheets with reports that `read_workbook`, which reads one, passes over unasked.

    Where they are not to be `named`, their places (Chinese): one may be called after a reporter. A sheet
    counts if its heading row maps as that of the sheet read does and a row stands below. Each is held in
    memory while it is looked at, one after the other.

    Raises:
        BrokenFile: a sheet is damaged.
    """
    with path.open("rb") as file:
        if not file.read(8).startswith((ZIP, OLE)):
            return []
        file.seek(0)
        try:
            book = python_calamine.CalamineWorkbook.from_filelike(file)
            names = [meta.name for meta in book.sheets_metadata if "WorkSheet" in str(meta.typ)]
        except python_calamine.CalamineError as error:
            raise _broken(path, error) from None
        widths = {name: _usable(book, name, columns, path) for name in names} if len(names) > 1 else {}
    # The reader takes the first of several columns, or else the first of one, and so do these.
    wide = [name for name, width in widths.items() if width > 1]
    narrow = [name for name, width in widths.items() if width == 1]
    left = (wide or narrow)[1:]
    return left if named else [f"第 {names.index(name) + 1} 张" for name in left]


def _usable(book: python_calamine.CalamineWorkbook, name: str, columns: Columns, path: Path) -> int:
    """Columns of a sheet with reports; 0 of any other."""
    rows = _rows(book, name, path)
    first = list(islice(rows, HEADING_ROWS))
    try:
        heading = find_heading(first, columns, name)
    except DataError:
        return 0
    below = (row for row in chain(first, rows) if row.number > heading.number)
    return len(heading.names) if any(cell.strip() for row in below for cell in row.cells) else 0


def read_sheets(path: Path) -> Iterator[tuple[str, Iterator[Sequence[object]]]]:
    """Read every sheet: its name, and its rows of cells as typed in the workbook.

    Raises:
        BrokenFile: damaged, locked, or no workbook inside.
        SuspiciousFile: see `check_archive`.
    """
    with path.open("rb") as file:
        head = file.read(8)
        file.seek(0)
        if not head.startswith((ZIP, OLE)):
            raise BrokenFile(f"{path}: not a workbook inside; give it the suffix of what it is, .csv perhaps")
        if head.startswith(ZIP):
            check_archive(path)
        try:
            book = python_calamine.CalamineWorkbook.from_filelike(file)
            for meta in book.sheets_metadata:
                if "WorkSheet" in str(meta.typ):
                    yield meta.name, iter(book.get_sheet_by_name(meta.name).iter_rows())
        except python_calamine.PasswordError:
            raise BrokenFile(f"{path}: locked with a password; save it without one") from None
        except python_calamine.CalamineError as error:
            raise _broken(path, error) from None


def _read_sheet(path: Path, columns: Columns, intake: Intake, sheet: str | None) -> Iterator[Report | BadRow]:
    with path.open("rb") as file:
        try:
            book = python_calamine.CalamineWorkbook.from_filelike(file)
            names = [meta.name for meta in book.sheets_metadata if "WorkSheet" in str(meta.typ)]
        except python_calamine.PasswordError:
            raise BrokenFile(f"{path}: locked with a password; save it without one") from None
        except python_calamine.CalamineError as error:
            raise _broken(path, error) from None
        if sheet is not None:
            if sheet not in names:
                raise UnknownSheet(f"{path}: no sheet is called {sheet!r}; it has: {', '.join(names)}")
            names = [sheet]
        yield from reports_of(_first_that_maps(book, names, columns, path), columns, intake)


def _first_that_maps(
    book: python_calamine.CalamineWorkbook, names: list[str], columns: Columns, path: Path
) -> Iterator[Row]:
    failure: DataError | None = None
    narrow: str | None = None
    for name in names:
        rows = _rows(book, name, path)
        first = list(islice(rows, HEADING_ROWS))
        try:
            heading = find_heading(first, columns, f"{path}, sheet {name}")
        except EmptyFile as error:
            failure = failure or error
        except DataError as error:
            # That a sheet has the wrong headings says more than that another one is empty.
            failure = error if failure is None or isinstance(failure, EmptyFile) else failure
        else:
            if len(heading.names) > 1 or len(names) == 1:
                return chain(first, rows)
            narrow = narrow or name
    if narrow is not None:
        return _rows(book, narrow, path)
    raise failure or EmptyFile(f"{path}: it has no sheets; give a workbook with reports")


def _rows(book: python_calamine.CalamineWorkbook, name: str, path: Path) -> Iterator[Row]:
    try:
        sheet = book.get_sheet_by_name(name)
        # iter_rows starts with row 1 even where the first rows are blank, so numbers are those on screen.
        merged = MergedCells(sheet.merged_cell_ranges or ())
        for number, cells in enumerate(sheet.iter_rows(), 1):
            yield Row(number, [_text(cell) for cell in cells], merged=merged)
    except python_calamine.CalamineError as error:
        raise _broken(path, error) from None


def _text(cell: object) -> str:
    if isinstance(cell, datetime.datetime):
        # Spreadsheets keep a time as a fraction of a day; its rounding error must not show.
        cell = (cell + datetime.timedelta(microseconds=500_000)).replace(microsecond=0)
    return cell_text(cell)


def _broken(path: Path, error: Exception) -> BrokenFile:
    return BrokenFile(
        f"{path}: not a whole workbook ({type(error).__name__}); open it in a spreadsheet and save it again"
    )
