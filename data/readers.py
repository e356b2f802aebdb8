"""Readers: a file of any supported kind, or standard input, to a stream of reports."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from data.columns import Columns
from data.delimited import is_heading_line, read_delimited
from data.encoding import decode_line, decode_roughly, main_encoding
from data.errors import EmptyFile, MissingFile, UnsupportedFile
from data.intake import Intake
from data.jsonlines import ObjectReader, read_json
from data.lines import BAD_ENCODING, DamagedLine, lines_of
from data.parquet import read_parquet
from data.report import BadRow, Report
from data.workbook import OLE, ZIP, read_workbook, unread_sheets

DELIMITED = (".csv", ".tsv")
JSON = (".jsonl", ".ndjson", ".json")
WORKBOOKS = (".xlsx", ".xls", ".ods")
SUPPORTED = (*DELIMITED, ".txt", *JSON, *WORKBOOKS, ".parquet")
MAX_CHARS = 1_000_000
BINARY = {ZIP: ".xlsx", OLE: ".xls", b"PAR1": ".parquet", b"%PDF": ".pdf", b"\x1f\x8b": ".gz"}
"""How files begin that are no lines, and what they commonly are."""


def read_reports(
    path: Path | str,
    columns: Columns | None = None,
    max_chars: int = MAX_CHARS,
    sheet: str | None = None,
    name: str | None = None,
) -> Iterator[Report | BadRow]:
    """Stream the reports of a file in the order of the file; a row that is no report comes as a BadRow.

    The suffix decides: .csv .tsv (any delimiter, any Chinese encoding); .txt (one report a line, in one
    column); .jsonl .ndjson .json; .xlsx .xls .ods; .parquet. "-" is standard input, where a line that
    begins with "{" is JSON and any other is a report; a table is refused there. Text comes exactly as
    received. Only workbooks and JSON lists are held in memory.

    The path is checked at once; all other errors come with the first report asked for.

    Args:
        path: the file, or "-".
        columns: headings named by the user; the others are found.
        max_chars: longest text, in code points; a longer one is a BadRow, never cut.
        sheet: sheet of a workbook; by default the first whose headings map.
        name: what the file is called in ids and messages; by default its own name.

    Raises:
        MissingFile: no such file, or a folder.
        EmptyFile: nothing in it.
        UnsupportedFile: another suffix; a table on standard input.
        DataError: what the reader of that kind raises: UnknownEncoding, UnknownColumns, UnknownSheet,
            BrokenFile, SuspiciousFile.
    """
    chosen = columns or Columns()
    if max_chars < 1:
        raise ValueError(f"max_chars must be at least 1, not {max_chars}")
    if str(path) == "-":
        return read_stream(sys.stdin.buffer, chosen, Intake(name or "stdin", max_chars))
    path = Path(path)
    if path.is_dir():
        raise MissingFile(f"{path}: this is a folder; name one file in it")
    if not path.is_file():
        raise MissingFile(f"{path}: no such file; check the path")
    kind = path.suffix.lower()
    if kind not in SUPPORTED:
        found = kind or "a file without suffix"
        raise UnsupportedFile(f"{path}: {found} is not supported; give one of {' '.join(SUPPORTED)}")
    if path.stat().st_size == 0:
        raise EmptyFile(f"{path}: the file is empty (0 bytes); give a file with reports")
    intake = Intake(name or path.name, max_chars)
    if kind in DELIMITED:
        return read_delimited(path, chosen, intake)
    if kind in JSON:
        return read_json(path, chosen, intake)
    if kind in WORKBOOKS:
        return read_workbook(path, chosen, intake, sheet)
    if kind == ".parquet":
        return read_parquet(path, chosen, intake)
    return _read_lines(path, intake)


def sheets_left(
    path: Path | str, columns: Columns | None = None, sheet: str | None = None, named: bool = True
) -> list[str]:
    """Names of a workbook's sheets that hold reports too and that `read_reports` does not read.

    Their places where they are not to be `named`.

    None of any other file, and none where the user named a sheet.

    Raises:
        BrokenFile: the workbook is damaged.
    """
    if sheet is not None or Path(path).suffix.lower() not in WORKBOOKS:
        return []
    return unread_sheets(Path(path), columns or Columns(), named)


def _read_lines(path: Path, intake: Intake) -> Iterator[Report | BadRow]:
    with closing(lines_of(path, main_encoding(path))) as lines:
        for row, line in enumerate(lines, 1):
            made = _plain(row, line, intake)
            if made is not None:
                yield made


def read_stream(stream: BinaryIO, columns: Columns, intake: Intake) -> Iterator[Report | BadRow]:
    """Stream the lines of standard input: JSON objects, or one report a line.

    Raises:
        UnknownColumns: the first object has no key for the text.
        UnsupportedFile: the first line is the heading row of a table, whose cells may hold line breaks, or
            the beginning of a file that is no lines.
    """
    objects = ObjectReader(columns, intake)
    for row, raw in enumerate(raw_lines(stream, intake.file), 1):
        # A stream cannot be read ahead to its end, so each line is judged by itself.
        line = decode_line(raw)
        if line is None:
            advice = "这一行既不是 UTF-8 也不是 GB18030 编码，请转换编码后重新提交"
            yield intake.bad(row, BAD_ENCODING, advice, {"line": decode_roughly(raw).rstrip("\r\n")})
            continue
        is_object = line.lstrip("\ufeff \t").startswith("{")
        if row == 1 and not is_object and is_heading_line(line, columns):
            raise UnsupportedFile(
                f"{intake.file}: the first line is the heading row of a table, and standard input is read as "
                "one report or one JSON object a line; save it as a .csv file and give that"
            )
        made = objects.parse(row, line) if is_object else _plain(row, line, intake)
        if made is not None:
            yield made


def raw_lines(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The lines of standard input.

    Raises:
        UnsupportedFile: it begins as a workbook or the like does, which has no lines.
    """
    first = stream.readline()
    for start, kind in BINARY.items():
        if first.startswith(start):
            raise UnsupportedFile(
                f"{name}: it begins as a {kind} file does, and standard input is read line by line; give the "
                "file by its name"
            )
    if first:
        yield first
    yield from stream


def _plain(row: int, line: str, intake: Intake) -> Report | BadRow | None:
    if isinstance(line, DamagedLine):
        return intake.bad(row, BAD_ENCODING, line.advice, {"text": line.rstrip("\r\n")})
    return intake.report(row, {"text": line.strip("\ufeff").rstrip("\r\n")}, {"text": "text"})
