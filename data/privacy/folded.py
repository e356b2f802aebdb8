"""Folded text: digits, letters, characters and blanks in one spelling, so that a rule need know only one."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from data.clean import clean
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
# What may begin a tag or a character reference; data/clean.py tells whether it does.
_MARKUP = re.compile("<[A-Za-z/!?]|&[A-Za-z#]")
_ANY_NUMERAL = re.compile(f"[{_NUMERALS}]")


# Labels of a form, set apart as forms have them: 姓　名, 联 系 人.
_SPACED = re.compile(
    "|".join(
        " {1,4}".join(label)
        for label in (
            "姓名 名字 签名 签字 署名 联系人 举报人 反映人 投诉人 信访人 "
            "来访人 来信人 来电人 申请人 申诉人 控告人 检举人 求助人 当事人 "
            "代理人 委托人 监护人 负责人 户主 业主 家长 家属 被举报人 被投诉人 "
            "被反映人 被控告人 被申请人 电话 手机 手机号 联系电话 联系方式 座机 "
            "固话 地址 住址 家庭住址 家庭地址 联系地址 通讯地址 身份证 身份证号 "
            "微信 微信号 邮箱 出生 出生日期 出生年月 生日 护照号 银行卡 卡号 "
            "账号"
        ).split()
    )
)


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text and where its characters came from.

    Attributes:
        text: as the rules read it.
        origin: index in the original of each character; None where they are the same.
        ends: where each character's run in the original ends (exclusive); None where it is one character.
    """

    text: str
    origin: Sequence[int] | None
    ends: Sequence[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Map [start, end) of the folded text, not empty, to the original."""
        if self.origin is None:
            return start, end
        last = self.origin[end - 1] + 1 if self.ends is None else self.ends[end - 1]
        return self.origin[start], last


def fold(text: str) -> Folded:
    """Fold one text.

    Full-width and other digits and Latin letters become ASCII, every kind of blank a space (line ends stay),
    every kind of dash "-", traditional characters simplified ones; a run of seven Chinese numerals or more
    (幺三八…, mixed with digits or not) becomes digits; blanks inside a label of a form (姓　名) and invisible
    characters go.
    """
    origin: list[int] | None = None
    if not text.isascii() and _INVISIBLE.search(text):
        origin = [place for place, letter in enumerate(text) if not _INVISIBLE.match(letter)]
        text = "".join(text[place] for place in origin)
    text = text.translate(_table())
    if _ANY_NUMERAL.search(text):
        text = _SPOKEN.sub(_digits, text)
    if " " in text and (labels := [*_SPACED.finditer(text)]):
        blank = {at for label in labels for at in range(*label.span()) if text[at] == " "}
        places = [at for at in range(len(text)) if at not in blank]
        text = "".join(text[at] for at in places)
        origin = places if origin is None else [origin[at] for at in places]
    return Folded(text, origin)


def readings(text: str) -> list[Folded]:
    """Fold one text; where it holds markup, a second time as it reads without, the last of the two.

    The first has what stands in a tag (mailto:…), the second what tags and &nbsp; stand between.
    """
    plain = fold(text)
    if not _MARKUP.search(plain.text):
        return [plain]
    cleaned = clean(text)
    read = fold(cleaned.text)
    if read.text == plain.text:
        return [plain]
    starts, ends = cleaned.offsets.tolist(), cleaned.ends.tolist()
    origin = range(len(read.text)) if read.origin is None else read.origin
    return [plain, Folded(read.text, [starts[at] for at in origin], [ends[at] for at in origin])]


def _digits(match: re.Match[str]) -> str:
    run = match.group()
    # A whole number behind a name that ends in a numeral: 王一13800138000.
    if run[1:].isascii() and sum(letter.isdigit() for letter in run[1:]) >= 11:
        return run
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
