"""Folded text: digits, letters, characters and blanks in one spelling, so that a rule need know only one."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from data.traditional import simplified

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\u20e3]"
)
_CHINESE = dict(
    zip("〇零○一幺二两三四五六七八九壹贰叁肆伍陆柒捌玖", "000112234567891234567" + "89", strict=True)
)
_NUMERALS = "".join(_CHINESE)
# Seven spoken digits or more are a number that someone dictated; fewer are a year, a house or a count.
_SPOKEN = re.compile(rf"[{_NUMERALS}0-9](?:[ \-]?[{_NUMERALS}0-9]){{6,}}")
_ANY_NUMERAL = re.compile(f"[{_NUMERALS}]")


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text and where its characters came from.

    Attributes:
        text: as the rules read it.
        origin: index in the original of each character; None where they are the same.
    """

    text: str
    origin: Sequence[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Map [start, end) of the folded text, not empty, to the original."""
        if self.origin is None:
            return start, end
        return self.origin[start], self.origin[end - 1] + 1


def fold(text: str) -> Folded:
    """Fold one text.

    Full-width and other digits and Latin letters become ASCII, every kind of blank a space (line ends stay),
    every kind of dash "-", traditional characters simplified ones; a run of seven Chinese numerals or more
    (幺三八…, mixed with digits or not) becomes digits; invisible characters go.
    """
    origin: list[int] | None = None
    if not text.isascii() and _INVISIBLE.search(text):
        origin = [place for place, letter in enumerate(text) if not _INVISIBLE.match(letter)]
        text = "".join(text[place] for place in origin)
    text = text.translate(_table())
    if _ANY_NUMERAL.search(text):
        text = _SPOKEN.sub(_digits, text)
    return Folded(text, origin)


def _digits(match: re.Match[str]) -> str:
    run = match.group()
    return "".join(_CHINESE.get(letter, letter) for letter in run)


@cache
def _table() -> dict[int, str]:
    table = dict(simplified())
    table.update((code, chr(code - 0xFEE0)) for code in range(0xFF01, 0xFF5F))
    for code in range(0x80, sys.maxunicode + 1):
        if unicodedata.category(letter := chr(code)) == "Nd":
            table[code] = str(unicodedata.decimal(letter))
    table.update(dict.fromkeys(map(ord, "\t\x0b\x0c\u00a0\u1680\u202f\u205f\u3000"), " "))
    table.update(dict.fromkeys(range(0x2000, 0x200B), " "))
    table.update(dict.fromkeys(map(ord, "‐‑‒–—―−﹣"), "-"))
    table.update(dict.fromkeys(map(ord, "•・‧∙⋅"), "·"))
    return table
