"""Typesetting: Chinese text to lines of so many cells, and to one line that is safe to show."""

from __future__ import annotations

import re
import unicodedata

from rich.cells import cell_len
from rich.text import Text

_NOT_FIRST = "，。、；：！？,.;:!?%）】》〉」”’)]}…"
_NOT_LAST = "（【《〈「“‘([{"


def wrap(text: Text, width: int) -> list[Text]:
    """Break a text into lines of at most `width` cells, as Chinese is set.

    Anywhere between characters, but not inside a number or Latin word, before a closing mark or behind an
    opening one.
    """
    words, cuts = text.plain, []
    start = cells = 0
    for index, char in enumerate(words):
        cells += cell_len(char)
        while cells > width and start < index:
            start = _break(words, start, index)
            cuts.append(start)
            cells = cell_len(words[start : index + 1])
    return list(text.divide(cuts))


def plain(text: str) -> str:
    """One line without control characters, which could move a terminal's cursor or turn text around."""
    spaced = re.sub(r"\s+", " ", text)
    return "".join(char for char in spaced if unicodedata.category(char) not in ("Cc", "Cf", "Cs")).strip()


def _break(words: str, start: int, index: int) -> int:
    for cut in range(index, max(start, index - 20), -1):
        before, after = words[cut - 1], words[cut]
        inside = before.isascii() and after.isascii() and before.isalnum() and after.isalnum()
        if not inside and after not in _NOT_FIRST and before not in _NOT_LAST:
            return cut
    return index
