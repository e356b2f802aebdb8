"""Disguise undone: words that a writer spelled so that no filter finds them, back as everybody reads them.

After data/clean.py, which takes off what cannot be seen and full-width forms. Like there, every step removes
a run of characters or puts one in its place, so offsets hold. Nothing here may touch an ordinary report: what
a rule would do to one is measured (benchmarks/disguise.py), and a spelling that is a word too is none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from data.clean import Cleaned, edited, replace_runs
from data.traditional import simplified

SPELLINGS = Path(__file__).parent / "disguise.yaml"

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_EMOJI = "\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff"
# Never between two characters of a word in an ordinary report; * and the like also hide a name's character.
_STRONG = rf"*^~|_#$%&@+=\\<>`★☆●◆■□△▲※♂♀♥♡√×•･{_EMOJI}"
# What may be put into a word that is known; never what parts clauses.
_BETWEEN = rf"(?:[{_STRONG} .\-/·—]{{1,3}})"
# Characters that each stand alone, with the same sign between them: 不*作*为, 贪.污.受.贿
_APART = re.compile(
    rf"(?<![{_HAN}])[{_HAN}]"
    rf"(?:([{_STRONG}])[{_HAN}](?:\1[{_HAN}])+|([ .\-·])[{_HAN}](?:\2[{_HAN}]){{2,}})(?![{_HAN}])"
)
_SIGN_INSIDE = re.compile(rf"(?<=[{_HAN}]){_BETWEEN}(?=[{_HAN}])")
# One of these alone stands between two characters of an ordinary report in a hidden name at most (孙*明).
_SIGN_ALONE = re.compile(rf"(?<=[{_HAN}])[*^|#](?=[{_HAN}])")
_EMOJI_INSIDE = re.compile(rf"(?<=[{_HAN}])[{_EMOJI}]+(?=[{_HAN}])")
_STRUCK = re.compile(r"[\u0300-\u036f\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")
# Enclosed and styled letters, radicals that stand for characters (PDFs are full of them).
_STYLED = ((0x2E80, 0x2FE0), (0x3200, 0x3400), (0x1D400, 0x1D800), (0x1F100, 0x1F200))


@dataclass(frozen=True)
class _Spellings:
    """The tables, ready to search."""

    characters: Mapping[int, str]
    listed: frozenset[str]
    split: Mapping[str, str]
    pictures: Mapping[str, str]
    picture_pattern: re.Pattern[str]
    sounds: Mapping[str, str]
    sound_pattern: re.Pattern[str]
    parted_pattern: re.Pattern[str]
    syllables: Mapping[int, str]
    words: Mapping[str, str]
    word_pattern: re.Pattern[str]


def undisguise(cleaned: Cleaned) -> Cleaned:
    """Undo disguise in a cleaned text.

    In this order: traditional characters become simplified, styled ones plain, strokes across characters go;
    parts that stand side by side for a character (氵去) become it, a picture beside characters (💰) the one
    it stands for, others between characters go; signs put between the characters of a word go; spellings by
    sound (正府) become the word. Undone text stays as it is.
    """
    known = _spellings()
    # Sets and a dict in place of patterns of thousands of characters: they are fifty times as quick.
    if not known.listed.isdisjoint(cleaned.text):
        cleaned = Cleaned(cleaned.text.translate(known.characters), cleaned.offsets, cleaned.ends)
    cleaned = edited(cleaned, _STRUCK, _nothing)
    cleaned = replace_runs(cleaned, list(_joined(cleaned.text, known)))
    cleaned = edited(cleaned, known.picture_pattern, lambda found: known.pictures[found.group()])
    cleaned = edited(cleaned, _EMOJI_INSIDE, _nothing)
    cleaned = edited(cleaned, _SIGN_ALONE, _nothing)
    cleaned = replace_runs(cleaned, list(_apart(cleaned.text)))
    return replace_runs(cleaned, list(_respelled(cleaned.text, known)))


def _joined(text: str, known: _Spellings) -> Iterator[tuple[int, int, str]]:
    reached = 0
    for place in range(len(text) - 1):
        if place >= reached and (whole := known.split.get(text[place : place + 2])):
            reached = place + 2
            yield place, reached, whole


def _apart(text: str) -> Iterator[tuple[int, int, str]]:
    for found in _APART.finditer(text):
        for place in range(found.start() + 1, found.end(), 2):
            yield place, place + 1, ""


def _respelled(text: str, known: _Spellings) -> Iterator[tuple[int, int, str]]:
    """Edits that give listed words their own spelling, in order and apart."""
    changes: list[tuple[int, int, str]] = []  # start, end, word
    for found in known.sound_pattern.finditer(text):
        changes.append((*found.span(), known.sounds[found.group()]))
    if _SIGN_INSIDE.search(text):
        for found in known.parted_pattern.finditer(text):
            signs = re.sub(rf"[^{_HAN}]", "", found.group())
            changes.append((*found.span(), known.sounds.get(signs, signs)))
    heard = text.translate(known.syllables)
    for found in known.word_pattern.finditer(heard):
        written, word = text[slice(*found.span())], known.words[found.group()]
        same = sum(a == b for a, b in zip(written, word, strict=True))
        # One more that differs would be chance: 接到办 is no 街道办.
        if written != word and same >= max(2, len(word) - 2):
            changes.append((*found.span(), word))
    reached = 0
    for start, end, word in sorted(changes):
        if start < reached or text[start:end] == word:
            continue
        reached = end
        places = [place for place in range(start, end) if re.match(f"[{_HAN}]", text[place])]
        for place, behind, new in zip(places, [*places[1:], end], word, strict=True):
            if text[place:behind] != new:  # the sign behind a character goes with it: edits may not touch
                yield place, behind, new


@cache
def _spellings() -> _Spellings:
    shape = yaml.safe_load(SPELLINGS.read_text(encoding="utf-8"))
    characters = dict(simplified())
    for first, last in _STYLED:
        for code in range(first, last):
            plain = unicodedata.normalize("NFKC", chr(code))
            if len(plain) == 1 and plain != chr(code):
                characters[code] = characters.get(ord(plain), plain)
    split = {item[:2]: item[2] for item in shape["split"].split()}
    pictures = {item[:-1]: item[-1] for item in shape["picture"].split()}
    sounds = {spelling: word for word, row in shape["sounds"].items() for spelling in row.split()}
    words = shape["words"].split()
    parted = [f"{_BETWEEN}?".join(word) for word in (*shape["sounds"], *words, *sounds)]
    # Private-use characters stand for syllables, so that one search hears every word.
    ids = {syllable: chr(0xE000 + place) for place, syllable in enumerate(shape["syllables"])}
    syllables = {ord(c): ids[syllable] for syllable, row in shape["syllables"].items() for c in row}
    heard = {word.translate(syllables): word for word in words}
    drawn = "|".join(map(re.escape, pictures))
    return _Spellings(
        characters, frozenset(map(chr, characters)), split,
        pictures, re.compile(f"(?<=[{_HAN}])(?:{drawn})|(?:{drawn})(?=[{_HAN}])"),
        sounds, re.compile("|".join(sounds)), re.compile("|".join(parted)),
        syllables, heard, re.compile("|".join(heard)),
    )  # fmt: skip


def _nothing(match: re.Match[str]) -> str:
    return ""
