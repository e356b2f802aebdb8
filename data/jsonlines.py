"""JSON: one object a line, or a list of objects, to reports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from data.columns import Columns, find_columns, no_text_column, normal_heading
from data.encoding import main_encoding
from data.errors import BrokenFile, EmptyFile
from data.intake import Intake, cell_text
from data.lines import BAD_ENCODING, DamagedLine, lines_of
from data.report import BadRow, Report

# Keys that stand beside the message of an interface's answer.
_STATES = frozenset({"code", "status", "state", "success", "errcode", "error_code", "ret", "retcode"})


class ObjectReader:
    """Turns JSON objects into reports; keys may differ from object to object and are mapped once a set."""

    def __init__(self, columns: Columns, intake: Intake) -> None:
        """Hold the user's choices of columns and the file's intake."""
        self._columns, self._intake = columns, intake
        self._known: dict[tuple[str, ...], dict[str, str]] = {}

    def parse(self, row: int, line: str) -> Report | BadRow | None:
        """Read one line of JSON; a broken or damaged one, or one that is no object, becomes a BadRow.

        Raises:
            UnknownColumns: the first object of all has no key for the text.
        """
        if not line.strip("\ufeff\0 \t\r\n"):
            return None
        if isinstance(line, DamagedLine):
            return self._intake.bad(row, BAD_ENCODING, line.advice, {"line": line.rstrip("\r\n")})
        try:
            value = json.loads(line.strip("\ufeff\0 \t\r\n"))
        except json.JSONDecodeError as error:
            advice = f"第 {error.pos + 1} 个字符处不是合法的 JSON，请改正或重新导出这一行"
            return self._intake.bad(row, "broken_json", advice, {"line": line.rstrip("\r\n")})
        except (ValueError, RecursionError):  # a number of thousands of digits; brackets thousands deep
            advice = "这一行 JSON 的数字过长或嵌套过深，请改正或重新导出这一行"
            return self._intake.bad(row, "broken_json", advice, {"line": line.rstrip("\r\n")})
        return self.report(row, value)

    def report(self, row: int, value: object) -> Report | BadRow | None:
        """Turn one parsed value into a report.

        Raises:
            UnknownColumns: the first object of all has no key for the text.
        """
        if not isinstance(value, dict):
            advice = "不是 JSON 对象（{...}），请每行写一个对象"
            return self._intake.bad(row, "not_an_object", advice, {"value": cell_text(value)})
        cells = {cell_text(key): cell_text(cell) for key, cell in value.items()}
        return self._intake.report(row, cells, self._fields(tuple(cells)))

    def _fields(self, keys: tuple[str, ...]) -> dict[str, str]:
        if keys in self._known:
            return self._known[keys]
        if not self._known:
            fields = find_columns(keys, self._columns, file=self._intake.file, keys=True)
            if "text" not in fields:
                raise no_text_column(keys, self._intake.file, keys=True)
        else:
            fields = self._later(keys)
        if len(self._known) < 1000:  # keys made of ids would otherwise fill the memory
            self._known[keys] = fields
        return fields

    def _later(self, keys: tuple[str, ...]) -> dict[str, str]:
        """Map an object of other keys than the first: as the first was where it can be, else by its own."""
        first = next(iter(self._known.values()))
        fields = {field: key for field, key in first.items() if key in keys}
        for field, key in find_columns(keys, Columns(without=self._columns.without)).items():
            if key not in fields.values():
                fields.setdefault(field, key)
        # Named although it is missing, so that the message can say which key to fill in.
        fields.setdefault("text", first["text"])
        return fields


def read_lines(lines: Iterable[str], columns: Columns, intake: Intake) -> Iterator[Report | BadRow]:
    """Stream JSON lines; blank lines are skipped.

    Raises:
        UnknownColumns: the first object has no key for the text.
    """
    reader = ObjectReader(columns, intake)
    for row, line in enumerate(lines, 1):
        made = reader.parse(row, line)
        if made is not None:
            yield made


def read_json(path: Path, columns: Columns, intake: Intake) -> Iterator[Report | BadRow]:
    """Read a JSON file: a list of objects, an object that holds one such list, or lines of objects.

    Lines are streamed; a list is held in memory.

    Raises:
        BrokenFile: not JSON, or no list of objects.
        EmptyFile: nothing in it.
        UnknownColumns: the first object has no key for the text.
        UnknownEncoding: not text, or damaged; lines only where they are damaged in many places.
    """
    encoding = main_encoding(path)
    with closing(lines_of(path, encoding)) as lines:
        filled = (line for line in lines if line.strip("\ufeff \t\r\n"))
        first = next(filled, None)
        if first is None:
            raise EmptyFile(f"{path}: there is nothing in it; give a file with one JSON object a line")
        by_line = path.suffix.lower() != ".json" or (_is_object(first) and next(filled, None) is not None)
    if by_line:
        with closing(lines_of(path, encoding)) as lines:
            yield from read_lines(lines, columns, intake)
        return
    if encoding.fault is not None:
        raise encoding.fault
    try:
        value = json.loads(path.read_text(encoding.name).strip("\ufeff\0 \t\r\n"))
    except (ValueError, RecursionError) as error:
        place = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise BrokenFile(f"{path}: not valid JSON{place}; export the file again") from None
    reader = ObjectReader(columns, intake)
    for row, item in enumerate(_items(value, path, columns), 1):
        made = reader.report(row, item)
        if made is not None:
            yield made


def own_text(value: Mapping[str, object], exact: bool = True) -> bool:
    """Whether an object is a report itself, and no shell around a list of them.

    Args:
        value: the object.
        exact: by a usual heading of its text; else by the ending of one, too.
    """
    return "text" in find_columns([*value], exact=exact) and not _is_answer(value)


def _is_answer(value: Mapping[str, object]) -> bool:
    """Whether an object is what an interface answers: its `message` says how it went, and is no report."""
    keys = {normal_heading(key) for key in value}
    held = any(isinstance(inner, dict | list) for inner in value.values())
    fields = find_columns([*value])
    return held and not _STATES.isdisjoint(keys) and normal_heading(fields.get("text", "")) == "message"


def _is_object(line: str) -> bool:
    if isinstance(line, DamagedLine):
        return line.lstrip("\ufeff\0 \t").startswith("{")
    try:
        return isinstance(json.loads(line.strip("\ufeff\0 \t\r\n")), dict)
    except (ValueError, RecursionError):
        return False


def _items(value: object, path: Path, columns: Columns) -> list[object]:
    if isinstance(value, dict):
        lists = [item for item in value.values() if isinstance(item, list) and item]
        if columns.text in value or own_text(value):
            value = [value]
        elif len(lists) == 1:
            value = lists[0]
        elif _is_answer(value):
            value = None  # what holds the reports lies deeper, and its message is none
        else:
            value = [value]
    if not isinstance(value, list):
        raise BrokenFile(f"{path}: holds no list of objects; write [{{...}}, {{...}}] or one object a line")
    if not value:
        raise EmptyFile(f"{path}: the list in it is empty; give a file with reports")
    return value
