"""Argilla 2: records nested or flattened, as a list, by their ids, or as a list for each field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from data.imports.headings import axis_named, place_of
from data.imports.objects import labels_in, objects_of, report_of
from data.imports.plan import Plan
from data.imports.reading import Reading
from data.imports.source import Source
from data.intake import Intake, cell_text
from data.readers import MAX_CHARS
from data.report import BadRow

_RESPONSES = ".responses"
_LONGEST = 40  # code points; a longer answer is no label
_LEFT_OUT = ("draft", "discarded")


def is_argilla(value: Mapping[str, Any]) -> bool:
    """Tell by one object whether a file holds records of Argilla."""
    nested = isinstance(value.get("fields"), dict) and ("responses" in value or "suggestions" in value)
    return nested or any(key.endswith(_RESPONSES) for key in value)


def read_argilla(source: Source, plan: Plan) -> Iterator[Reading | BadRow]:
    """Read records of Argilla: one reading for each user who submitted; suggestions are left out.

    A question without a response is unlabelled.

    Raises:
        DataError: what `objects_of` raises.
    """
    for made in objects_of(source):
        if isinstance(made, BadRow):
            yield made
            continue
        row, value = made
        answers = _nested(value) if isinstance(value.get("fields"), dict) else _flat(value)
        if answers is None or any(one is None and axis_named(plan.taxonomy, q) for q, _, one, _ in answers):
            advice = "“responses”应当是 {问题: [{“value”: …, “user_id”: …}]}，请重新导出"
            yield Intake(source.name, MAX_CHARS).bad(row, "bad_shape", advice, {"line": cell_text(value)})
            continue
        report = report_of(source, row, _fields(value), plan.columns, own_id=value.get("id"))
        if isinstance(report, BadRow):
            yield report
            continue
        named = any(axis_named(plan.taxonomy, question) for question, *_ in answers)
        people: dict[str, dict[str, dict[str, str] | None]] = {}
        unstated: set[str] = set()
        for question, who, labels, stated in answers:
            axis = place_of(plan, question)
            if (
                axis is None
                or labels is None
                or (not axis and not plan.labels and _is_remark(labels, named, plan))
            ):
                continue
            if not stated:
                unstated.add(who)
            mine = people.setdefault(who, {})
            mine[axis] = (mine.get(axis) or {}) | dict.fromkeys(labels, "")
        report = replace(report, extra={})
        if not people:
            yield Reading(source.name, report, {})
        for who, given in people.items():
            yield Reading(source.name, report, given, who, complete=not named, may_be_draft=who in unstated)


def _is_remark(answer: list[str], named: bool, plan: Plan) -> bool:
    """Tell the answer to a question that is no axis from labels: it is long, or, where other questions are
    axes, one text that no label is called."""
    if any(len(name) > _LONGEST for name in answer):
        return True
    return named and len(answer) == 1 and not plan.names.knows(answer[0])


_Answers = list[tuple[str, str, list[str] | None, bool]]
"""Question, user, answer (None: not labels), and whether the record says that the user had submitted it."""


def _fields(value: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(value.get("fields"), dict):
        metadata = value.get("metadata")
        return {**(metadata if isinstance(metadata, dict) else {}), **value["fields"]}
    return {key: one for key, one in value.items() if "." not in key and key not in ("status", "_server_id")}


def _nested(value: Mapping[str, Any]) -> _Answers | None:
    responses = value.get("responses") or {}
    if not isinstance(responses, dict):
        return None
    found: _Answers = []
    for question, given in responses.items():
        for one in given if isinstance(given, list) else [given]:
            if not isinstance(one, dict) or "value" not in one:
                return None
            if one.get("status") not in _LEFT_OUT and one["value"] is not None:
                who = cell_text(one.get("user_id"))
                found.append((question, who, labels_in(one["value"]), bool(one.get("status"))))
    return found


def _flat(value: Mapping[str, Any]) -> _Answers | None:
    found: _Answers = []
    for key, given in value.items():
        if not key.endswith(_RESPONSES) or given is None:
            continue
        question = key.removesuffix(_RESPONSES)
        users, states = value.get(f"{key}.users") or [], value.get(f"{key}.status") or []
        if not isinstance(given, list) or not isinstance(users, list) or not isinstance(states, list):
            return None
        for place, one in enumerate(given):
            if one is None or (place < len(states) and states[place] in _LEFT_OUT):
                continue
            who = cell_text(users[place]) if place < len(users) else str(place + 1)
            found.append((question, who, labels_in(one), place < len(states)))
    return found
