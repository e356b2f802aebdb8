"""Line: an imported report as one line of labelled JSONL."""

from __future__ import annotations

import json
from typing import Any

from data.imports.merge import Merged
from data.imports.own import BEFORE, READINGS
from data.imports.settle import Labels
from data.taxonomy import Taxonomy


def to_line(merged: Merged, taxonomy: Taxonomy) -> str:
    """Write one report for `read_labelled`, without line end.

    Other columns of the file it came from are left out: training needs none, and they may name people.
    """
    labelled, report = merged.labelled, merged.labelled.report
    line: dict[str, Any] = {"id": report.id}
    for key in ("title", "text", "channel", "time", "region"):
        if getattr(report, key):
            line[key] = getattr(report, key)
    line["source"] = labelled.source
    if labelled.unsure:
        line["unsure"] = True
    for axis in taxonomy.axes:
        held = labelled.labels[axis.id]
        words = labelled.evidence.get(axis.id)
        ordered = None if held is None else [label for label in axis.label_ids if label in held]
        line[axis.id] = {label: words.get(label, "") for label in ordered} if words and ordered else ordered
    if merged.before:
        line[BEFORE] = {axis: list(labels) for axis, labels in merged.before.items()}
    if merged.votes:
        line[READINGS] = {who: _plain(vote.labels) for who, vote in merged.votes.items()}
    return json.dumps(line, ensure_ascii=False)


def _plain(labels: Labels) -> dict[str, list[str] | None]:
    return {axis: None if given is None else [*given] for axis, given in labels.items()}
