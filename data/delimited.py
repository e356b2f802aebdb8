"""Delimited text: CSV and its kin to rows, whatever the delimiter, with broken quotes contained."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from pathlib import Path

from data.columns import Columns, are_headings
from data.encoding import main_encoding
from data.errors import DataError
from data.intake import Intake
from data.lines import damage_in, lines_of
from data.report import BadRow, Report
from data.table import HEADING_ROWS, Row, find_heading, reports_of

_DELIMITERS = (",", "\t", ";", "|")
_NO_DELIMITER = "\x1f"  # for a table of one column, whose text may hold any of the above unquoted
_LONGEST_HEADINGS = 10_000  # characters of a heading row; of a longer line no cell is looked at


def read_delimited(path: Path, columns: Columns, intake: Intake) -> Iterator[Report | BadRow]:
    """Stream a CSV, TSV, semicolon or bar separated file; encoding and delimiter are found.

    Quoted cells may hold line breaks. A quote that is never closed costs its own line only: reading starts
    again on the next one. So do bytes that cannot be read, where they are few.

    Raises:
        UnknownEncoding: not text, or damaged in many places or in its headings.
        EmptyFile: no filled cell.
        UnknownColumns: no heading row.
    """
    with closing(lines_of(path, main_encoding(path))) as lines:
        start = list(islice(lines, 20 * HEADING_ROWS))
        delimiter = find_delimiter(start, columns, intake)
        yield from reports_of(split_rows(chain(start, lines), delimiter, intake), columns, intake)


def is_heading_line(line: str, columns: Columns) -> bool:
    """Tell whether a line is the heading row of a table beyond doubt, whatever its delimiter."""
    if len(line) > _LONGEST_HEADINGS:
        return False
    try:
        rows = [next(csv.reader([line], delimiter=delimiter), []) for delimiter in _DELIMITERS]
    except csv.Error:
        return False
    return any(are_headings(cells, columns) for cells in rows)


def find_delimiter(lines: Sequence[str], columns: Columns, intake: Intake) -> str:
    """Find the delimiter: the one that splits out a heading row that maps, with the most columns.

    Failing that, the one that splits the first rows into most cells, so that the error names them; and for
    a table of one column, a character that no text holds.

    Args:
        lines: the first lines of the file.
        columns: the user's own choices.
        intake: of the file.
    """
    best, widest = _NO_DELIMITER, 1
    fallback, cells = _NO_DELIMITER, 1
    for delimiter in _DELIMITERS:
        rows = islice(split_rows(iter(lines), delimiter, intake), HEADING_ROWS)
        table = [row for row in rows if isinstance(row, Row) and any(cell.strip() for cell in row.cells)]
        if not table:
            return delimiter  # nothing but delimiters: the error will say that the file is empty
        try:
            width = len(find_heading(table, columns, intake.file).names)
        except DataError:
            width = 0
        if width > widest:
            best, widest = delimiter, width
        # A first line without delimiter may be a banner: then all lines below have one and the same width.
        below = {len(row.cells) for row in table[1:]}
        width = max(len(table[0].cells), below.pop() if len(below) == 1 else 1)
        if width > cells:
            fallback, cells = delimiter, width
    return best if widest > 1 else fallback


def split_rows(lines: Iterator[str], delimiter: str, intake: Intake) -> Iterator[Row | BadRow]:
    """Cut lines into rows of cells; blank lines are rows without cells, as a spreadsheet counts them.

    Args:
        lines: with their line ends.
        delimiter: one character.
        intake: of the file. Cells of up to four times its `max_chars` are read, so that a cell that is only
            too long is reported as such.
    """
    # The limit is the process's, not the reader's; another reader's higher one does no harm.
    csv.field_size_limit(max(csv.field_size_limit(), 4 * intake.max_chars))
    again: deque[str] = deque()  # lines that an open quote had swallowed
    taken: list[str] = []

    def feed() -> Iterator[str]:
        while True:
            line = again.popleft() if again else next(lines, None)
            if line is None:
                return
            taken.append(line)
            yield line

    reader = csv.reader(feed(), delimiter=delimiter)
    number = line = 0
    while True:
        taken.clear()
        try:
            cells = next(reader, None)
            if cells is None:
                return
            # In a row that is whole, quotes come in pairs; csv itself closes the last one at the end of file.
            swallowed = len(taken) > 1 and sum(text.count('"') for text in taken) % 2 == 1
        except csv.Error:
            cells, swallowed = None, True
        number += 1
        first = line + 1
        if cells is not None and not swallowed:
            line += len(taken)
            yield Row(number, cells, first, damage_in(taken))
            continue
        line += 1
        if len(taken) == 1:
            advice = f"有一格超过 {4 * intake.max_chars} 个字，请拆分后重新提交"
            yield intake.bad(number, "too_long", advice, {"line": taken[0].rstrip("\r\n")}, first)
            continue
        advice = "双引号没有成对，这一行无法读取，请补上或删去多余的双引号后重新提交"
        yield intake.bad(number, "open_quote", advice, {"line": taken[0].rstrip("\r\n")}, first)
        again.extendleft(reversed(taken[1:]))
        reader = csv.reader(feed(), delimiter=delimiter)
