"""Swaps: words that say who writes and where, in place of others of their kind; tags must not depend on them.

Each swap turns a fixed list by `step` places, so that one name stays one name throughout a report. A change
tells its edits by place, so that marked words move along with the text around them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from data.blind import CITIES, GENDERED, NAMED, PEOPLE, PEOPLES, PLACE, PROVINCES, SEXES, SURNAMES
from data.privacy.entity import Finding
from data.privacy.masker import moved
from data.privacy.surnames import COMPOUND

Edit = tuple[int, int, str]
"""Start, end, and what stands there now."""
Span = tuple[int, int]

GIVEN = "伟芳敏静丽强磊军勇艳杰涛超霞平刚桂英华玉红建梅波辉宁婷雪凯鹏晨洁莹浩琳宇欣慧佳俊"
_OTHER_SEX = {one: other for pair in SEXES for one, other in (pair, pair[::-1])}


@dataclass(frozen=True)
class Change:
    """Words of one kind, and what stands in place of each."""

    pattern: re.Pattern[str]
    other: Callable[[str], str]

    def edits(self, text: str) -> list[Edit]:
        """Where the text changes, and to what."""
        found = ((*match.span(), self.other(match.group())) for match in self.pattern.finditer(text))
        return [edit for edit in found if text[edit[0] : edit[1]] != edit[2]]

    def __call__(self, text: str) -> str:
        """The text changed."""
        return apply(text, self.edits(text))[0]


def apply(text: str, edits: Sequence[Edit], spans: Iterable[Span] = ()) -> tuple[str, list[Span]]:
    """The edited text, and where these spans of it stand now; a word that is changed is taken whole."""
    pieces, at = [], 0
    for start, end, words in edits:
        pieces += [text[at:start], words]
        at = end
    places = [(start, end, len(words)) for start, end, words in edits]
    return "".join((*pieces, text[at:])), [moved(places, *span) for span in spans]


def surnames(step: int) -> Change:
    """Other surnames before titles and 某, the same for the same."""
    return Change(NAMED, lambda name: turned(SURNAMES, name, step))


def genders() -> Change:
    """Men become women, women men."""
    return Change(GENDERED, _OTHER_SEX.__getitem__)


def regions(step: int) -> Change:
    """Other provinces and cities, and other letters where a publisher put letters for places."""

    def other(place: str) -> str:
        for kind in (PROVINCES, CITIES):
            if place in kind:
                return turned(kind, place, step)
        return chr((ord(place[0]) - 65 + step) % 26 + 65) + place[1:]

    return Change(PLACE, other)


def peoples(step: int) -> Change:
    """Other ethnic groups where any is named."""
    return Change(PEOPLE, lambda name: turned(PEOPLES, name, step) if name in PEOPLES else "汉族")


def renamed(text: str, names: Iterable[Finding], step: int) -> list[Edit]:
    """Other people where names were found; what another hand has covered (王某, 李**) stays covered."""
    edits = []
    for finding in names:
        name = text[finding.start : finding.end]
        width = 2 if name[:2] in COMPOUND else 1
        given = "".join(
            GIVEN[(ord(letter) + step) % len(GIVEN)]
            if "\u4e00" <= letter <= "\u9fff" and letter != "某"
            else letter
            for letter in name[width:]
        )
        edits.append((finding.start, finding.end, turned(SURNAMES, name[:1], step) + given))
    return edits


def turned(kind: Sequence[str], word: str, step: int) -> str:
    """The word that stands `step` places behind this one in a list; one that is not in it has a place too."""
    place = kind.index(word) if word in kind else ord(word[0])
    return kind[(place + step) % len(kind)]
