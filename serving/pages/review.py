"""Review page: officers work through the queue. Drawn here; its script asks the routes of reviews."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.requests import Request

from data.taxonomy import Label, Taxonomy
from serving.pages.layout import show
from serving.reviews.schema import NOTE_CHARS, WHO_CHARS
from serving.service import Service

LETTERS = "QWERTYUIOPASDFGHJKLZXCVBNM"
DIGITS = "1234567890"
routes = APIRouter()


@dataclass(frozen=True)
class Tick:
    """A label to tick, with its key on the keyboard; "" where there are more labels than keys."""

    label: Label
    key: str

    @property
    def hint(self) -> str:
        """What the label means, for whoever points at it."""
        return "\n".join(
            [self.label.definition or self.label.name, *(f"不含：{no}" for no in self.label.excludes)]
        )


@dataclass(frozen=True)
class Sheet:
    """An axis with its labels."""

    id: str
    name: str
    kind: str
    marked: bool
    ticks: tuple[Tick, ...]


@routes.get("/review")
async def page(request: Request) -> Response:
    """The page; what it shows comes by its script."""
    service: Service = request.app.state.service
    key = request.scope["state"].get("key")
    return show(
        request, "review.html", sheets=sheets(service.tagger.export.taxonomy),
        key=key.name if key else "", note_chars=NOTE_CHARS, who_chars=WHO_CHARS,
    )  # fmt: skip


def sheets(taxonomy: Taxonomy) -> list[Sheet]:
    """Give every label a key: digits to the last axis that has no more than ten, letters to the others."""
    few = [axis.id for axis in taxonomy.axes if len(axis.labels) <= len(DIGITS)]
    letters, digits = iter(LETTERS), iter(DIGITS)
    found = []
    for axis in taxonomy.axes:
        keys: Iterator[str] = digits if few and axis.id == few[-1] else letters
        ticks = tuple(Tick(label, next(keys, "")) for label in axis.labels)
        found.append(Sheet(axis.id, axis.name, axis.kind, axis.id in taxonomy.explained, ticks))
    return found
