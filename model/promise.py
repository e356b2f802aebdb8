"""Promise: what an Export guarantees of the reports that it catches, and on what ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from model.figure import BadFigure, figure, whole

By = Literal["review", "tag"]


@dataclass(frozen=True)
class Promise:
    """At least the share `caught` of the reports that have a label is tagged, or goes to a person.

    It holds for reports like those of the labelled file, with the chance `confidence` over the choice of that
    file, for all promises of an Export together. Shares lie in 0..1 and are those of the labelled file.

    Attributes:
        axis: id of the axis.
        label: id of the label; "" for any label of the axis.
        caught: the share promised.
        confidence: of all promises together.
        by: "review": what gets no tag goes to a person; "tag": the tags alone catch it.
        border: "review": the score from which a person reads it, None where the tags suffice; "tag": what the
            thresholds were multiplied with, at most 1.
        reports: of the labelled file that are labelled on the axis.
        positives: those of them that have it.
        missed: those of these that are not caught.
        read: share of the reports that is caught, rightly or not: what there is to read.
        marked: share that is caught without a tag.
        precision: share of the caught that have it.
        file_hash: sha256 of the labelled file.
    """

    axis: str
    label: str
    caught: float
    confidence: float
    by: By
    border: float | None
    reports: int
    positives: int
    missed: int
    read: float
    marked: float
    precision: float
    file_hash: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON shape."""
        return asdict(self)

    @classmethod
    def from_dict(cls, shape: Mapping[str, Any], place: str = "") -> Promise:
        """Read `to_dict`'s shape; further keys are ignored.

        Args:
            place: of the shape in its file, for messages.

        Raises:
            KeyError: a key is missing.
            BadFigure: a figure is none, or cannot be meant.
        """
        for name in ("caught", "confidence", "read", "marked", "precision"):
            figure(shape, name, place)
        if shape["border"] is not None:
            figure(shape, "border", place)
        for name in ("reports", "positives", "missed"):
            whole(shape, name, place)
        if shape["by"] not in get_args(By):
            raise BadFigure(f"{place}.by is none of {', '.join(get_args(By))}")
        return cls(**{field.name: shape[field.name] for field in fields(cls)})
