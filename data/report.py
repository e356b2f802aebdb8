"""Report: one petition as received; and BadRow: a row that could not become one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Report:
    """One petition, message or work order (信访件, 留言, 工单), exactly as received.

    `repr` leaves out the words of the reporter, so that a report in a log or a traceback leaks none.

    Attributes:
        id: the sender's own number, or "<file name>:<row>" where it has none; not always unique.
        text: the body, uncleaned; every offset in this project counts its Unicode code points.
        title: the heading, or "".
        channel: how it came in (来源), as written in the file, or "".
        time: when, as written in the file (ISO 8601 where the file held a real date), or "".
        region: where, as written in the file, or "".
        extra: every other column, heading -> cell, in the order of the file.
        row: where it stood in its file, as BadRow counts; 0 where it came from none.
        cells: every column as the file has it, heading -> cell, in the order of the file; empty where it
            came from none.
    """

    id: str
    text: str = field(repr=False)
    title: str = field(default="", repr=False)
    channel: str = ""
    time: str = ""
    region: str = ""
    extra: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    row: int = field(default=0, compare=False, repr=False)
    cells: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is not a report, with the reason; kept so that nothing is lost silently.

    Attributes:
        file: name of the file ("stdin" for standard input).
        row: 1-based, as a spreadsheet shows it: the heading of a table is normally row 1, blank rows
            count, and a CSV record whose quoted cell spans several lines is one row (the message then
            gives the text line too). For JSONL and plain lines it is the line; for a JSON list and for
            Parquet, which have no heading row, it is the place of the record, from 1.
        reason: "no_text", "too_long", "wrong_width", "merged_cells", "open_quote", "broken_json",
            "not_an_object" or "bad_encoding"; in an import of labels "bad_shape", "two_labels", "no_report",
            "two_reports", "other_text" or "cut_text" too.
        message: one Chinese sentence for an officer: file, row, field and what to do; never the text.
        raw: heading -> cell as far as the row could be read.
    """

    file: str
    row: int
    reason: str
    message: str
    raw: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
