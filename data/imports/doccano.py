"""doccano: JSONL, CSV and fastText, of old versions and new, alone or in a zip with a file per annotator."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from data.delimited import split_rows
from data.errors import UnknownColumns
from data.imports.bundle import annotator_of, open_bundle
from data.imports.cells import SEPARATORS
from data.imports.objects import objects_of, report_of, texts
from data.imports.plan import Blank, Plan
from data.imports.reading import ANY, Reading
from data.imports.source import Source
from data.imports.table import split_cell
from data.intake import Intake, cell_text
from data.readers import MAX_CHARS
from data.report import BadRow, Report

# In the order of trust; which of them an object has depends on doccano's version and the kind of project.
_LABEL_KEYS = ("label", "labels", "cats", "entities", "annotations")
_TEXT_KEYS = ("text", "data")
_MARK = re.compile(r"^__label__(\S+)\s*")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"(?=\n)')
_REMARKS = re.compile(r"\s__comment__.*\Z", re.DOTALL)
_JOINED = f"#{SEPARATORS}"  # "#" is doccano's own; whoever mends such a file writes as in any table
_HELD = frozenset({*_LABEL_KEYS, "Comments", "comments", "relations"})


def is_fasttext(text: str) -> bool:
    """Tell whether any line of a text begins with a label."""
    return re.search(r'^\s*"?__label__\S', text, re.MULTILINE) is not None


def read_doccano(source: Source, plan: Plan) -> Iterator[Reading | BadRow]:
    """Read an export of doccano.

    Labels stand in one list for all axes and are looked up in the taxonomy. A report with an empty list has
    not been labelled, unless `plan.blank` says that it holds nothing: doccano does not tell the two apart.

    Raises:
        DataError: what `open_bundle`, `objects_of` and `Source.text` raise.
    """
    if source.suffix == ".zip" and source.path is not None:
        for member in open_bundle(source.path):
            yield from _read_one(member, plan)
    else:
        yield from _read_one(source, plan)


def _read_one(source: Source, plan: Plan) -> Iterator[Reading | BadRow]:
    who = annotator_of(source)
    if source.suffix == ".csv":
        return _read_csv(source, plan, who)
    if source.suffix == ".txt":
        return _read_fasttext(source, plan, who)
    return _read_objects(source, plan, who)


def _read_objects(source: Source, plan: Plan, who: str) -> Iterator[Reading | BadRow]:
    for made in objects_of(source):
        if isinstance(made, BadRow):
            yield made
            continue
        row, value = made
        report = report_of(source, row, _fields(value, source, plan), plan.columns)
        if isinstance(report, BadRow):
            yield report
            continue
        by_person = _people(value, who, report.text, plan)
        if by_person is None:
            advice = "标签一栏应当是标签的列表，请改正或重新导出"
            yield Intake(source.name, MAX_CHARS).bad(row, "bad_shape", advice, {"line": cell_text(value)})
            continue
        for person, labels in by_person.items():
            yield _reading(source, report, labels, person, plan)


def _fields(value: Mapping[str, Any], source: Source, plan: Plan) -> dict[str, Any]:
    """Keep what is the report's; "data" is what version 1.6 called its text."""
    fields = {key: one for key, one in value.items() if key not in _HELD}
    text = plan.columns.text
    if text is None and "data" in fields and "text" not in fields:
        fields["text"] = fields.pop("data")
    return fields


def _people(value: Mapping[str, Any], who: str, text: str, plan: Plan) -> dict[str, dict[str, str]] | None:
    """Give annotator -> labels -> words; None where the labels have no shape that doccano writes."""
    key = next((key for key in _LABEL_KEYS if value.get(key)), None)
    if key is None:
        return {who: {}}
    labels = value[key]
    if isinstance(labels, str | int):  # not doccano's own, but what scripts that imitate it write
        labels = split_cell(str(labels), ANY, plan)
    if isinstance(labels, dict):  # cats of an intent project: name -> 0 or 1
        labels = [name for name, holds in labels.items() if holds]
    if not isinstance(labels, list):
        return None
    found: dict[str, dict[str, str]] = {}
    for one in labels:
        person, names, words = who, [], ""
        if isinstance(one, str | int):
            names = [str(one)]
        elif isinstance(one, list) and len(one) == 3 and isinstance(one[0], int) and isinstance(one[1], int):
            names, words = texts(one[2]), text[one[0] : one[1]]
        elif isinstance(one, dict):
            names = texts(one.get("label"))
            person = cell_text(one.get("user")) or who
            start, end = one.get("start_offset"), one.get("end_offset")
            words = text[start:end] if isinstance(start, int) and isinstance(end, int) else ""
        if not names:
            return None
        for name in names:
            mine = found.setdefault(person, {})
            mine[name] = mine.get(name) or words
    return found


def _read_csv(source: Source, plan: Plan, who: str) -> Iterator[Reading | BadRow]:
    intake = Intake(source.name, MAX_CHARS)
    headings: list[str] = []
    for row in split_rows(io.StringIO(source.text(), newline=""), ",", intake):
        if isinstance(row, BadRow):
            yield row
            continue
        if not any(cell.strip() for cell in row.cells):
            continue
        if not headings:
            headings = [cell.strip() for cell in row.cells]
            if "label" not in headings:
                raise UnknownColumns(f"{source.name}: no column is called label", headings)
            continue
        if len(row.cells) > len(headings):
            advice = f"有 {len(row.cells)} 格，多于表头的 {len(headings)} 格"
            yield intake.bad(row.number, "wrong_width", advice, dict(zip(headings, row.cells, strict=False)))
            continue
        cells = dict(zip(headings, [*row.cells, *[""] * len(headings)], strict=False))
        report = report_of(source, row.number, _fields(cells, source, plan), plan.columns)
        if isinstance(report, BadRow):
            yield report
            continue
        names = split_cell(cells["label"], ANY, plan, _JOINED)
        yield _reading(source, report, dict.fromkeys(names, ""), who, plan)


def _read_fasttext(source: Source, plan: Plan, who: str) -> Iterator[Reading | BadRow]:
    for row, line in _fasttext_rows(source.text()):
        text, names = _REMARKS.sub("", line.strip()).strip(), []
        while mark := _MARK.match(text):
            names.append(mark.group(1))
            text = text[mark.end() :]
        report = report_of(source, row, {"text": text}, replace(plan.columns, text="text"))
        yield (
            _reading(source, report, dict.fromkeys(names, ""), who, plan)
            if isinstance(report, Report)
            else report
        )


def _fasttext_rows(text: str) -> Iterator[tuple[int, str]]:
    """Give (row, what stands there); 1.8 quotes what has a comma, a quote or a line break, as in CSV."""
    text, row, start = text.replace("\r\n", "\n") + "\n", 1, 0
    while start < len(text):
        found = _QUOTED.match(text, start)
        line = found[0] if found else text[start : text.index("\n", start)]
        if line.strip():
            yield row, found[1].replace('""', '"') if found else line
        row, start = row + line.count("\n") + 1, start + len(line) + 1


def _reading(source: Source, report: Report, labels: dict[str, str], who: str, plan: Plan) -> Reading:
    looked_at = bool(labels) or plan.blank is Blank.none
    given = {ANY: labels if looked_at else None}
    return Reading(source.name, replace(report, extra={}), given, who, complete=looked_at)
