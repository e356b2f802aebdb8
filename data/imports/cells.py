"""Cells: the labels that stand together in one cell of a table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

SEPARATORS = ";；、,，|｜\n\r\t"
_LOOSE = re.compile(r"[/／+＋&＆和与及 \u3000]+")  # these stand inside names too: "住房和城乡建设"
_MOST_JOINED = 8  # pieces; a name with more separators inside is not looked for
_NOTHING = frozenset("无 没有 无问题 没有问题 不涉及 未涉及 不属于 均无 none no nothing".split())
_BLANK = frozenset(["", "-", "--", "—", "——", "/", "\\", "n/a", "null", "nan"])


def split_labels(cell: str, knows: Callable[[str], bool], separators: str = SEPARATORS) -> list[str]:
    """Split a cell into labels as written.

    Names that hold a separator themselves ("不作为、慢作为") stay whole: from left to right the longest run
    of pieces that is a known name is one label, and a piece that begins no known name is one by itself. Such
    a piece is split once more where strokes, blanks, 和 and the like stand between names that are all known
    ("教育/医疗").

    Args:
        cell: the cell.
        knows: tells whether a name means something.
        separators: the characters that may stand between labels.
    """
    parts = re.split(f"([{re.escape(separators)}]+)", cell)
    pieces, gaps = parts[0::2], parts[1::2]
    found: list[str] = []
    at = 0
    while at < len(pieces):
        end = at + 1
        for last in range(min(len(pieces), at + _MOST_JOINED), at + 1, -1):
            joined = "".join(pieces[place] + gap for place, gap in enumerate(gaps[at : last - 1], at))
            if pieces[at].strip() and knows(joined + pieces[last - 1]):
                end = last
                break
        name = "".join(pieces[place] + gap for place, gap in enumerate(gaps[at : end - 1], at))
        found.append((name + pieces[end - 1]).strip())
        at = end
    return list(dict.fromkeys(part for name in found for part in _loosely(name, knows) if part))


def _loosely(name: str, knows: Callable[[str], bool]) -> list[str]:
    """The names that a loosely written one consists of, or itself."""
    parts = _LOOSE.split(name)
    return parts if len(parts) > 1 and not knows(name) and all(map(knows, parts)) else [name]


def is_blank(cell: str) -> bool:
    """Tell whether a cell says nothing: empty, or a stroke."""
    return _plain(cell) in _BLANK


def is_nothing(name: str) -> bool:
    """Tell whether a cell says that no label holds: 无, none and the like."""
    return _plain(name) in _NOTHING


def _plain(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip().casefold()
