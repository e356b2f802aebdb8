"""Records of Argilla, nested and flattened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from data.imports.formats import Format, find_format
from data.imports.plan import Plan
from data.imports.source import Source
from tests.data.imports.conftest import LAMP, QUEUE, Labels, Read, held

Put = Callable[..., Path]


def record(responses: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "r1", "fields": {"text": LAMP}, "metadata": {"region": "岭安县"},
            "suggestions": {"domain": {"value": ["教育"], "score": 0.9, "agent": "v3"}},
            "responses": responses, "status": "completed", **more}  # fmt: skip


def said(value: Any, who: str = "u1", **more: Any) -> dict[str, Any]:
    return {"value": value, "user_id": who, **more}


def test_nested_records(put: Put, labels: Labels, plan: Plan) -> None:
    responses = {"domain": [said(["住建"])], "misconduct": [said(["不作为"])]}
    path = put("records.json", [record(responses)])
    merged = labels(path)

    assert find_format(Source.at(path), plan) is Format.argilla
    assert held(merged) == [{"domain": {"housing"}, "misconduct": {"inaction"}}]
    assert (merged.reports[0].labelled.report.id, merged.reports[0].labelled.report.region) == (
        "r1",
        "岭安县",
    )


def test_an_empty_response_says_that_nothing_holds_and_none_says_nothing(put: Put, labels: Labels) -> None:
    path = put(
        "records.jsonl", [record({"domain": [said("住建")], "misconduct": [said([])]}), record({}, id="r2")]
    )

    assert held(labels(path)) == [{"domain": {"housing"}, "misconduct": set()}]


def test_users_vote_and_drafts_do_not_count(put: Put, labels: Labels) -> None:
    three = [said(["住建"], "u1"), said(["住建"], "u2"), said(["交通"], "u3", status="draft")]
    merged = labels(put("records.json", [record({"domain": three})]))

    assert held(merged)[0]["domain"] == {"housing"} and set(merged.reports[0].votes) == {"u1", "u2"}


def test_readings_that_may_be_drafts_are_marked(put: Put, read: Read) -> None:
    done, draft = said(["住建"], "u1", status="submitted"), said(["交通"], "u3", status="draft")
    flat = {"id": "r2", "text": QUEUE, "domain.responses": [["医疗"]], "domain.responses.users": ["u1"]}
    nested, _ = read(put("records.json", [record({"domain": [done, said(["住建"], "u2"), draft]})]))
    plain, _ = read(put("flat.json", [flat, {**flat, "domain.responses.status": ["submitted"]}]))

    assert {one.annotator: one.may_be_draft for one in nested} == {"u1": False, "u2": True}
    assert [one.may_be_draft for one in plain] == [True, False]


def test_flattened_records(put: Put, labels: Labels, plan: Plan) -> None:
    row = {
        "id": "r1", "status": "completed", "text": LAMP, "domain.suggestion": ["教育"],
        "domain.responses": [["住建"], ["住建", "交通"], ["教育"]],
        "domain.responses.users": ["u1", "u2", "u3"],
        "domain.responses.status": ["submitted", "submitted", "discarded"],
        "misconduct.responses": None,
    }  # fmt: skip
    path = put("records.json", [row])
    merged = labels(path)

    assert find_format(Source.at(path), plan) is Format.argilla
    assert [(draw.label, draw.given_by, draw.not_given_by) for draw in merged.draws] == [
        ("transport", ("u2",), ("u1",))
    ]


def test_one_question_for_all_axes_is_looked_up_and_remarks_are_not(put: Put, labels: Labels) -> None:
    rows = [
        record({"tags": [said(["住建", "不作为"])], "remark": [said("很长的备注" * 10)]}),
        record({"tags": [said(["医疗"])]}, id="r2", fields={"text": QUEUE}),
    ]

    assert held(labels(put("records.json", rows))) == [
        {"domain": {"housing"}, "misconduct": {"inaction"}},
        {"domain": {"medical"}, "misconduct": set()},
    ]


def test_broken_responses_are_rejected_alone(put: Put, read: Read) -> None:
    rows = [record({"domain": [5]}), record({"domain": [said(["住建"])]}), {**record({}), "responses": [1]}]
    readings, bad = read(put("records.json", rows))

    assert [one.report.row for one in readings] == [2]
    assert [(one.row, one.reason) for one in bad] == [(1, "bad_shape"), (3, "bad_shape")]


def test_an_answer_that_is_no_label_is_never_taken_for_none(put: Put, read: Read) -> None:
    span = record({"misconduct": [said([{"label": "不作为", "start": 14, "end": 22}])]})
    ranked = [{"value": "不作为", "rank": 1}]
    odd = record({"misconduct": [said(ranked)]}, id="r2")
    beside = record({"domain": [said(["住建"])], "order": [said(ranked)]}, id="r3")
    (first, other), (bad,) = read(put("records.json", [span, odd, beside]))

    assert first.given == {"misconduct": {"不作为": ""}} and other.given == {"domain": {"住建": ""}}
    assert (bad.row, bad.reason) == (2, "bad_shape")
