"""Schema: reviews as they go over HTTP, checked by pydantic, and from our own nouns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from data.reviews.review import Review
from model.guard import Shown
from model.prediction import Prediction
from serving.reviews.queue import Queued
from serving.schema import EXAMPLE, ID_CHARS, In, PredictionOut, Words, example, prediction_shape

_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_NAME = r"^[A-Za-z][A-Za-z0-9_.\-]{0,99}$"
NOTE_CHARS = 2000
WHO_CHARS = 40
MOST_LABELS = 200


def _one_line(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("this is one line of visible characters, with no blank at either end")
    return text


Name = Annotated[str, Field(pattern=_NAME)]
Line = Annotated[Words, AfterValidator(_one_line)]
Who = Annotated[
    Line, Field(max_length=WHO_CHARS, description="Who, by name or staff number; unset, the key's name.")
]
Note = Annotated[Words, Field(max_length=NOTE_CHARS, description="Identifiers in it are covered.")]
ReviewId = Annotated[
    str, Field(pattern=_ID, description="Choose one, and sending again adds nothing; unset, one is made.")
]


class _Shown(In):
    """Part of a prediction as /v1/tag gave it; what is not needed of it is dropped."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, strict=True)


class EvidenceIn(_Shown):
    """Where the words stood; the words themselves are not kept."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    weight: float = Field(0.0, ge=0, le=1)
    part: Literal["text", "title"] = "text"


class TagShown(_Shown):
    """A tag that the officer saw."""

    label: Name
    score: float = Field(ge=0, le=1)
    evidence: list[EvidenceIn] = Field(default_factory=list, max_length=20)


class PredictionIn(_Shown):
    """The prediction that is corrected, as /v1/tag or the queue gave it."""

    model: Line = Field(max_length=200)
    tags: dict[Name, Annotated[list[TagShown], Field(max_length=MOST_LABELS)]] = Field(max_length=20)
    needs_review: bool = False
    review_reasons: list[Annotated[str, Field(max_length=100)]] = Field(default_factory=list, max_length=50)

    @model_validator(mode="after")
    def _not_endless(self) -> PredictionIn:
        if sum(map(len, self.tags.values())) > MOST_LABELS:
            raise ValueError(f"a prediction may have {MOST_LABELS} tags")
        return self


class ReviewedIn(In):
    """The report: its words, of which a hash is kept, and where the site says so the words, covered."""

    id: Line = Field(min_length=1, max_length=ID_CHARS, description="By which the site finds it again.")
    title: Words = ""
    text: Words | None = Field(None, description="As received.")
    hash: str | None = Field(
        None, pattern="^([0-9a-f]{64}|k[0-9a-f]{63})$",
        description="In the place of title and text: the `hash` that the queue gave, or SHA-256, hex, of "
        "title, U+001F and text in UTF-8.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _words_or_hash(self) -> ReviewedIn:
        if (self.text is None) == (self.hash is None) or (self.hash is not None and self.title):
            raise ValueError("give text (and title), or hash instead of both")
        return self


class ReviewIn(In):
    """An officer's labels for a report."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "report": {"id": "A-7", "title": "失业金", "text": EXAMPLE},
                    "labels": {"domain": ["social_security"], "misconduct": ["evasion"]},
                    "reviewer": "0317",
                    "prediction": {
                        "model": "default@2026.11",
                        "tags": {"domain": [{"label": "labour", "score": 0.61}], "misconduct": []},
                    },
                }
            ]
        }
    )

    id: ReviewId | None = None
    report: ReviewedIn
    labels: dict[str, list[str] | None] = Field(
        description="By axis the labels that hold, [] where none does; null, or no axis: not judged."
    )
    prediction: PredictionIn | None = None
    reviewer: Who = ""
    note: Note = ""
    unsure: bool = Field(False, description="The officer doubts.")

    @model_validator(mode="after")
    def _not_endless(self) -> ReviewIn:
        if sum(1 + len(given or ()) for given in self.labels.values()) > MOST_LABELS:
            raise ValueError(f"a review may have {MOST_LABELS} axes and labels")
        return self


class UndoIn(In):
    """Who takes a review back."""

    id: ReviewId | None = None
    reviewer: Who = ""
    note: Note = ""


_TAKEN: dict[str, Any] = {
    "id": "r-0001", "number": 1, "at": "2027-01-05T09:30:00+08:00", "reviewer": "0317", "report_id": "A-7",
    "report_hash": f"k{hashlib.sha256(EXAMPLE.encode()).hexdigest()}"[:64], "undoes": None,
}  # fmt: skip


class ReviewOut(BaseModel):
    """What the log took."""

    model_config = example(**_TAKEN)
    id: str
    number: int = Field(description="Place in the log, from 1.")
    at: datetime
    reviewer: str
    report_id: str
    report_hash: str = Field(description="Of the words as received, under the key of the log.")
    undoes: str | None = Field(description="The review that this one takes back.")


class EarlierOut(BaseModel):
    """A review of a report that stands."""

    id: str
    reviewer: str
    at: datetime
    labels: dict[str, list[str] | None]
    note: str
    unsure: bool


class QueuedOut(BaseModel):
    """A report of the queue as it may be shown: what the service masks is covered."""

    id: str
    title: str
    text: str
    channel: str
    time: str
    region: str


class MarkOut(BaseModel):
    """Where evidence of a tag stands in the title or text of `report`; code points [start, end)."""

    axis: str
    label: str
    part: Literal["text", "title"]
    start: int
    end: int


class ItemOut(BaseModel):
    """A report to review, with what the model that answers now says of it."""

    place: int = Field(description="In the queue, from 0.")
    report: QueuedOut
    covered: bool = Field(description="Something is covered: send `hash` back in the place of the words.")
    hash: str = Field(description="Of the words as received, under the key of the log.")
    prediction: PredictionOut = Field(description="Offsets count in the report as received.")
    marks: list[MarkOut]
    reviews: list[EarlierOut]


class QueueOut(BaseModel):
    """How far the queue is, and one report of it."""

    model_config = example(
        total=120, reviewed=17,
        item={
            "place": 17,
            "report": {
                "id": "A-7", "title": "失业金", "text": EXAMPLE, "channel": "热线", "time": "", "region": "",
            },
            "covered": False, "hash": _TAKEN["report_hash"],
            "prediction": {
                "index": 0, "id": "A-7",
                "tags": {
                    "misconduct": [
                        {"label": "evasion", "name": "推诿扯皮", "score": 0.93,
                         "evidence": [
                             {"start": 5, "end": 12, "text": EXAMPLE[5:12], "weight": 0.41, "part": "text"}
                         ]}
                    ]
                },
                "needs_review": False, "review_reasons": [], "unread_chars": 0, "model": "office@2027.1",
            },
            "marks": [{"axis": "misconduct", "label": "evasion", "part": "text", "start": 5, "end": 12}],
            "reviews": [
                {"id": _TAKEN["id"], "reviewer": "0317", "at": _TAKEN["at"],
                 "labels": {"misconduct": ["evasion"]}, "note": "", "unsure": False}
            ],
        },
    )  # fmt: skip
    total: int
    reviewed: int
    item: ItemOut | None = Field(description="null where every report is reviewed, or with a colleague.")


def review_shape(review: Review) -> dict[str, Any]:
    """JSON shape of what the log took."""
    return {
        "id": review.id, "number": review.number, "at": review.at.isoformat() if review.at else None,
        "reviewer": review.reviewer, "report_id": review.report_id, "report_hash": review.report_hash,
        "undoes": review.undoes or None,
    }  # fmt: skip


def earlier_shape(review: Review) -> dict[str, Any]:
    """JSON shape of a review that stands."""
    return {
        "id": review.id, "reviewer": review.reviewer, "at": review.at.isoformat() if review.at else None,
        "labels": {axis: None if held is None else [*held] for axis, held in review.labels.items()},
        "note": review.note, "unsure": review.unsure,
    }  # fmt: skip


def item_shape(
    queued: Queued, shown: Shown, prediction: Prediction, reviews: Sequence[Review]
) -> dict[str, Any]:
    """JSON shape of a report to review; of its words only what may be shown."""
    report = shown.report
    marks = [
        {"axis": axis, "label": tag.label, "part": span.part, "start": span.start, "end": span.end}
        for axis, tags in shown.prediction.tags.items()
        for tag in tags
        for span in tag.evidence
    ]
    return {
        "place": queued.place, "report": {name: getattr(report, name) for name in QueuedOut.model_fields},
        "covered": (report.title, report.text) != (queued.report.title, queued.report.text),
        "hash": queued.hash, "prediction": prediction_shape(0, prediction, None), "marks": marks,
        "reviews": [earlier_shape(each) for each in reviews],
    }  # fmt: skip
