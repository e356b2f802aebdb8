"""Recogniser: finds identifiers of a few classes; Analyzer: several of them, of one mind.

The shape is Presidio's: analyze(text, entities) gives findings with entity_type, start, end and score.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import ClassVar

from data.privacy.entity import Entity, Finding
from data.privacy.folded import Folded, readings


class Recogniser(ABC):
    """Finds identifiers of its classes."""

    supported_entities: ClassVar[tuple[Entity, ...]]

    @abstractmethod
    def find(self, text: str) -> Iterator[Finding]:
        """Find in a folded text; offsets are into it. Findings may overlap."""

    def analyze(self, text: str, entities: Collection[str] = ()) -> list[Finding]:
        """Find in a text as received; offsets are code points of it.

        Args:
            text: of any length.
            entities: classes that are wanted; none named means all of this recogniser's.
        """
        found = (_back(finding, folded) for folded in readings(text) for finding in self.find(folded.text))
        return [*dict.fromkeys(f for f in found if not entities or f.entity_type in entities)]


class Analyzer:
    """Several recognisers over one text; where they disagree, the surer one names the class."""

    def __init__(self, recognisers: Sequence[Recogniser], threshold: float = 0.5) -> None:
        """Take the recognisers and the least score that counts."""
        self._recognisers, self._threshold = tuple(recognisers), threshold

    @property
    def supported_entities(self) -> tuple[Entity, ...]:
        """All classes that are found."""
        return tuple(dict.fromkeys(e for r in self._recognisers for e in r.supported_entities))

    def analyze(self, text: str, entities: Collection[str] = ()) -> list[Finding]:
        """Find in a text as received; in reading order, none overlapping another.

        Args:
            text: of any length.
            entities: classes that are wanted; none named means all.
        """
        asked = [
            recogniser
            for recogniser in self._recognisers
            if not entities or any(entity in entities for entity in recogniser.supported_entities)
        ]
        found = [
            _back(finding, folded)
            for folded in readings(text)
            for recogniser in asked
            for finding in recogniser.find(folded.text)
            if finding.score >= self._threshold and (not entities or finding.entity_type in entities)
        ]
        return apart(found)


def apart(findings: Iterable[Finding]) -> list[Finding]:
    """Make findings disjoint: the surer, then the longer, stays whole, the others where they go beyond it."""
    kept: list[Finding] = []  # disjoint and in reading order, so that a neighbour is found by bisection
    starts: list[int] = []
    for finding in sorted(findings, key=lambda f: (-f.score, f.start - f.end, f.start)):
        start, place = finding.start, max(0, bisect_right(starts, finding.start) - 1)
        free: list[tuple[int, int]] = []
        while place < len(kept) and kept[place].start < finding.end:
            other, place = kept[place], place + 1
            if other.start > start:
                free.append((start, other.start))
            start = max(start, other.end)
        for begin, end in (*free, (start, finding.end)):
            if begin < end:
                at = bisect_right(starts, begin)
                starts.insert(at, begin)
                kept.insert(at, Finding(finding.entity_type, begin, end, finding.score))
    return kept


def _back(finding: Finding, folded: Folded) -> Finding:
    if folded.origin is None:
        return finding
    return Finding(finding.entity_type, *folded.span(finding.start, finding.end), finding.score)
