"""Cell: one cell of a spreadsheet, safe to open."""

from __future__ import annotations

import re

CELL_LIMIT = 32_767  # UTF-16 units in one cell of a workbook
CUT_MARK = "…（单元格上限，全文见原件）"
# The full-width ones too: some spreadsheets read them like the others. Blanks before them do not help, since
# some trim.
_FORMULA = re.compile(r"[\t\r\n]|[\s\u200b\ufeff]*[-=+@＝＋－＠]")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def is_formula(cell: str) -> bool:
    """Tell whether a spreadsheet would run a cell as a formula."""
    return _FORMULA.match(cell) is not None


def disarm(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula."""
    return f"'{cell}" if is_formula(cell) else cell


def printable(text: str) -> str:
    """Leave out what no spreadsheet holds: control characters other than tab and line ends."""
    return _UNPRINTABLE.sub("", text)


def cut_cell(text: str) -> str:
    """Cut a text to what a workbook's cell holds, and say so at its end."""
    if 2 * len(text) <= CELL_LIMIT or _units(text) <= CELL_LIMIT:
        return text
    kept = text.encode("utf-16-le")[: 2 * (CELL_LIMIT - _units(CUT_MARK))].decode("utf-16-le", "ignore")
    return kept + CUT_MARK


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
