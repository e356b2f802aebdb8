"""Line: a review as one line of labelled JSONL, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from data.report import Report
from data.reviews.review import Review

DETAILS = "review"
"""Key of a line that came from the log: what the log knows beyond report and labels."""


def to_line(review: Review, report: Report | None = None) -> str:
    """Write one review, without line end.

    Args:
        review: the review.
        report: the report as received, if the site gave it: its words stand instead of those kept.
    """
    line: dict[str, Any] = {"id": review.report_id}
    if report is not None:
        for key in ("title", "text", "channel", "time", "region"):
            if getattr(report, key):
                line[key] = getattr(report, key)
    elif review.text is not None:
        line |= ({"title": review.title} if review.title else {}) | {"text": review.text}
    line["source"] = "reviews"
    if review.unsure:
        line["unsure"] = True
    line |= {axis: None if held is None else [*held] for axis, held in review.labels.items()}
    line["annotator"] = review.reviewer
    before = labels_before(review)
    if before:
        line["before"] = {axis: [*labels] for axis, labels in before.items()}
    line[DETAILS] = {
        "id": review.id, "at": review.at.isoformat() if review.at else "", "key": review.key,
        "model": review.model, "taxonomy": review.taxonomy, "report_hash": review.report_hash,
        **({"note": review.note} if review.note else {}),
        **({"undoes": review.undoes} if review.undoes else {}),
    }  # fmt: skip
    return json.dumps(line, ensure_ascii=False)


def from_line(line: Mapping[str, Any], axes: list[str]) -> Review | None:
    """Read what `to_line` wrote; None where a line is something else."""
    details = line.get(DETAILS)
    if not isinstance(details, dict):
        return None
    labels: dict[str, tuple[str, ...] | None] = {}
    for axis in axes:
        held = line.get(axis)
        if not (held is None or (isinstance(held, list) and all(isinstance(label, str) for label in held))):
            return None
        if axis in line:
            labels[axis] = None if held is None else tuple(held)

    def words(of: Mapping[str, Any], key: str) -> str:
        value = of.get(key)
        return value if isinstance(value, str) else ""

    before = line.get("before")
    shown = {
        axis: [{"label": label} for label in given if isinstance(label, str)]
        for axis, given in (before.items() if isinstance(before, dict) else ())
        if isinstance(given, list)
    }
    text = words(line, "text")
    return Review(
        id=words(details, "id"), report_id=words(line, "id"), report_hash=words(details, "report_hash"),
        labels=labels, reviewer=words(line, "annotator"), key=words(details, "key"),
        at=_moment(words(details, "at")), model=words(details, "model"), taxonomy=words(details, "taxonomy"),
        prediction={"tags": shown} if shown else None,
        title=words(line, "title") if text else None, text=text or None,
        note=words(details, "note"), unsure=line.get("unsure") is True, undoes=words(details, "undoes"),
    )  # fmt: skip


def labels_before(review: Review) -> dict[str, tuple[str, ...]]:
    """Give the labels of the prediction that was corrected: axis id -> label ids."""
    tags = (review.prediction or {}).get("tags") or {}
    return {axis: tuple(str(tag["label"]) for tag in given) for axis, given in tags.items()}


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
