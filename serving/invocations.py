"""Invocations: MLflow's scoring protocol to reports, so that clients of `mlflow models serve` point here."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, get_args

from data.privacy.masked_report import Masking
from data.report import Report
from model.tagger import EvidenceFor
from serving.invocations_parquet import PARQUET, read_rows
from serving.problem import Problem, too_many
from serving.schema import cell
from serving.settings import ServeSettings

FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_COLUMNS = ("id", "text", "title")
_ONE = f"Give exactly one of {', '.join(FORMS)}."
_TABLE = "Give a table with a column text, and id and title if there are any."


PARAMS = ("evidence", "mask", "axes", "matters")
"""Names that `params` may have; /v1/tag has them too."""


class Invocation(NamedTuple):
    """What a request asks for.

    Attributes:
        reports: to tag.
        evidence: on which axes the words are told.
        masking: what is to be masked.
        axes: to answer; None is all. They may be none of the taxonomy's.
        matters: tell also what each sentence speaks of.
    """

    reports: list[Report]
    evidence: EvidenceFor = "misconduct"
    masking: Masking = Masking.none
    axes: Sequence[str] | None = None
    matters: bool = False


async def read_invocation(body: bytes, content_type: str, settings: ServeSettings) -> Invocation:
    """Read a request in MLflow's form.

    Raises:
        Problem: the body is of another form, or a packed one unpacks to more than it may.
    """
    kind, _, more = content_type.partition(";")
    charset = more.strip().lower().removeprefix("charset=").strip('"')
    if charset not in ("", "utf-8", "utf8"):
        raise Problem("wrong_type", "Send UTF-8.")
    kind = kind.strip().lower()
    if kind == "application/json":
        return _parse_json(body, settings.max_reports)
    if kind == "text/csv":
        return Invocation(_parse_csv(body, settings.max_reports, settings.max_chars))
    if kind == PARQUET:
        rows = await read_rows(body, settings.max_reports, settings.max_body_bytes)
        return Invocation(_records(rows, settings.max_reports, ""))
    raise Problem("wrong_type", f"Send application/json, text/csv or {PARQUET}.")


def _parse_json(body: bytes, most: int) -> Invocation:
    try:
        shape = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem("malformed") from None
    if not isinstance(shape, dict):
        raise Problem("malformed", _ONE)
    given = [form for form in FORMS if form in shape]
    if len(given) != 1:
        raise Problem("malformed", _ONE)
    for name in PARAMS:
        # Taken for granted here, a mask that was asked for would be none.
        if name in shape:
            raise _invalid(name, "It stands inside params.")
    return Invocation(_READ[given[0]](shape[given[0]], most), *_params(shape.get("params")))


def _params(params: Any) -> tuple[EvidenceFor, Masking, Sequence[str] | None, bool]:
    """What `params` asks for; a name that is not known is refused, since what it asks would not be done."""
    if params is None:
        params = {}
    if not isinstance(params, dict):
        raise _invalid("params", f"An object with {', '.join(PARAMS)}.")
    if set(params) - set(PARAMS):
        fault = {"field": "params.?", "code": "unknown_field", "message": f"One of {', '.join(PARAMS)}."}
        raise Problem("invalid", errors=[fault])
    evidence, masking = params.get("evidence", "misconduct"), params.get("mask", "none")
    if evidence not in get_args(EvidenceFor):
        raise _invalid("params.evidence", f"One of {', '.join(get_args(EvidenceFor))}.")
    if masking not in list(Masking):
        raise _invalid("params.mask", f"One of {', '.join(Masking)}.")
    axes, matters = params.get("axes"), params.get("matters", False)
    if axes is not None and not (isinstance(axes, list) and all(isinstance(axis, str) for axis in axes)):
        raise _invalid("params.axes", "A list of ids of axes; empty or null is all.")
    if not isinstance(matters, bool):
        raise _invalid("params.matters", "true or false.")
    return evidence, Masking(masking), axes or None, matters


def _split(shape: Any, most: int) -> list[Report]:
    """{"columns": [...], "data": [[...], ...]}; without columns each row is one text."""
    if not isinstance(shape, dict) or not isinstance(shape.get("data"), list):
        raise _invalid("dataframe_split", "An object with columns and data.")
    rows, columns = _few(shape["data"], most), shape.get("columns", ["text"])
    if not isinstance(columns, list) or "text" not in columns:
        raise _invalid("dataframe_split.columns", _TABLE)
    for place, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(columns):
            raise _invalid(f"dataframe_split.data[{place}]", "As many values as there are columns.")
    wanted = [(place, name) for place, name in enumerate(columns) if name in _COLUMNS]
    chosen = [{name: row[place] for place, name in wanted} for row in rows]
    return _records(chosen, most, "dataframe_split.data")


def _records(rows: Any, most: int, form: str = "dataframe_records") -> list[Report]:
    if not isinstance(rows, list):
        raise _invalid(form, "A list.")
    return [_report(row, form, place) for place, row in enumerate(_few(rows, most))]


def _instances(rows: Any, most: int) -> list[Report]:
    """A list of texts, of [text] or of objects."""
    return _records(_list(rows, most), most, "instances")


def _inputs(shape: Any, most: int) -> list[Report]:
    """A text, a list as of instances, or columns: {"text": [...], "id": [...]}."""
    if isinstance(shape, str):
        return _records([{"text": shape}], most, "inputs")
    if not isinstance(shape, dict):
        return _records(_list(shape, most), most, "inputs")
    columns = {name: shape[name] for name in _COLUMNS if name in shape}
    if isinstance(columns.get("text"), str):
        return [_report(columns, "inputs", 0)]
    lists = [column for column in columns.values() if isinstance(column, list)]
    if "text" not in columns or len(lists) != len(columns) or len({len(column) for column in lists}) != 1:
        raise _invalid("inputs", "Columns of one length, text among them.")
    _few(lists[0], most)
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*lists, strict=True)]
    return _records(rows, most, "inputs")


def _list(shape: Any, most: int) -> list[Any]:
    """The rows; [["text"], ...], as numpy writes a column, is taken for ["text", ...]."""
    if not isinstance(shape, list):
        raise Problem("malformed", _ONE)
    bare = (row[0] if isinstance(row, list) and len(row) == 1 else row for row in _few(shape, most))
    return [{"text": row} if isinstance(row, str) or cell(row) == "" else row for row in bare]


def _few(rows: list[Any], most: int) -> list[Any]:
    """The rows, before anything is made of each: a body of some MB may hold millions."""
    if len(rows) > most:
        raise too_many(most)
    return rows


def _parse_csv(body: bytes, most: int, longest: int) -> list[Report]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Problem("malformed", "The CSV is not UTF-8.") from None
    before = csv.field_size_limit(max(longest + 1, 131_072))
    try:
        table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = list(islice(table, most + 1))
    except csv.Error:
        raise Problem("malformed", "The CSV cannot be read: a quote is open, or a cell too long.") from None
    finally:
        csv.field_size_limit(before)
    if table.fieldnames is None:
        raise Problem("malformed", "The CSV is empty: it has no line of headings.")
    if "text" not in table.fieldnames:
        raise _invalid("text", _TABLE)
    return _records(rows, most, "")


def _report(row: Any, form: str, place: int) -> Report:
    """One report; an empty cell (null, NaN) is an empty text, a number is taken as it is written."""
    if not isinstance(row, Mapping) or "text" not in row:
        raise _invalid(f"{form}[{place}].text", "A text.")
    values = []
    for name in _COLUMNS:
        value = cell(row.get(name))
        if not isinstance(value, str):
            raise _invalid(f"{form}[{place}].{name}", "A text.")
        values.append(value)
    try:
        "".join(values).encode()
    except UnicodeEncodeError:
        raise _invalid(f"{form}[{place}]", "Valid Unicode: half a surrogate pair is none.") from None
    number, text, title = values
    return Report(number, text, title)


def _invalid(field: str, message: str) -> Problem:
    return Problem("invalid", errors=[{"field": field, "code": "invalid", "message": message}])


_READ: Mapping[str, Callable[[Any, int], list[Report]]] = {
    "dataframe_split": _split, "dataframe_records": _records, "instances": _instances, "inputs": _inputs,
}  # fmt: skip
