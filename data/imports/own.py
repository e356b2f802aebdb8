"""Our own labelled JSONL, read as an import: a broken line is rejected instead of ending the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from data.imports.cells import is_blank
from data.imports.objects import labels_in, objects_of, report_of, texts
from data.imports.plan import Plan
from data.imports.reading import Reading
from data.imports.source import Source
from data.intake import Intake, cell_text
from data.readers import MAX_CHARS
from data.report import BadRow
from data.taxonomy import Taxonomy

READINGS = "readings"
"""Key of a line that several people labelled: annotator -> axis id -> labels."""
BEFORE = "before"
"""Key of a line that a model had tagged: axis id -> labels."""


def is_own(value: Mapping[str, Any], taxonomy: Taxonomy) -> bool:
    """Tell by one object whether a file is labelled JSONL: an axis stands under its id."""
    return any(axis.id in value for axis in taxonomy.axes)


def read_own(source: Source, plan: Plan) -> Iterator[Reading | BadRow]:
    """Read labelled reports; a line with the readings of several people gives one for each.

    Raises:
        DataError: what `objects_of` raises.
    """
    axes = [axis.id for axis in plan.taxonomy.axes]
    for made in objects_of(source):
        if isinstance(made, BadRow):
            yield made
            continue
        row, value = made
        report = report_of(source, row, {k: v for k, v in value.items() if k not in axes}, plan.columns)
        if isinstance(report, BadRow):
            yield report
            continue
        report = replace(report, extra={})
        several = value.get(READINGS)
        people = (
            several if isinstance(several, dict) and several else {cell_text(value.get("annotator")): value}
        )
        source_named, unsure = cell_text(value.get("source")), value.get("unsure") is True
        before = value.get(BEFORE)
        before = before if isinstance(before, dict) else {}
        for who, labels in people.items():
            given = _given(labels, axes) if isinstance(labels, dict) else None
            if given is None:
                advice = "标签应当是列表、“标签: 原文”的对象、一个标签或 null，请改正后重新导入"
                yield Intake(source.name, MAX_CHARS).bad(row, "bad_shape", advice, {"line": cell_text(value)})
                continue
            yield Reading(
                source.name, report, given, who, source=source_named, unsure=unsure,
                before={axis: tuple(texts(one)) for axis, one in before.items() if axis in axes},
            )  # fmt: skip


def _given(value: Mapping[str, Any], axes: list[str]) -> dict[str, dict[str, str] | None] | None:
    given: dict[str, dict[str, str] | None] = {}
    for axis in axes:
        one = value.get(axis)
        if one is None or (isinstance(one, str) and is_blank(one)):
            given[axis] = None
        elif isinstance(one, dict):
            given[axis] = {name: (texts(words) or [""])[0] for name, words in one.items()}
        elif isinstance(one, str | list) and (labels := labels_in(one)) is not None:
            given[axis] = dict.fromkeys(labels, "")
        else:
            return None
    return given
