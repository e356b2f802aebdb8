"""What to say of a workbook of which one sheet was read and others hold reports too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_MOST_FILES = 10  # with a line of their own; a folder may hold thousands of such workbooks
_MOST_SHEETS = 12  # named in one line: a sheet for each month


def unread(left: Mapping[str, Sequence[str]], doing: str = "打标") -> list[str]:
    """Lines (Chinese) that name the sheets that were not read.

    Args:
        left: name of each file, and its sheets; one without any is passed over.
        doing: what is done with the sheet that is read (Chinese).
    """
    found = [(file, sheets) for file, sheets in left.items() if sheets]
    lines = [
        f"{file}：只读了一张工作表，还有 {len(sheets)} 张也像有来件，没有读：{sheets_named(sheets)}；"
        f"要读就用 --sheet 写明表名，一张一张地{doing}，或先合并成一张表。"
        for file, sheets in found[:_MOST_FILES]
    ]
    if len(found) > _MOST_FILES:
        lines.append(f"另有 {len(found) - _MOST_FILES} 个工作簿也有没有读的工作表。")
    return lines


def sheets_named(sheets: Sequence[str]) -> str:
    """The first names, in their quotation marks."""
    shown = "、".join(f"“{name}”" for name in sheets[:_MOST_SHEETS])
    return shown + (" 等" if len(sheets) > _MOST_SHEETS else "")
