"""Archive: refuses a zipped workbook that would unpack to more than this machine should hold."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from data.errors import BrokenFile, SuspiciousFile

MAX_BYTES = 2_000_000_000  # unpacked
MAX_RATIO = 200  # unpacked to packed; real workbooks stay under 50
MAX_CELLS = 50_000_000  # of one sheet, from its first to its last filled corner
_SMALL = 1 << 24  # bytes; below this no ratio does harm
_CHUNK = 1 << 20
# Columns AA and beyond only: up to Z a sheet of the greatest height stays within MAX_CELLS, and ordinary
# tables then cost one search without a match.
_WIDE_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]{2,3})(\d+)""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br=["'](\d+)""")


def check_archive(path: Path) -> None:
    """Check a .xlsx or .ods file before anything unpacks it whole.

    The reader lays a sheet out as a full rectangle, so two cells in opposite corners are enough to exhaust
    the memory; the corners are looked at too.

    Raises:
        BrokenFile: not a whole zip file.
        SuspiciousFile: more than `MAX_BYTES` unpacked, a ratio beyond `MAX_RATIO`, or a sheet of more
            than `MAX_CELLS` cells.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(member.file_size for member in archive.infolist())
            packed = max(1, path.stat().st_size)
            if total > MAX_BYTES or (total > _SMALL and total / packed > MAX_RATIO):
                raise SuspiciousFile(
                    f"{path}: would unpack from {packed} to {total} bytes; check where the file comes from, "
                    f"and if it is genuine save it as CSV"
                )
            for name in archive.namelist():
                if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                    _check_corners(archive, name, path)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise BrokenFile(
            f"{path}: not a whole workbook ({type(error).__name__}); "
            f"open it in a spreadsheet and save it again"
        ) from None


def _check_corners(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    columns = rows = 0
    tail = b""
    with archive.open(name) as sheet:
        # Reading to the end also checks that the stated size, which the limit above trusts, is true.
        while chunk := sheet.read(_CHUNK):
            part = tail + chunk
            for match in _WIDE_CELL.finditer(part):
                columns = max(columns, _column(match.group(1)))
                rows = max(rows, int(match.group(2)[:9]))
            if columns:
                rows = max([rows, *(int(match.group(1)[:9]) for match in _ROW.finditer(part))])
            tail = part[-200:]
    if columns * rows > MAX_CELLS:
        raise SuspiciousFile(
            f"{path}: a sheet reaches row {rows} and column {columns}; delete the stray cells at its far end "
            f"or save the table as CSV"
        )


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
