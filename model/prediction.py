"""Evidence, Tag, Prediction: what comes out, the same object in CLI, HTTP, bulk and MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of the report that carries a tag.

    Attributes:
        start, end: code points [start, end) of the original text as received, before cleaning.
        text: the words, as they stand there.
        weight: this span's share of all that speaks for the tag, 0 to 1.
        part: "text", or "title" when the offsets count in the title.
    """

    start: int
    end: int
    text: str = field(repr=False)
    weight: float
    part: str = "text"

    def to_dict(self) -> dict[str, Any]:
        """JSON shape."""
        return {
            "start": self.start, "end": self.end, "text": self.text,
            "weight": round(self.weight, 4), "part": self.part,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tag:
    """A label given to a report.

    Attributes:
        label: the label's id.
        name: its Chinese name.
        score: calibrated probability; on a `many` axis scores need not sum to 1.
        evidence: strongest first; empty where none was asked for.
    """

    label: str
    name: str
    score: float
    evidence: tuple[Evidence, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON shape; no evidence key where there is none."""
        shape: dict[str, Any] = {"label": self.label, "name": self.name, "score": round(self.score, 4)}
        if self.evidence:
            shape["evidence"] = [e.to_dict() for e in self.evidence]
        return shape

    @classmethod
    def from_dict(cls, shape: Mapping[str, Any]) -> Tag:
        """Read `to_dict`'s shape.

        Raises:
            KeyError: a key is missing.
        """
        evidence = tuple(Evidence(**spoken) for spoken in shape.get("evidence", ()))
        return cls(shape["label"], shape["name"], shape["score"], evidence)


@dataclass(frozen=True, slots=True)
class Nearest:
    """A labelled case like the report.

    Attributes:
        id: of the case.
        similarity: cosine of what the encoder makes of both, -1 to 1.
        text: its title and text; empty unless asked for.
    """

    id: str
    similarity: float
    text: str = field(default="", repr=False)

    def to_dict(self) -> dict[str, Any]:
        """JSON shape; no text key where there is none."""
        shape: dict[str, Any] = {"id": self.id, "similarity": round(self.similarity, 4)}
        if self.text:
            shape["text"] = self.text
        return shape


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a report's text and its own tags.

    Attributes:
        start, end: code points [start, end) of the text as received, before cleaning.
        tags: axis id to tags, highest score first, without evidence.
    """

    start: int
    end: int
    tags: Mapping[str, tuple[Tag, ...]] = field(hash=False)

    def to_dict(self) -> dict[str, Any]:
        """JSON shape; axes without a tag are left out."""
        return {
            "start": self.start, "end": self.end,
            "tags": {axis: [tag.to_dict() for tag in tags] for axis, tags in self.tags.items() if tags},
        }  # fmt: skip

    @classmethod
    def from_dict(cls, shape: Mapping[str, Any]) -> Sentence:
        """Read `to_dict`'s shape.

        Raises:
            KeyError: a key is missing.
        """
        tags = {axis: tuple(map(Tag.from_dict, found)) for axis, found in shape["tags"].items()}
        return cls(shape["start"], shape["end"], tags)


@dataclass(frozen=True, slots=True)
class Matters:
    """Whether a letter holds several matters, and what its sentences speak of.

    Attributes:
        several: two parts of it are about different domains.
        sentences: in reading order.
    """

    several: bool
    sentences: tuple[Sentence, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON shape; sentences without a tag are left out."""
        tagged = [sentence for sentence in self.sentences if any(sentence.tags.values())]
        return {"several": self.several, "sentences": [sentence.to_dict() for sentence in tagged]}

    @classmethod
    def from_dict(cls, shape: Mapping[str, Any]) -> Matters:
        """Read `to_dict`'s shape.

        Raises:
            KeyError: a key is missing.
        """
        return cls(shape["several"], tuple(map(Sentence.from_dict, shape["sentences"])))


@dataclass(frozen=True, slots=True)
class Prediction:
    """All tags of one report.

    Attributes:
        id: the report's id.
        tags: axis id to tags, highest score first.
        needs_review: the model abstains: an officer should read this report.
        review_reasons: why, as codes: unread; out_of_scope, not_chinese and too_short, without tags; or an
            axis and low_confidence, no_label, conflict or rare_label (domain:no_label); handle_by_hand where
            no model read the report.
        unread_chars: code points of the text that a configured cap left unread.
        model: name and version of the Export; "" where none read the report.
        nearest: the labelled cases most like it, the nearest first; empty unless asked for.
        matters: what its sentences speak of; None unless asked for.
    """

    id: str
    tags: Mapping[str, tuple[Tag, ...]] = field(hash=False)
    needs_review: bool
    unread_chars: int
    model: str
    review_reasons: tuple[str, ...] = ()
    nearest: tuple[Nearest, ...] = ()
    matters: Matters | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON shape; no key `nearest` or `matters` where nothing was asked for."""
        shape: dict[str, Any] = {
            "id": self.id,
            "tags": {axis: [tag.to_dict() for tag in tags] for axis, tags in self.tags.items()},
            "needs_review": self.needs_review,
            "review_reasons": list(self.review_reasons),
            "unread_chars": self.unread_chars,
            "model": self.model,
        }
        if self.nearest:
            shape["nearest"] = [case.to_dict() for case in self.nearest]
        if self.matters is not None:
            shape["matters"] = self.matters.to_dict()
        return shape

    @classmethod
    def from_dict(cls, shape: Mapping[str, Any]) -> Prediction:
        """Read `to_dict`'s shape.

        Raises:
            KeyError: a key is missing.
        """
        return cls(
            shape["id"], {axis: tuple(map(Tag.from_dict, tags)) for axis, tags in shape["tags"].items()},
            shape["needs_review"], shape["unread_chars"], shape["model"], tuple(shape["review_reasons"]),
            tuple(Nearest(**case) for case in shape.get("nearest", ())),
            Matters.from_dict(shape["matters"]) if "matters" in shape else None,
        )  # fmt: skip
