"""Record: one row of a part, as JSON: a report with its tags and their provenance, or a reject.

A part, and with it every output, holds nothing that has not come through `tagged` or `rejected`. What they
are given of a report's words is what the Guard shows: see tagging.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from data.report import BadRow, Report
from model.prediction import Prediction
from serving.bulk.inputs import Line
from serving.rejects import reject_shape

Record = dict[str, Any]
FAILED = "failed"  # reason of a row that was read and could not be tagged
KEPT = ("needs_review", "review_reasons", "unread_chars", "model", "matters")  # of a Prediction, beside tags
HASH_DIGITS = 32  # hexadecimal, of sha256: 128 bits


def text_hash(report: Report) -> str:
    """Name the words that the model reads: equal for equal title and text."""
    digest = hashlib.sha256(f"{len(report.title)}\n{report.title}\n{report.text}".encode("utf-8", "replace"))
    return digest.hexdigest()[:HASH_DIGITS]


def tagged(
    line: Line,
    shown: Report,
    cells: Mapping[str, str],
    shape: Mapping[str, Any],
    hashed: str,
    time: str,
    said: Sequence[tuple[str, str]] = (),
    kept: bool = False,
) -> Record:
    """Make the record of a tagged report.

    Args:
        line: where it stood.
        shown: the report as it may be stored.
        cells: of its row, likewise.
        shape: its Prediction, likewise, as `to_dict` gives it.
        hashed: `text_hash` of what is stored, or "".
        time: when it was tagged.
        said: beginning and tags of its sentences, as `wording.matter_lines` gives them.
        kept: its tags are those of an earlier output.
    """
    more: Record = {"said": list(said)} if "matters" in shape else {}
    more |= {"kept": True} if kept else {}
    return {
        "cells": dict(cells), **shape, "tagged_at": time, "text_hash": hashed, "file": line.file,
        "row": line.row.row, "time": shown.time, "region": shown.region, **more,
    }  # fmt: skip


def rejected(row: BadRow, raw: bool) -> Record:
    """Make the record of a row that could not be read; without `raw` it names the row and has no cells."""
    return {"reject": reject_shape(row, raw)}


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
    kept = {key: record[key] for key in KEPT if key in record}
    return {"hash": record["text_hash"], "time": record["tagged_at"], "tags": tags, **kept}


def with_words(kept: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Undo `without_words` for a report of the same title and text: a Prediction's shape."""
    tags = kept["tags"]
    for tag in (tag for found in tags.values() for tag in found):
        for evidence in tag.get("evidence", ()):
            text = report.title if evidence["part"] == "title" else report.text
            evidence["text"] = text[evidence["start"] : evidence["end"]]
    shape = {key: kept[key] for key in KEPT if key in kept}
    return {"id": report.id, "tags": tags, **shape}
