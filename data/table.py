"""Table: rows of cells with a heading row somewhere near the top, to reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from data.columns import Columns, looks_like_headings, map_columns
from data.errors import EmptyFile, UnknownColumns, UnknownEncoding
from data.intake import Intake
from data.lines import BAD_ENCODING, DamagedLine
from data.merged_cells import NOT_MERGED, MergedCells
from data.report import BadRow, Report

MERGED = "merged_cells"
"""The reason of a row whose text is one cell with that of a row above."""
HEADING_ROWS = 10  # a banner and a line of remarks stand above the headings, never a page of them


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        number: 1-based, as a spreadsheet shows it.
        cells: left to right.
        line: the row's first text line in a CSV file, else None.
        damage: a line of it that holds bytes which cannot be read.
        merged: the merged cells of its sheet.
    """

    number: int
    cells: Sequence[str]
    line: int | None = None
    damage: DamagedLine | None = None
    merged: MergedCells = NOT_MERGED


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading row of a table.

    Attributes:
        names: one per column; blank headings become "column 3", repeated ones, and those merged over several
            columns, "内容 (2)"; of headings in two rows "领域:教育".
        fields: field -> name.
        number: the row it stands in, the last of several; 0 where a one-column table starts with a report.
    """

    names: tuple[str, ...]
    fields: Mapping[str, str]
    number: int


def find_heading(rows: Sequence[Row], columns: Columns, file: str) -> Heading:
    """Find the heading row among the first rows of a table.

    The first row with a usual heading for the text is it; a title banner above (one filled cell in a table
    of several columns) is passed over. Only the first row of several cells may match by ending, because
    a cell further down is data. A table of one column needs no heading: where its first row reads like
    a sentence, that row is a report.

    Raises:
        EmptyFile: no filled cell.
        UnknownColumns: no row maps; the error is about the first row that could be the heading.
    """
    filled = [row for row in rows if any(cell.strip() for cell in row.cells)]
    if not filled:
        raise EmptyFile(f"{file}: there is nothing in it; give a file with a heading row and reports")
    if max(_width(row) for row in filled) == 1 and columns == Columns(without=columns.without):
        first = filled[0]
        if looks_like_headings(first.cells):
            name = _names(_headings(first))
            return Heading(name, map_columns([n for n in name if not n.startswith("column ")]), first.number)
        return Heading(("text",), {"text": "text"}, 0)
    wide = [row for row in filled if sum(bool(cell.strip()) for cell in row.cells) > 1] or filled[:1]
    failure: UnknownColumns | None = None
    for place, row in enumerate(wide):
        names = _names(_headings(row))
        plausible = looks_like_headings(row.cells)
        try:
            fields = map_columns(names, columns, file=file, exact=place > 0 or not plausible)
        except UnknownColumns as error:
            failure = failure or error
            continue
        # One usual word among sentences is data; two are headings with long remarks.
        if plausible or len(fields) > 1 or columns.text is not None:
            return _with_lower(row, Heading(names, fields, row.number), rows, columns, file)
    raise failure or UnknownColumns(
        f"{file}: none of the first {HEADING_ROWS} rows looks like headings; add a heading row"
    )


def _with_lower(upper: Row, heading: Heading, rows: Sequence[Row], columns: Columns, file: str) -> Heading:
    """Take in the rows below that the heading of the text reaches down to: there others are divided."""
    text, number, cells = heading.names.index(heading.fields["text"]), heading.number, _headings(upper)
    for row in rows:
        if row.number == number + 1 and row.merged.is_below(row.number - 1, text):
            number, below = row.number, _headings(row)
            width = max(len(cells), len(below))
            both = zip(_padded(cells, width), _padded(below, width), strict=True)
            cells = [
                f"{one.strip()}:{other.strip()}" if one.strip() and other.strip() else one or other
                for one, other in both
            ]
    if number == heading.number:
        return heading
    names = _names(cells)
    return Heading(names, map_columns(names, columns, file=file), number)


def reports_of(rows: Iterator[Row | BadRow], columns: Columns, intake: Intake) -> Iterator[Report | BadRow]:
    """Stream a table: find its heading row, then turn each row below into a Report or a BadRow.

    A BadRow among the rows is passed on.

    Rows whose every cell is blank are skipped. Cells beyond the headings are an error unless blank; a row
    that is too short is padded, and an error only where that leaves it without text.

    Raises:
        EmptyFile: no filled cell.
        UnknownColumns: no heading row.
        UnknownEncoding: the heading row, or one above it, is damaged.
    """
    first = list(islice(rows, HEADING_ROWS))
    start = [row for row in first if isinstance(row, Row)]
    try:
        heading = find_heading(start, columns, intake.file)
    except UnknownColumns:
        check_headings(start, HEADING_ROWS, intake.file)
        raise
    check_headings(start, heading.number, intake.file)
    for row in chain(first, rows):
        if isinstance(row, BadRow):
            yield row
        elif row.number > heading.number:
            made = _report(row, heading, intake)
            if made is not None:
                yield made


def check_headings(rows: Iterable[Row], number: int, file: str) -> None:
    """Refuse a table where bytes cannot be read in the rows down to that of its headings.

    What a column is called decides what is read, and what is masked.

    Raises:
        UnknownEncoding: they cannot.
    """
    for row in rows:
        if row.damage is not None and row.number <= number:
            raise UnknownEncoding(
                f"{file}: byte {row.damage.offset} cannot be read and may be one of the heading row; "
                "mend the headings, or export the file again",
                row.damage.offset,
            )


def _report(row: Row, heading: Heading, intake: Intake) -> Report | BadRow | None:
    names, width = heading.names, len(heading.names)
    cells = dict(zip(names, [*row.cells, *[""] * width], strict=False))
    if row.damage is not None:
        return intake.bad(
            row.number, BAD_ENCODING, row.damage.advice, {**cells, **_surplus(row, width)}, row.line
        )
    if any(cell.strip() for cell in row.cells[width:]):
        advice = (
            f"有 {len(row.cells)} 格，多于表头的 {width} 格，可能是“{heading.fields['text']}”一栏里的"
            f"分隔符没有加引号，请改正后重新提交"
        )
        return intake.bad(row.number, "wrong_width", advice, {**cells, **_surplus(row, width)}, row.line)
    made = intake.report(row.number, cells, heading.fields, row.line)
    if not isinstance(made, BadRow) or made.reason != "no_text":
        return made
    if row.merged.is_below(row.number - 1, names.index(heading.fields["text"])):
        advice = (
            f"“{heading.fields['text']}”一栏和上面的行合并成了一格，这一行没有自己的内容，"
            f"请取消合并、逐行填写后重新提交"
        )
        return intake.bad(row.number, MERGED, advice, cells, row.line)
    if len(row.cells) < width:
        advice = (
            f"只有 {len(row.cells)} 格，少于表头的 {width} 格，“{heading.fields['text']}”一栏没有内容，"
            f"请改正后重新提交"
        )
        return intake.bad(row.number, "wrong_width", advice, cells, row.line)
    return made


def _surplus(row: Row, width: int) -> dict[str, str]:
    return {f"column {width + n}": cell for n, cell in enumerate(row.cells[width:], 1)}


def _width(row: Row) -> int:
    return max((place for place, cell in enumerate(row.cells, 1) if cell.strip()), default=0)


def _headings(row: Row) -> list[str]:
    """The cells of a row of headings; one merged over several columns is the heading of each."""
    cells = [*row.cells]
    for first, last in row.merged.across(row.number - 1):
        for place in range(first + 1, min(last + 1, len(cells))):
            cells[place] = cells[first]
    return cells


def _padded(cells: Sequence[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]


def _names(cells: Sequence[str]) -> tuple[str, ...]:
    # Blank headings at the right end are no columns: a comma at the end of a line makes them.
    width = max((place for place, cell in enumerate(cells, 1) if cell.strip()), default=0)
    return distinct(
        cell.strip().strip("\ufeff").strip() or f"column {place}"
        for place, cell in enumerate(cells[:width], 1)
    )


def distinct(headings: Iterable[str]) -> tuple[str, ...]:
    """Make each heading one of its kind, so that no column hides another: 内容, 内容 (2)."""
    names: dict[str, None] = {}
    for heading in headings:
        name, count = heading, 1
        while name in names:
            count += 1
            name = f"{heading} ({count})"
        names[name] = None
    return tuple(names)
