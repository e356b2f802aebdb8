"""Masked file: a whole file with its identifiers covered; columns, rows and their order stay."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell as BookCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from data.audit_tally import Tally
from data.columns import Columns
from data.delimited import find_delimiter, split_rows
from data.encoding import decode_line, main_encoding
from data.errors import BrokenFile, EmptyFile, MissingFile, UnsupportedFile
from data.intake import Intake, cell_text
from data.lines import BAD_ENCODING, DamagedLine, lines_of
from data.privacy.cells import CellMasker, headings_of
from data.privacy.watch_list import WatchList
from data.readers import DELIMITED, JSON, MAX_CHARS, WORKBOOKS, raw_lines
from data.report import BadRow
from data.table import HEADING_ROWS, Row, check_headings
from data.workbook import read_sheets
from serving.cell import cut_cell, disarm, is_formula, printable
from serving.faults import WrongUse
from serving.masked_json import masked_value, row_words, without
from serving.whole_file import open_text, whole_file

_TEXT, _PARQUET = (".txt",), (".parquet",)
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?\Z")


@dataclass
class MaskedFile:
    """A file to mask.

    Attributes:
        source: the file to read, or "-" for standard input.
        target: the file to write; None is standard output.
        cells: what masks and counts.
        tell: takes one Chinese sentence about a row that could not be read, or a cell that was cut.
        names: the watch list; rows that name one of these are left out.
        rows: of data, written so far; headings and what stands above them do not count.
        unread: rows that could not be read and are therefore not in the output.
        by_hand: rows that were left out for the watch list.
    """

    source: str
    target: Path | None
    cells: CellMasker
    tell: Callable[[str], None]
    names: WatchList | None = None
    rows: int = field(default=0, init=False)
    unread: int = field(default=0, init=False)
    by_hand: int = field(default=0, init=False)

    def write(self, recorded: AbstractContextManager[Tally]) -> None:
        """Mask the whole file; the output appears whole or not at all.

        Args:
            recorded: the command's line in the audit log, written before the output gets its name.

        Raises:
            WrongUse: the output is the input, or of another kind.
            DataError: the input cannot be read.
            OSError: the output, or the line, cannot be written.
        """
        kind = self._kind()
        with ExitStack() as stack:
            part = stack.enter_context(whole_file(self.target)) if self.target is not None else None
            tally = stack.enter_context(recorded)  # behind the file, so that it is left first
            try:
                self._write(kind, part)
            finally:
                tally.count = self.rows

    def _write(self, kind: str, part: Path | None) -> None:
        if part is None:
            self._fill(kind, sys.stdout)
            sys.stdout.flush()
        elif kind == "workbook":
            self._workbook(part)
        elif kind == "parquet":
            self._parquet(part)
        else:
            with open_text(part) as out:
                self._fill(kind, out)

    def _kind(self) -> str:
        target = self.target
        if self.source == "-":
            return "stream"
        path = Path(self.source)
        if not path.is_file():
            raise MissingFile(f"{path}: no such file; name one file, not a folder")
        if path.stat().st_size == 0:
            raise EmptyFile(f"{path}: the file is empty (0 bytes)")
        if target is not None and target.is_file() and target.samefile(path):
            raise WrongUse("结果文件就是要遮盖的文件；请换一个名字")
        found = path.suffix.lower()
        groups = {
            "delimited": DELIMITED, "lines": _TEXT, "json": JSON, "workbook": WORKBOOKS, "parquet": _PARQUET,
        }  # fmt: skip
        kind = next((name for name, suffixes in groups.items() if found in suffixes), None)
        if kind is None:
            known = " ".join(chain.from_iterable(groups.values()))
            raise UnsupportedFile(f"{path}: {found or 'a file without suffix'} is not masked; give {known}")
        allowed = (".xlsx",) if kind == "workbook" else groups[kind]
        if target is None and kind in ("workbook", "parquet"):
            raise WrongUse(f"这种文件要写到文件，请给出 结果{allowed[0]}")
        if target is not None and target.suffix and target.suffix.lower() not in allowed:
            raise WrongUse(f"{path.name} 遮盖后写成 {' '.join(allowed)}，不能写成 {target.name}")
        return kind

    def _fill(self, kind: str, out: TextIO) -> None:
        if kind == "delimited":
            self._delimited(out)
        elif kind == "json":
            self._json(out)
        elif kind == "stream":
            self._lines(map(decode_line, raw_lines(sys.stdin.buffer, "stdin")), out)
        else:
            path = Path(self.source)
            with closing(lines_of(path, main_encoding(path))) as lines:
                self._lines(lines, out)

    def _lines(self, lines: Iterable[str | None], out: TextIO) -> None:
        for number, line in enumerate(lines, 1):
            if line is None:
                self._unreadable(number, "既不是 UTF-8 也不是 GB18030 编码")
                continue
            if isinstance(line, DamagedLine):
                self._unreadable(number, line.fault)
                continue
            line = line.rstrip("\r\n")
            if line.lstrip("\ufeff \t").startswith("{"):
                self._object(number, line, out)
            elif not self._withholds([line]):
                out.write(self.cells.cell("", line) + "\n")
                self.rows += 1

    def _delimited(self, out: TextIO) -> None:
        path = Path(self.source)
        intake = Intake(path.name, MAX_CHARS)
        with closing(lines_of(path, main_encoding(path))) as lines:
            first = list(islice(lines, 20 * HEADING_ROWS))
            delimiter = find_delimiter(first, Columns(), intake)
            as_tabs = self.target is not None and self.target.suffix.lower() == ".tsv"
            between = "\t" if as_tabs else delimiter if delimiter in ",\t;|" else ","
            out.write("\ufeff")
            writer = csv.writer(out, delimiter=between)
            rows = self._readable(split_rows(chain(first, lines), delimiter, intake), intake)
            for row in self._masked((list(row.cells) for row in rows), f"文件 {path.name} "):
                writer.writerow([_safe(str(cell)) for cell in row])

    def _readable(self, rows: Iterator[Row | BadRow], intake: Intake) -> Iterator[Row]:
        first = list(islice(rows, HEADING_ROWS))
        start = [row for row in first if isinstance(row, Row)]
        place, _ = headings_of([row.cells for row in start])
        check_headings(start, start[place].number if place >= 0 else HEADING_ROWS, intake.file)
        for row in chain(first, rows):
            bad = row if isinstance(row, BadRow) else None
            if isinstance(row, Row) and row.damage is not None:
                bad = intake.bad(row.number, BAD_ENCODING, row.damage.advice, line=row.line)
            if bad is not None:
                self.unread += 1
                self.tell(bad.message)
            elif isinstance(row, Row):
                yield row

    def _workbook(self, part: Path) -> None:
        book, cut = Workbook(write_only=True), 0
        for number, (name, rows) in enumerate(read_sheets(Path(self.source)), 1):
            left = self._names([name])
            sheet = book.create_sheet(f"表{number}" if left else self.cells.text(name)[:31])
            for row in self._masked(rows, f"文件 {Path(self.source).name} 第 {number} 张表", left):
                cells: list[Any] = []
                for cell in row:
                    if isinstance(cell, str):
                        text = printable(cell)
                        kept = cut_cell(text)
                        cut += kept != text
                        cells.append(_text_cell(sheet, kept))
                    else:
                        cells.append(int(cell) if isinstance(cell, float) and cell.is_integer() else cell)
                sheet.append(cells)
        book.save(part)
        if cut:
            self.tell(f"有 {cut} 个单元格超过上限，已截短并注明。")

    def _parquet(self, part: Path) -> None:
        from serving.masked_parquet import mask_parquet  # pyarrow takes long to load

        self.rows = mask_parquet(Path(self.source), part, self.cells, self._withholds)

    def _withholds(self, words: Iterable[str]) -> bool:
        """Tell whether a row names somebody of the watch list, and count it then."""
        found = self._names(words)
        self.by_hand += found
        return found

    def _names(self, words: Iterable[str]) -> bool:
        """Tell whether words name somebody of the watch list."""
        return self.names is not None and self.names.meets_words(words)

    def _masked(
        self, rows: Iterable[Sequence[object]], where: str, left: bool = False
    ) -> Iterator[list[object]]:
        """Mask the rows of a table; a cell in which nothing was found stays of its type.

        Args:
            where: which table, for whoever is told that it has no headings.
            left: its name is on the watch list, so that every row is left out.
        """
        rows = iter(rows)
        first = list(islice(rows, HEADING_ROWS))
        words = [[cell_text(cell) for cell in row] for row in first]
        place, headings = headings_of(words)
        if place < 0 and any(sum(bool(cell.strip()) for cell in row) > 1 for row in words):
            self.tell(f"{where}前 {HEADING_ROWS} 行中没有认出表头，各格只按内容遮盖；请补上表头后重新遮盖。")
        for number, row in enumerate(chain(first, rows)):
            below = number > place
            if left and below:
                self.by_hand += any(cell_text(cell).strip() for cell in row)
                continue
            if below and self._withholds(map(cell_text, row)):
                continue
            self.rows += below
            named = [*headings, *[""] * len(row)] if below else [""] * len(row)
            pairs = list(zip(named, row, strict=False))
            cells = self.cells.knowing((heading, cell_text(cell)) for heading, cell in pairs if heading)
            yield [cells.value(heading, cell) for heading, cell in pairs]

    def _json(self, out: TextIO) -> None:
        path = Path(self.source)
        encoding = main_encoding(path)
        if path.suffix.lower() == ".json":
            if encoding.fault is not None:
                raise encoding.fault
            try:
                value = json.loads(path.read_text(encoding.name))
            except (ValueError, RecursionError):
                pass  # lines, or broken
            else:
                try:
                    self._whole(value, out)
                except RecursionError:
                    raise BrokenFile(f"{path}: nested too deeply; export the file again") from None
                return
        with closing(lines_of(path, encoding)) as lines:
            for number, line in enumerate(lines, 1):
                if isinstance(line, DamagedLine):
                    self._unreadable(number, line.fault)
                elif line.strip("\ufeff\0 \t\r\n"):
                    self._object(number, line, out)

    def _whole(self, value: object, out: TextIO) -> None:
        """A JSON value that is not lines; a list becomes lines where the output's suffix asks for them.

        Raises:
            RecursionError: it is too deep.
        """
        value, rows, left = without(value, self._names)
        self.by_hand += left
        if isinstance(value, list) and self.target is not None and self.target.suffix.lower() != ".json":
            for item in value:
                out.write(json.dumps(self.cells.value("", item), ensure_ascii=False) + "\n")
                self.rows += 1
            return
        self.rows += rows
        json.dump(masked_value(self.cells, "", value), out, ensure_ascii=False, indent=1)
        out.write("\n")

    def _object(self, number: int, line: str, out: TextIO) -> None:
        try:
            value = json.loads(line.strip("\ufeff\0 \t\r\n"))
            if self._withholds(row_words(value)):
                return
            masked = json.dumps(self.cells.value("", value), ensure_ascii=False)
        except (ValueError, RecursionError):
            # Masked as plain text it could keep an identifier written in escapes, so it stays out.
            self._unreadable(number, "不是合法的 JSON")
            return
        out.write(masked + "\n")
        self.rows += 1

    def _unreadable(self, number: int, why: str) -> None:
        self.unread += 1
        name = "stdin" if self.source == "-" else Path(self.source).name
        self.tell(f"文件 {name} 第 {number} 行：{why}，没有写入结果，请改正后重新遮盖。")


def _text_cell(sheet: WriteOnlyWorksheet, text: str) -> BookCell:
    """Make a workbook's cell that holds words and never runs; the text is printable and short enough."""
    # A workbook reads _x0041_ as the character A; with its underscore escaped it stays what it is.
    cell = WriteOnlyCell(sheet, _ESCAPE.sub("_x005F_", text))
    cell.data_type = "s"  # openpyxl takes "=..." for a formula and "#N/A" for an error
    # The apostrophe of a workbook: without it a formula would come alive when someone edits the cell.
    cell.quotePrefix = is_formula(text)
    return cell


def _safe(cell: str) -> str:
    cell = printable(cell)
    return cell if _NUMBER.match(cell) else disarm(cell)
