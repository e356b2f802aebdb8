"""Both of Label Studio's JSON shapes, and both shapes of its choices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.errors import UnknownColumns
from data.imports.formats import Format, find_format
from data.imports.plan import Plan
from data.imports.source import Source
from tests.data.imports.conftest import LAMP, QUEUE, Labels, Read, held

Put = Callable[..., Path]
BOTH = {"domain": {"housing"}, "misconduct": {"inaction", "evasion"}}


def ticked(question: str, *names: str) -> dict[str, Any]:
    value = {"choices": [*names]}
    return {
        "id": "x",
        "type": "choices",
        "from_name": question,
        "to_name": "text",
        "origin": "manual",
        "value": value,
    }


def annotation(*results: dict[str, Any], by: Any = 10, **more: Any) -> dict[str, Any]:
    return {"id": 1001, "completed_by": by, "was_cancelled": False, "result": [*results], **more}


def task(*annotations: dict[str, Any], id: int = 1, text: str = LAMP, **more: Any) -> dict[str, Any]:
    return {"id": id, "data": {"text": text}, "annotations": [*annotations], "predictions": [], **more}


FULL = annotation(ticked("domain", "住建"), ticked("misconduct", "不作为", "推诿扯皮"))


def test_a_task_has_an_annotation(put: Put, labels: Labels, plan: Plan) -> None:
    path = put("project.json", [task(FULL)])
    merged = labels(path)

    assert find_format(Source.at(path), plan) is Format.label_studio
    assert held(merged) == [BOTH]
    assert merged.reports[0].labelled.report.id == "1"


def test_an_axis_without_a_tick_holds_nothing(put: Put, labels: Labels) -> None:
    path = put("project.json", [task(FULL), task(annotation(), id=2, text=QUEUE)])

    assert held(labels(path))[1] == {"domain": set(), "misconduct": set()}


def test_a_task_without_annotation_is_unlabelled(put: Put, labels: Labels) -> None:
    assert len(labels(put("project.json", [task(FULL), task(id=2, text=QUEUE)])).reports) == 1


@pytest.mark.parametrize("key", ["was_cancelled", "skipped"])
def test_cancelled_annotations_and_predictions_are_left_out(put: Put, read: Read, key: str) -> None:
    cancelled = annotation(ticked("domain", "教育"), by=11, **{key: True})
    foreseen = [{"model_version": "v3", "score": 0.7, "result": [ticked("domain", "医疗")]}]
    readings, bad = read(put("project.json", [task(cancelled, FULL, predictions=foreseen)]))

    assert [one.annotator for one in readings] == ["10"] and bad == []


def test_several_annotators_are_kept(put: Put, labels: Labels) -> None:
    by = [{"id": 3, "email": "a@example.org"}, 4, 5]
    votes = [
        annotation(ticked("domain", name), by=who)
        for name, who in zip(["住建", "住建", "交通"], by, strict=True)
    ]
    merged = labels(put("project.json", [task(*votes)]))

    assert held(merged)[0]["domain"] == {"housing"}
    assert set(merged.reports[0].votes) == {"a@example.org", "4", "5"}


def test_the_ids_of_the_data_come_first(put: Put, read: Read) -> None:
    one = task(FULL)
    one["data"] = {"text": LAMP, "工单编号": "A7", "title": "路灯"}
    (reading,), _ = read(put("project.json", [one]))

    assert (reading.report.id, reading.report.title) == ("A7", "路灯")


def test_old_projects_say_completions(put: Put, labels: Labels) -> None:
    one = {
        "id": 1,
        "data": {"text": LAMP},
        "completions": [{"result": FULL["result"], "was_canceled": False}],
    }

    assert held(labels(put("project.json", [one]))) == [BOTH]


def test_questions_of_other_names_are_looked_up(put: Put, labels: Labels) -> None:
    one = task(annotation(ticked("q1", "住建", "不作为", "推诿")))

    assert held(labels(put("project.json", [one]))) == [BOTH]


def test_marked_spans_and_taxonomy_paths_are_labels(put: Put, labels: Labels) -> None:
    span = {"from_name": "misconduct", "type": "labels",
            "value": {"start": 16, "end": 22, "text": LAMP[16:22], "labels": ["不作为"]}}  # fmt: skip
    path = {"from_name": "domain", "type": "taxonomy", "value": {"taxonomy": [["民生", "住建"]]}}
    remark = {"from_name": "note", "type": "textarea", "value": {"text": ["甲"]}}
    merged = labels(put("project.json", [task(annotation(span, path, remark))]))

    assert held(merged) == [{"domain": {"housing"}, "misconduct": {"inaction"}}]
    assert merged.reports[0].labelled.evidence == {"misconduct": {"inaction": LAMP[16:22]}}


def minimal(**more: Any) -> dict[str, Any]:
    return {"id": 1, "text": LAMP, "annotator": 10, "annotation_id": 1001, "created_at": "2026-01-01",
            "updated_at": "2026-01-02", "lead_time": 4.2, **more}  # fmt: skip


def test_json_min_has_a_string_or_choices(put: Put, labels: Labels, plan: Plan) -> None:
    rows = [
        minimal(domain="住建", misconduct={"choices": ["不作为", "推诿"]}),
        minimal(id=2, text=QUEUE, domain="医疗", annotation_id=2),
    ]
    path = put("min.json", rows)

    assert find_format(Source.at(path), plan) is Format.label_studio
    assert held(labels(path)) == [BOTH, {"domain": {"medical"}, "misconduct": set()}]


def test_json_min_questions_of_other_names_show_by_their_shape(put: Put, labels: Labels, plan: Plan) -> None:
    several = minimal(q={"choices": ["住建", "不作为", "推诿"]})
    path = put("min.json", [several, minimal(id=2, text=QUEUE, q="医疗", annotation_id=2)])
    assert held(labels(path)) == [BOTH, {"domain": {"medical"}, "misconduct": set()}]

    path = put("one.json", [minimal(q="住建")])
    with pytest.raises(UnknownColumns, match="--label-column AXIS=KEY"):
        labels(path)
    assert held(labels(path, plan=replace(plan, labels=(("domain", "q"),)))) == [
        {"domain": {"housing"}, "misconduct": None}
    ]


def test_json_min_has_an_object_per_annotator(put: Put, labels: Labels) -> None:
    rows = [minimal(domain="住建"), minimal(domain="交通", annotator=11, annotation_id=1002)]
    merged = labels(put("min.json", rows))

    assert len(merged.reports) == 1 and len(merged.draws) == 2


def test_cancelled_objects_of_json_min_are_left_out(put: Put, labels: Labels) -> None:
    rows = [
        minimal(domain="住建", was_cancelled=False),
        minimal(domain="交通", annotator=11, was_cancelled=True),
    ]
    merged = labels(put("min.json", rows))

    assert held(merged) == [{"domain": {"housing"}, "misconduct": None}]


def test_broken_tasks_are_rejected_alone(put: Put, read: Read) -> None:
    broken = [
        {"id": 3, "data": {"text": LAMP}, "annotations": 5},
        {"id": 4, "data": {"text": LAMP}, "annotations": [7]},
    ]
    readings, bad = read(put("project.json", [task(FULL), *broken, task(FULL, id=5, text="")]))

    assert len(readings) == 1
    assert [(one.row, one.reason) for one in bad] == [(2, "bad_shape"), (3, "bad_shape"), (4, "no_text")]
