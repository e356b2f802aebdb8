"""The one text normalisation, with offsets back into the original text.

Every step removes a run of characters or puts one character in its place, so one array of starts and one
of ends carry all positions. Text that needs no step costs a few regex searches.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.markup import block_spans, tag_pattern, tag_substitute

Offsets = NDArray[np.int32]

# Deeper nesting of escapes (&amp;lt;b&amp;gt; is two deep) is no export's, only an attack's on our time.
_MAX_PASSES = 8

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e0fff]+"
)
_FULL_WIDTH = re.compile("[\uff01-\uff5e]")
_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# "&amp;amp;lt;" is one match, so that escapes of escapes need no further pass.
_ENTITY = re.compile(r"&(?:amp;)*(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_AMPERSAND = re.compile("&(?:amp;)+")
_SPACES = re.compile(r"\s{2,}|[^\S \n]|\A\s|\s\Z")
_NEWLINE = re.compile("[\n\r\x0b\x0c\x85\u2028\u2029]")
# What may stand between a repeated title and the rest of the body, and belongs to neither.
_BORDER = re.compile(r"[\s。．.,、::;!?\-—_·…~|/】〗\]}\)〕》〉」』”’\"'*#]*")
_LEAD = re.compile(r"(?:[\W_]*(?:标题|主题)\s*[:】\]])?[\W_]*")
_WORD = re.compile(r"[^\W_]")
# A letter, or what stands between letters: white space, which one of two copies may lack, left out.
_LETTER = re.compile(r"[^\W_]|(?:[^\w\s]|_)(?:\s?(?:[^\w\s]|_))*")


@dataclass(frozen=True, slots=True, eq=False)
class Cleaned:
    """A cleaned text and where each of its characters came from.

    Attributes:
        text: the cleaned text.
        offsets: int32, len(text) + 1: code point index in the original where each character starts; the
            last entry is the length of the original.
        ends: int32, len(text): where each character's original run ends (exclusive); "&lt;" is one run.
    """

    text: str
    offsets: Offsets
    ends: Offsets

    def __repr__(self) -> str:
        """Show lengths only, never the words."""
        return f"Cleaned({len(self.text)} of {int(self.offsets[-1])} characters)"

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Map the span [start, end) of the cleaned text to code points of the original.

        The end is that of the last character inside, so characters removed behind the span stay outside.

        Raises:
            ValueError: not 0 <= start <= end <= len(text).
        """
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(f"span {start}..{end} is not inside a text of {len(self.text)} characters")
        first = int(self.offsets[start])
        return first, first if start == end else int(self.ends[end - 1])

    def after(self, start: int) -> Cleaned:
        """Drop the first `start` characters; offsets still point into the whole original."""
        return Cleaned(self.text[start:], self.offsets[start:], self.ends[start:])


def clean(text: str) -> Cleaned:
    """Clean one text.

    In this order: invisible characters (zero width, control, BOM, soft hyphen, bidi marks, variation
    selectors, lone surrogates) go; full-width ASCII forms become half-width; HTML comments, scripts and
    tags go, block tags leave a line break; well-formed character references are decoded. Again, while
    that uncovered more. Then each run of white space becomes one space, or one line break where it held
    one, and none stays at either end. Cleaning a cleaned text changes nothing.
    """
    offsets: Offsets = np.arange(len(text) + 1, dtype=np.int32)
    cleaned = Cleaned(text, offsets, offsets[1:])
    for _ in range(_MAX_PASSES):
        before = cleaned.text
        cleaned = edited(cleaned, _INVISIBLE, _nothing)
        if _FULL_WIDTH.search(cleaned.text):
            cleaned = Cleaned(cleaned.text.translate(_HALF), cleaned.offsets, cleaned.ends)
        if "<" in cleaned.text and ">" in cleaned.text:
            cleaned = replace_runs(cleaned, [(start, end, "") for start, end in block_spans(cleaned.text)])
            cleaned = edited(cleaned, tag_pattern(), tag_substitute)
        if "&" in cleaned.text:
            cleaned = edited(cleaned, _ENTITY, _decoded)
            cleaned = edited(cleaned, _AMPERSAND, _ampersand)  # those before an unknown name
        elif "<" not in before and "＜" not in before and "&" not in before and "＆" not in before:
            break  # nothing above can have uncovered anything
        if cleaned.text == before:
            break
    return _trim(edited(cleaned, _SPACES, _one_space))


def clean_report(title: str, text: str) -> tuple[Cleaned, Cleaned]:
    """Clean title and body; drop the title where the body begins by repeating it, once or several times.

    Many exports put the title, perhaps in 【】 or behind "标题：", in front of the body. Punctuation and
    spaces around the repeat go with it; inside, the two may differ in white space, in the kind of
    punctuation and in case. A body that only starts with the same words ("路灯" / "路灯坏了") or holds
    nothing else stays, at least with the last repeat.

    Returns:
        (title, body), each with offsets into its own original.
    """
    head, body = clean(title), clean(text)
    lead = _LEAD.match(head.text)
    letters = [_form(match) for match in _LETTER.finditer(head.text, lead.end() if lead else 0)]
    if letters and letters[-1] == ".":
        letters.pop()
    if len(letters) < 2:
        return head, body
    at = 0
    while rest := _behind(body.text, at, letters):
        at = rest
    return head, body.after(at) if at else body


def _form(match: re.Match[str]) -> str:
    """A letter in lower case; a full stop for whatever stands between letters."""
    return match[0].lower() if match[0].isalnum() else "."


def _behind(text: str, at: int, letters: Sequence[str]) -> int:
    """Where the text goes on behind a repeat of the letters that begins at `at`; 0: there is none."""
    lead = _LEAD.match(text, at)
    end = lead.end() if lead else at
    found = _LETTER.finditer(text, end)
    for letter in letters:
        match = next(found, None)
        if match is None or letter != _form(match):
            return 0
        end = match.end()
    border = _BORDER.match(text, end)
    rest = border.end() if border else end
    return rest if rest > end and _WORD.search(text, rest) else 0


def edited(cleaned: Cleaned, pattern: re.Pattern[str], put: Callable[[re.Match[str]], str | None]) -> Cleaned:
    """Put in place of each match what `put` gives: at most one character, or None to leave it."""
    edits = []
    for match in pattern.finditer(cleaned.text):
        new = put(match)
        if new is not None:
            edits.append((match.start(), match.end(), new))
    return replace_runs(cleaned, edits)


def replace_runs(cleaned: Cleaned, edits: list[tuple[int, int, str]]) -> Cleaned:
    """Put `new` (at most one character) in place of each [start, end); the edits are in order, disjoint."""
    if not edits:
        return cleaned
    text, at = cleaned.text, 0
    pieces: list[str] = []
    for start, end, new in edits:
        pieces += (text[at:start], new)
        at = end
    pieces.append(text[at:])
    starts = np.array([edit[0] for edit in edits])
    stops = np.array([edit[1] for edit in edits])
    kept = np.array([len(edit[2]) for edit in edits])
    ends = cleaned.ends.copy()
    ends[starts[kept == 1]] = cleaned.ends[stops[kept == 1] - 1]
    # +1 where a dropped run begins, -1 behind it: the running sum is 1 inside. Runs may touch, so the
    # two are added one after the other; within each, positions are distinct.
    step = np.zeros(len(text) + 1, dtype=np.int8)
    step[starts + kept] += 1
    step[stops] -= 1
    keep = np.cumsum(step, dtype=np.int8) == 0
    return Cleaned("".join(pieces), cleaned.offsets[keep], ends[keep[:-1]])


def _trim(cleaned: Cleaned) -> Cleaned:
    text = cleaned.text.strip(" \n")
    if len(text) == len(cleaned.text):
        return cleaned
    if not text:
        last = cleaned.offsets[-1:]
        return Cleaned("", last, last[:0])
    first = len(cleaned.text) - len(cleaned.text.lstrip(" \n"))
    stop = first + len(text)
    return Cleaned(
        text, np.append(cleaned.offsets[first:stop], cleaned.offsets[-1:]), cleaned.ends[first:stop]
    )


def _nothing(match: re.Match[str]) -> str:
    return ""


def _one_space(match: re.Match[str]) -> str | None:
    run = match.group()
    new = "\n" if _NEWLINE.search(run) else " "
    return None if new == run else new


def _ampersand(match: re.Match[str]) -> str:
    return "&"


def _decoded(match: re.Match[str]) -> str | None:
    escape = match.group()
    name = re.sub(r"\A&(?:amp;)+(?=.)", "&", escape)
    new = html.unescape(name)
    # An unknown name stays as it is; the few names for two characters do too (one run, one character).
    return new if len(new) == 1 else None
