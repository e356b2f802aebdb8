"""Marks: a text cut where evidence begins and ends, so that a page can show it in the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

COLOURS = 8
"""How many colours page.css has for tags."""


@dataclass(frozen=True)
class Span:
    """Evidence of one tag: code points [start, end) of the text, the tag's name and its colour's number."""

    start: int
    end: int
    name: str
    colour: int


@dataclass(frozen=True)
class Piece:
    """A stretch of text in which no evidence begins or ends.

    Attributes:
        text: the words.
        colour: number of the colour of the first tag that rests on it; None where none does.
        names: of all tags that rest on it.
        ends: names and colours of the tags whose evidence ends behind it.
    """

    text: str = field(repr=False)
    colour: int | None = None
    names: tuple[str, ...] = ()
    ends: tuple[tuple[str, int], ...] = ()


def pieces(text: str, spans: Sequence[Span]) -> list[Piece]:
    """Cut a text; joined, the pieces are the text."""
    inside = [
        (max(0, span.start), min(span.end, len(text)), span) for span in spans if span.start < len(text)
    ]
    cuts = sorted({0, len(text), *(place for start, end, _ in inside for place in (start, end))})
    found = []
    for start, end in pairwise(cuts):
        on = [span for first, last, span in inside if first <= start and end <= last]
        ends = dict.fromkeys(
            (span.name, span.colour) for _, last, span in inside if last == end and span in on
        )
        names = tuple(dict.fromkeys(span.name for span in on))
        found.append(Piece(text[start:end], on[0].colour if on else None, names, tuple(ends)))
    return found
