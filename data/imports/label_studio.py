"""Label Studio: JSON (tasks with annotations) and JSON_MIN (one object an annotation)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from data.columns import headings_found
from data.errors import UnknownColumns
from data.imports.headings import axis_named, place_of
from data.imports.objects import objects_of, report_of, texts
from data.imports.plan import Plan
from data.imports.reading import Reading
from data.imports.source import Source
from data.intake import Intake, cell_text
from data.readers import MAX_CHARS
from data.report import BadRow

_CANCELLED = ("was_cancelled", "was_canceled", "skipped")
_MIN_KEYS = frozenset(
    ["id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement", *_CANCELLED]
)
EVIDENCE = "_evidence"
"""Behind an axis' id: the question in which its words are marked, in our own labelling configuration."""
_KINDS = ("choices", "labels", "taxonomy")
_USUAL = frozenset("label labels choice choices sentiment tag tags 标签".split())


def is_label_studio(value: Mapping[str, Any]) -> bool:
    """Tell by one object whether a file comes from Label Studio, in either of its JSON shapes."""
    listed = value.get("annotations", value.get("completions"))
    tasks = isinstance(listed, list) and (
        isinstance(value.get("data"), dict)
        or any(isinstance(one, dict) and "result" in one for one in listed)
    )
    return tasks or {"annotation_id", "annotator"} <= value.keys()


def read_label_studio(source: Source, plan: Plan) -> Iterator[Reading | BadRow]:
    """Read an export of Label Studio; cancelled annotations and predictions are left out.

    A question that nobody ticked leaves no trace in the file: where an annotation is there, nothing holds.

    Raises:
        UnknownColumns: JSON_MIN in which no key can be the labels.
        DataError: what `objects_of` raises.
    """
    rows = list(objects_of(source))
    objects = [made[1] for made in rows if not isinstance(made, BadRow)]
    questions = _min_questions(source, objects, plan)
    for made in rows:
        if isinstance(made, BadRow):
            yield made
        elif "annotation_id" in made[1]:
            if _cancelled(made[1]):
                continue
            yield _minimal(source, *made, plan, questions)
        else:
            yield from _task(source, *made, plan)


def _task(source: Source, row: int, value: Mapping[str, Any], plan: Plan) -> Iterator[Reading | BadRow]:
    intake = Intake(source.name, MAX_CHARS)
    data, annotations = value.get("data"), value.get("annotations", value.get("completions"))
    if not isinstance(data, dict) or not isinstance(annotations, list):
        advice = "任务里应当有“data”对象和“annotations”列表，请重新导出"
        yield intake.bad(row, "bad_shape", advice, {"line": cell_text(value)})
        return
    report = report_of(source, row, data, plan.columns, own_id=value.get("id"))
    if isinstance(report, BadRow):
        yield report
        return
    report = replace(report, extra={}, cells={"meta": cell_text(value.get("meta")), **report.cells})
    for annotation in annotations:
        if not isinstance(annotation, dict) or not isinstance(annotation.get("result"), list):
            advice = "标注里应当有“result”列表，请重新导出"
            yield intake.bad(row, "bad_shape", advice, {"line": cell_text(value)})
            continue
        if _cancelled(annotation):
            continue
        given: dict[str, dict[str, str] | None] = {}
        marked: dict[str, dict[str, str]] = {}
        for one in annotation["result"]:
            if isinstance(one, dict) and isinstance(one.get("value"), dict):
                question = cell_text(one.get("from_name"))
                axis = place_of(plan, question.removesuffix(EVIDENCE))
                names = _names(one["value"], report.text) if axis is not None else {}
                if axis and question.endswith(EVIDENCE):
                    marked[axis] = _joined(marked.get(axis), names)
                elif axis is not None and names:
                    given[axis] = _joined(given.get(axis), names)
        who = _who(annotation.get("completed_by"))
        yield Reading(source.name, report, _with_words(given, marked), who, complete=True)


def _minimal(
    source: Source, row: int, value: Mapping[str, Any], plan: Plan, questions: Mapping[str, str]
) -> Reading | BadRow:
    data = {key: one for key, one in value.items() if key not in questions and key not in _MIN_KEYS}
    # "id" is the task's number, even where the task's own data had an id.
    report = report_of(source, row, data, plan.columns, own_id=value.get("id"))
    if isinstance(report, BadRow):
        return report
    given: dict[str, dict[str, str] | None] = {}
    for key, axis in questions.items():
        names = _min_names(value.get(key), report.text)
        if names is None:
            advice = f"“{key}”应当是一个标签或 {{“choices”: [标签]}}，请重新导出"
            return Intake(source.name, MAX_CHARS).bad(row, "bad_shape", advice, {"line": cell_text(value)})
        if names:
            given[axis] = _joined(given.get(axis), names)
    marked: dict[str, dict[str, str]] = {}
    for key, words in value.items():
        place = place_of(plan, key.removesuffix(EVIDENCE)) if key.endswith(EVIDENCE) else None
        if place:
            marked[place] = _min_names(words, report.text) or {}
    report, who = replace(report, extra={}), _who(value.get("annotator"))
    return Reading(source.name, report, _with_words(given, marked), who, complete=True)


def _with_words(
    given: Mapping[str, dict[str, str] | None], marked: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str] | None]:
    """Put marked words to the labels that are ticked, and to no others.

    Whoever unticks a label that the model had ticked may leave the words that it had marked.
    """
    found = dict(given)
    for axis, words in marked.items():
        ticked = given.get(axis) or {}
        found[axis] = {name: said or words.get(name, "") for name, said in ticked.items()} or None
    return found


def _min_questions(source: Source, objects: list[dict[str, Any]], plan: Plan) -> dict[str, str]:
    """Find the keys of JSON_MIN that are questions: key -> axis id or ANY.

    Where several choices were ticked the value shows it; one choice is a text like any other, so then the
    key's name must tell.
    """
    objects = [value for value in objects if "annotation_id" in value]
    found: dict[str, str] = {}
    for key in dict.fromkeys(key for value in objects for key in value if key not in _MIN_KEYS):
        named = plan.labels or axis_named(plan.taxonomy, key) or key.casefold() in _USUAL
        shaped = any(isinstance(value.get(key), dict) and value[key].keys() & {*_KINDS} for value in objects)
        if named or shaped:
            axis = place_of(plan, key)
            if axis is not None:
                found[key] = axis
    if objects and not found:
        keys = [*dict.fromkeys(key for value in objects for key in value)]
        raise UnknownColumns(
            f"{source.name}: no key can be taken as the labels; name it with --label-column AXIS=KEY; "
            f"{headings_found(keys, keys=True)}",
            keys,
        )
    return found


def _min_names(value: object, text: str) -> dict[str, str] | None:
    if value is None or value == "":
        return {}
    if isinstance(value, str):
        return {value: ""}
    if isinstance(value, dict):
        return _names(value, text)
    if isinstance(value, list):
        found: dict[str, str] = {}
        for one in value:
            if isinstance(one, dict):
                found = _joined(found, _names(one, text))
            elif isinstance(one, list):
                found = _joined(found, dict.fromkeys(texts(one)[-1:], ""))
            else:
                found = _joined(found, dict.fromkeys(texts(one), ""))
        return found
    return None


def _names(value: Mapping[str, Any], text: str) -> dict[str, str]:
    """Give label -> words of one result; marked words are its evidence."""
    start, end = value.get("start"), value.get("end")
    words = text[start:end] if isinstance(start, int) and isinstance(end, int) else ""
    words = value["text"] if isinstance(value.get("text"), str) else words
    names = [*texts(value.get("choices") or []), *texts(value.get("labels") or [])]
    paths = value.get("taxonomy")
    if isinstance(paths, list):  # each a path from the root; the last step is the label
        names += [name for path in paths for name in texts(path)[-1:]]
    return dict.fromkeys(names, words)


def _joined(first: Mapping[str, str] | None, second: Mapping[str, str]) -> dict[str, str]:
    joined = dict(first or {})
    for name, words in second.items():
        joined[name] = joined.get(name) or words
    return joined


def _cancelled(annotation: Mapping[str, Any]) -> bool:
    return any(annotation.get(key) is True for key in _CANCELLED)


def _who(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("email") or value.get("username") or value.get("id")
    return cell_text(value)
