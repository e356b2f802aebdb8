"""Intake: the cells of one row to a Report, a BadRow, or nothing for a blank row."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from data.report import BadRow, Report

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Intake:
    """How the rows of one file become reports.

    Attributes:
        file: the file's name, for ids and messages.
        max_chars: longest text and title, in code points.
    """

    file: str
    max_chars: int

    def report(
        self, row: int, cells: Mapping[str, str], fields: Mapping[str, str], line: int | None = None
    ) -> Report | BadRow | None:
        """Turn one row into a report.

        Text and title stay exactly as received. A row with a title and no text has its title as text.

        Args:
            row: number of the row, as BadRow defines it.
            cells: heading -> cell.
            fields: field -> heading, from `map_columns`; a heading may be missing in this row.
            line: number of the row's first text line where that is another one.
        """
        if not any(cell.strip() for cell in cells.values()):
            return None
        text = cells.get(fields.get("text", ""), "")
        title = cells.get(fields.get("title", ""), "")
        if not text.strip():
            text, title = title, ""
        heading = fields.get("text", "text")
        if not text.strip():
            return self.bad(row, "no_text", f"“{heading}”一栏没有内容，请补上正文后重新提交", cells, line)
        for value, name in ((text, heading), (title, fields.get("title", ""))):
            if len(value) > self.max_chars:
                size = f"“{name}”一栏有 {len(value)} 个字，超过上限 {self.max_chars} 个字"
                advice = f"{size}，请拆分或调高上限后重新提交"
                return self.bad(row, "too_long", advice, cells, line)

        def short(field: str) -> str:
            return cells.get(fields.get(field, ""), "").strip()

        taken = set(fields.values())
        return Report(
            id=short("id") or f"{self.file}:{row}",
            text=text,
            title=title,
            channel=short("channel"),
            time=short("time"),
            region=short("region"),
            extra={heading: cell for heading, cell in cells.items() if heading not in taken},
            row=row,
            cells=cells,
        )

    def bad(
        self,
        row: int,
        reason: str,
        advice: str,
        raw: Mapping[str, str] | None = None,
        line: int | None = None,
    ) -> BadRow:
        """Make the BadRow whose message is the place and then the advice (Chinese, without full stop)."""
        place = f"第 {row} 行" if line is None or line == row else f"第 {row} 行（文本第 {line} 行起）"
        return BadRow(self.file, row, reason, f"文件 {self.file} {place}：{advice}。", dict(raw or {}))


def cell_text(value: object) -> str:
    """Write a typed cell the way a person would.

    A whole number has no ".0" (an id is "123"), a date is ISO 8601 ("2026-03-01", with a time of day
    "2026-03-01T08:30:00"), nothing and NaN are "", nested JSON stays JSON. Lone surrogates, which no
    file could be written with, become U+FFFD one by one.
    """
    if value is None or value != value:  # only NaN (and pandas' NaT) differs from itself
        return ""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value) if not value.isascii() else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time() and value.tzinfo is None
        return (value.date() if midnight else value).isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict | list):
        return _SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False, default=str))
    return str(value)
