"""Record: one row of a part, as JSON: a report with its tags and their provenance, or a reject.

What becomes of a report's words between the model and the disk is decided here and nowhere else; a part, and
with it every output, holds nothing that has not come through `tagged`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from data.report import BadRow, Report
from model.prediction import Prediction
from serving.bulk.inputs import Line
from serving.rejects import reject_shape

Record = dict[str, Any]
HASH_DIGITS = 32  # hexadecimal, of sha256: 128 bits


def text_hash(report: Report) -> str:
    """Name the words that the model reads: equal for equal title and text."""
    digest = hashlib.sha256(f"{len(report.title)}\n{report.title}\n{report.text}".encode("utf-8", "replace"))
    return digest.hexdigest()[:HASH_DIGITS]


def tagged(line: Line, shape: Mapping[str, Any], hashed: str, time: str) -> Record:
    """Make the record of a tagged report.

    Args:
        line: the report.
        shape: its Prediction, as `to_dict` gives it.
        hashed: `text_hash` of the report.
        time: when it was tagged.
    """
    report = line.row
    assert isinstance(report, Report)
    return {
        "cells": dict(report.cells), **shape, "tagged_at": time, "text_hash": hashed, "file": line.file,
        "row": report.row, "time": report.time, "region": report.region,
    }  # fmt: skip


def rejected(line: Line) -> Record:
    """Make the record of a row that could not be read."""
    assert isinstance(line.row, BadRow)
    return {"reject": reject_shape(line.row)}


def prediction_of(record: Record) -> Prediction:
    """The Prediction in the record of a tagged report."""
    return Prediction.from_dict(record)


def without_words(record: Record) -> dict[str, Any]:
    """What --only-changed needs of a record: tags and the places of their evidence, no words."""
    tags = {
        axis: [
            {**tag, "evidence": [{**e, "text": ""} for e in tag["evidence"]]} if "evidence" in tag else tag
            for tag in tags
        ]
        for axis, tags in record["tags"].items()
    }
    kept = {key: record[key] for key in ("needs_review", "review_reasons", "unread_chars", "model")}
    return {"hash": record["text_hash"], "time": record["tagged_at"], "tags": tags, **kept}


def with_words(kept: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Undo `without_words` for a report of the same title and text: a Prediction's shape."""
    tags = kept["tags"]
    for tag in (tag for found in tags.values() for tag in found):
        for evidence in tag.get("evidence", ()):
            text = report.title if evidence["part"] == "title" else report.text
            evidence["text"] = text[evidence["start"] : evidence["end"]]
    shape = {key: kept[key] for key in ("needs_review", "review_reasons", "unread_chars", "model")}
    return {"id": report.id, "tags": tags, **shape}
