"""Archive: refuses a zipped workbook that would unpack to more than this machine should hold."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from data.errors import BrokenFile, SuspiciousFile

MAX_BYTES = 2_000_000_000  # unpacked, and of the words of one sheet laid out
MAX_RATIO = 200  # unpacked to packed; real workbooks stay under 50
MAX_CELLS = 50_000_000  # of one sheet, from its first to its last filled corner
MAX_MEMBERS = 10_000
SMALL = 1 << 24  # bytes; below this no ratio does harm
_CHUNK = 1 << 20
_TAIL = 400  # bytes kept from one chunk to the next, so that a tag cut in two is still found
_ATTRIBUTES = rb"""(?:[^>"']|"[^"]*"|'[^']*')*?"""
# Columns AA and beyond only: up to Z a sheet of the greatest height stays within MAX_CELLS, and ordinary
# tables then cost one search without a match.
_WIDE_CELL = re.compile(rb"<(?:\w+:)?c\s" + _ATTRIBUTES + rb"""\br=["']([A-Z]{2,3})(\d+)""")
_ROW = re.compile(rb"<(?:\w+:)?row\s" + _ATTRIBUTES + rb"""\br=["'](\d+)""")
_SHARED = re.compile(rb"""\bt=["']s["']""")
_SHARED_CELL = re.compile(rb"""\bt=["']s["'][^<]{0,200}<(?:\w+:)?v>\s*(\d{1,9})""")
_STRINGS = "xl/sharedstrings.xml"
_STRING = re.compile(rb"<(?:\w+:)?si\b")
_BINARY = "xl/workbook.bin"
_SHEET_OF_ODS = "content.xml"


def check_archive(path: Path) -> None:
    """Check a .xlsx or .ods file before anything unpacks it whole.

    The reader lays a sheet out as a full rectangle and gives every cell its own copy of its words, so two
    cells in opposite corners, or one long string that many cells share, are enough to exhaust the memory.
    Both are looked for in every member: a sheet may stand under any name.

    Raises:
        BrokenFile: not a whole zip file, or a binary workbook.
        SuspiciousFile: more than `MAX_BYTES` unpacked, a ratio beyond `MAX_RATIO`, more than `MAX_MEMBERS`
            files, or a sheet of more than `MAX_CELLS` cells or `MAX_BYTES` of words.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_sizes(archive, path)
            names = {name.lower(): name for name in archive.namelist()}
            if _BINARY in names:
                raise BrokenFile(f"{path}: a binary workbook; open it in a spreadsheet and save it as .xlsx")
            strings = _lengths(archive, names[_STRINGS]) if _STRINGS in names else []
            for name in archive.namelist():
                if name == _SHEET_OF_ODS:
                    _check_repeats(archive, name, path)
                else:
                    _check_sheet(archive, name, strings, path)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise BrokenFile(
            f"{path}: not a whole workbook ({type(error).__name__}); "
            f"open it in a spreadsheet and save it again"
        ) from None


def _check_sizes(archive: zipfile.ZipFile, path: Path) -> None:
    members = archive.infolist()
    total, packed = sum(member.file_size for member in members), max(1, path.stat().st_size)
    if len(members) > MAX_MEMBERS or total > MAX_BYTES or (total > SMALL and total / packed > MAX_RATIO):
        raise SuspiciousFile(
            f"{path}: would unpack from {packed} to {total} bytes in {len(members)} files; check where the "
            f"file comes from, and if it is genuine save it as CSV"
        )


def _chunks(archive: zipfile.ZipFile, name: str) -> Iterator[tuple[bytes, int]]:
    """Chunks of a member, each with the end of the one before, and how much of it that is.

    Reading to the end also checks that the stated size, which the limit on sizes trusts, is true.
    """
    tail = b""
    with archive.open(name) as member:
        while chunk := member.read(_CHUNK):
            yield tail + chunk, len(tail)
            tail = (tail + chunk)[-_TAIL:]


def _check_sheet(archive: zipfile.ZipFile, name: str, strings: list[int], path: Path) -> None:
    columns = rows = words = 0
    longest = max(strings, default=0)
    for part, old in _chunks(archive, name):
        for match in _WIDE_CELL.finditer(part):
            columns = max(columns, _column(match.group(1)))
            rows = max(rows, int(match.group(2)[:9]))
        if columns:
            rows = max([rows, *(int(match.group(1)[:9]) for match in _ROW.finditer(part))])
        shared = sum(match.end() > old for match in _SHARED.finditer(part))
        if shared * longest > 1 << 20:  # of fewer, the sum need not be known
            found = [int(match.group(1)) for match in _SHARED_CELL.finditer(part) if match.end() > old]
            words += sum(strings[index] for index in found if index < len(strings))
            # A cell of another shape is taken for the longest.
            words += max(0, shared - len(found) - 1) * longest
    if columns * rows > MAX_CELLS:
        raise SuspiciousFile(
            f"{path}: a sheet reaches row {rows} and column {columns}; delete the stray cells at its far end "
            f"or save the table as CSV"
        )
    _check_words(words, path)


def _lengths(archive: zipfile.ZipFile, name: str) -> list[int]:
    """Bytes of each shared string, markup among them."""
    starts, at = [], 0
    for part, old in _chunks(archive, name):
        base = at - old
        starts += [base + match.start() for match in _STRING.finditer(part) if match.end() > old]
        at = base + len(part)
    return [end - start for start, end in zip(starts, [*starts[1:], at], strict=True)]


def _check_words(words: int, path: Path) -> None:
    if words > MAX_BYTES:
        raise SuspiciousFile(
            f"{path}: a sheet would hold {words} bytes of words, most of them repeated; check where the file "
            f"comes from, and if it is genuine save it as CSV"
        )


def _check_repeats(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    """Look at the sheets of an OpenDocument file, where one cell may say that it stands a million times."""
    sheets = _Repeats()
    with archive.open(name) as member:
        try:
            while chunk := member.read(_CHUNK):
                sheets.parser.Parse(chunk, False)
                if sheets.cells > MAX_CELLS:
                    raise SuspiciousFile(
                        f"{path}: a sheet repeats its rows or cells to {sheets.cells} cells; check where the "
                        f"file comes from, and if it is genuine save it as CSV"
                    )
                _check_words(sheets.words, path)
            sheets.parser.Parse(b"", True)
        except (expat.ExpatError, _OwnEntities):
            raise BrokenFile(
                f"{path}: not a whole workbook; open it in a spreadsheet and save it again"
            ) from None


class _OwnEntities(Exception):
    """A document type of its own, which no spreadsheet writes and which may expand without end."""


class _Repeats:
    """Cells and bytes of words of the largest sheet so far, repeats counted; reads as the parser goes."""

    def __init__(self) -> None:
        self.cells = self.words = 0
        self._rows = self._columns = 0  # to the last one that holds something
        self._row = self._skipped = self._column = self._last = 1
        self._length = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._say
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        kind = tag.rpartition(":")[2]
        if kind == "table":
            self._rows = self._columns = self._skipped = 0
        elif kind == "table-row":
            self._row = _times(attributes, "number-rows-repeated")
            self._column = self._last = 0
        elif kind in ("table-cell", "covered-table-cell"):
            self._length = 0
            self._times = _times(attributes, "number-columns-repeated")
            self._column += self._times
            if any(name.rpartition(":")[2] in ("value-type", "formula") for name in attributes):
                self._last = self._column

    def _say(self, words: str) -> None:
        self._length += len(words)

    def _end(self, tag: str) -> None:
        kind = tag.rpartition(":")[2]
        if kind in ("table-cell", "covered-table-cell"):
            if self._length:
                self._last = self._column
                self.words += 3 * self._length * self._times * self._row
        elif kind == "table-row":
            if self._last:
                self._rows += self._skipped + self._row
                self._skipped = 0
                self._columns = max(self._columns, self._last)
                self.cells = max(self.cells, self._rows * self._columns)
            else:
                self._skipped += self._row

    def _refuse(self, *_: object) -> None:
        raise _OwnEntities


def _times(attributes: dict[str, str], name: str) -> int:
    found = [value for key, value in attributes.items() if key.rpartition(":")[2] == name]
    return max(1, int(found[0][:9])) if found and found[0].isascii() and found[0].isdecimal() else 1


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
