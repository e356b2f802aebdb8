"""Objects: the JSON objects of a source, each with its place; a broken one costs itself only."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from data.columns import Columns, find_columns
from data.errors import BrokenFile
from data.imports.source import Source
from data.intake import Intake, cell_text
from data.readers import MAX_CHARS
from data.report import BadRow, Report

_EDGE = "\ufeff\0 \t\r\n"


def objects_of(source: Source) -> Iterator[tuple[int, dict[str, Any]] | BadRow]:
    """Give (row, object): of one list, of an object that holds one list, or of lines.

    Raises:
        BrokenFile: a .json file that is no JSON, or holds no list of objects.
        DataError: what `Source.text` raises.
    """
    text, intake = source.text(), Intake(source.name, MAX_CHARS)
    if source.suffix == ".json" or text.lstrip(_EDGE).startswith("["):
        value = _whole(text, source)
        if value is not None:
            for row, one in enumerate(value, 1):
                yield _object(row, one, intake)
            return
    for row, line in enumerate(io.StringIO(text), 1):
        if not line.strip(_EDGE):
            continue
        try:
            one = json.loads(line.strip(_EDGE))
        except (ValueError, RecursionError):
            advice = "不是合法的 JSON，请改正或重新导出这一行"
            yield intake.bad(row, "broken_json", advice, {"line": line.rstrip("\r\n")})
        else:
            yield _object(row, one, intake)


def report_of(
    source: Source, row: int, values: Mapping[str, Any], columns: Columns, own_id: object = None
) -> Report | BadRow:
    """Make the report that an object's plain fields hold.

    Args:
        source: the file.
        row: its place there.
        values: the fields that may be the report's; nested ones are cells of it, and none of its fields.
        columns: headings named by the user.
        own_id: the tool's own number, used where the fields hold no id.
    """
    cells = {
        str(key): cell_text(value) for key, value in values.items() if not isinstance(value, dict | list)
    }
    # Whoever named a column meant the objects that have it.
    named = {
        field: getattr(columns, field)
        for field in ("text", "title", "id", "time", "region", "channel")
        if getattr(columns, field) in cells
    }
    fields = find_columns([*cells], Columns(**named, without=columns.without), file=source.name)
    if "id" not in fields and own_id is not None and cell_text(own_id).strip():
        fields["id"], cells["id"] = "id", cell_text(own_id)
    intake = Intake(source.name, MAX_CHARS)
    made = intake.report(row, cells, fields)
    if isinstance(made, Report):
        nested = {
            str(key): cell_text(value) for key, value in values.items() if isinstance(value, dict | list)
        }
        return replace(made, cells={**nested, **made.cells})
    return made or intake.bad(row, "no_text", "没有正文，请补上后重新导入")


def texts(value: object) -> list[str]:
    """Give the texts of a list, or the one text; numbers become texts, anything else is left out."""
    values = value if isinstance(value, list) else [value]
    return [cell_text(one) for one in values if isinstance(one, str | int | float) and cell_text(one).strip()]


def labels_in(value: object) -> list[str] | None:
    """Give the labels of a list, or the one label; as text, or as an object under "label", as tags are.

    None where it holds anything else: what would be left out could be a label.
    """
    found: list[str] = []
    for one in value if isinstance(value, list) else [value]:
        name = one.get("label") if isinstance(one, dict) else one
        if not isinstance(name, str | int | float) or isinstance(name, bool):
            return None
        found += texts(name)
    return found


def _whole(text: str, source: Source) -> list[Any] | None:
    """Read a text as one JSON value; None where it is lines of objects."""
    try:
        value = json.loads(text.strip(_EDGE))
    except (ValueError, RecursionError) as error:
        first = text.lstrip(_EDGE).split("\n", 1)[0]
        try:
            json.loads(first)
        except (ValueError, RecursionError):
            place = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
            raise BrokenFile(f"{source.name}: not valid JSON{place}; export the file again") from None
        return None
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        raise BrokenFile(f"{source.name}: holds no list of objects; export the file again")
    if turned := _turned(value):
        return turned
    lists = [one for one in value.values() if isinstance(one, list) and one and isinstance(one[0], dict)]
    plain = {"text", "data", "tags", "annotations", "fields"} & value.keys()
    return lists[0] if len(lists) == 1 and not plain else [value]


def _turned(value: dict[str, Any]) -> list[Any] | None:
    """Give the objects of records by their ids, or of columns, as Argilla's `to_dict` writes them."""
    held = [*value.values()]
    if held and all(isinstance(one, dict) and "fields" in one for one in held):
        return held
    records = "fields" in value or any(key.endswith(".responses") for key in value)
    if records and all(isinstance(one, list) and len(one) == len(held[0]) for one in held):
        return [dict(zip(value, row, strict=True)) for row in zip(*held, strict=True)]
    return None


def _object(row: int, value: Any, intake: Intake) -> tuple[int, dict[str, Any]] | BadRow:
    if isinstance(value, dict):
        return row, value
    return intake.bad(row, "not_an_object", "不是 JSON 对象（{...}），请改正或重新导出")
