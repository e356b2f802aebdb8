"""Markup: the HTML that exports leave in a text, told apart from "a<b" and "<<条例>>" by real tag names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_BLOCK = frozenset(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html legend li main menu nav ol optgroup"
    " option p pre section summary table tbody tfoot thead title tr ul".split()
)
_CELL = frozenset({"td", "th"})
_INLINE = frozenset(
    "a abbr acronym area audio b base basefont bdi bdo big button canvas cite code col colgroup data datalist"
    " del dfn em embed font frame frameset i iframe img input ins kbd label link map mark marquee meta meter"
    " nobr noframes noscript object output param picture q rp rt ruby s samp script select slot small source"
    " span strike strong style sub sup svg template textarea time track tt u var video wbr o:p st1".split()
)
_OPENING = re.compile(r"<(?:!--|(script|style)(?:\s[^<>]*)?>)", re.IGNORECASE)


@cache
def tag_pattern() -> re.Pattern[str]:
    """Match one opening or closing tag of HTML, a doctype or an XML declaration; group 1 is the name."""
    names = "|".join(sorted(_BLOCK | _CELL | _INLINE, key=len, reverse=True))
    # [^<>] keeps the search linear: a "<" that is never closed is given up at the next one.
    return re.compile(rf"<(?:/?({names})(?:\s[^<>]*|/)?|!doctype[^<>]*|\?xml[^<>]*)>", re.IGNORECASE)


def tag_substitute(match: re.Match[str]) -> str:
    """What stands in for a tag: a line break for a block, a space for a table cell, else nothing."""
    name = (match.group(1) or "").lower()
    if name in _BLOCK:
        return "\n"
    return " " if name in _CELL else ""


def block_spans(text: str) -> Iterator[tuple[int, int]]:
    """Find comments, and scripts and style sheets with their content: [start, end) each, in order.

    One that is never closed is left alone.
    """
    lowered: str | None = None
    missing: set[str] = set()  # endings that do not come any more: looking again would be quadratic
    at = 0
    while opening := _OPENING.search(text, at):
        at = opening.end()
        name = (opening.group(1) or "").lower()
        ending = f"</{name}" if name else "-->"
        if ending in missing:
            continue
        if lowered is None:
            # ASCII only: str.lower() may change the length of other letters.
            lowered = re.sub("[A-Z]+", lambda m: m.group().lower(), text)
        close = lowered.find(ending, at)
        stop = lowered.find(">", close) if close >= 0 else -1
        if stop < 0:
            missing.add(ending)
            continue
        yield opening.start(), stop + 1
        at = stop + 1
