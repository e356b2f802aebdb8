"""Review: an officer's labels for a report, with who, when, and the prediction that they correct."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from data.report import Report

Labels = Mapping[str, tuple[str, ...] | None]
"""Axis id -> label ids that hold, () where none does; None, as an absent axis, where it was not judged."""


@dataclass(frozen=True, slots=True)
class Review:
    """One row of the review log; or, where `undoes` is set, the retraction of an earlier one.

    `repr` leaves out what may hold a reporter's words.

    Attributes:
        id: unique; chosen by the sender, so that sending again adds nothing.
        report_id: the report's id.
        report_hash: of the report as received: `ReviewKey.of`, or in rows of earlier versions `report_hash`.
        labels: what holds, by axis; empty in a retraction.
        reviewer: who, as they call themselves.
        key: name of the key that it was sent with; "" where the service has no keys.
        at: when the log took it, in UTC; None until then.
        model: name and version of the Export whose prediction was corrected; "" where there was none.
        taxonomy: version of the taxonomy that the labels are of.
        prediction: the prediction that was corrected, without words: tags with scores and offsets.
        title: with identifiers covered, or None where texts are not kept.
        text: likewise, of the same length as the text received.
        note: the officer's own words, identifiers covered.
        unsure: the officer doubted.
        undoes: id of the review that this one retracts, or "".
        number: place in the log, from 1; 0 until the log took it.
        repeated: the log had it already, when it was sent again by its id.
    """

    id: str
    report_id: str
    report_hash: str
    labels: Labels = field(hash=False)
    reviewer: str
    key: str = ""
    at: datetime | None = field(default=None, compare=False)
    model: str = ""
    taxonomy: str = ""
    prediction: Mapping[str, Any] | None = field(default=None, hash=False, repr=False)
    title: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    note: str = field(default="", repr=False)
    unsure: bool = False
    undoes: str = ""
    number: int = field(default=0, compare=False)
    repeated: bool = field(default=False, compare=False)


def report_hash(report: Report) -> str:
    """SHA-256, hex, of title, U+001F and text in UTF-8; what is kept or shown is keyed (`ReviewKey.of`)."""
    words = f"{report.title}\x1f{report.text}"
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()
