"""Name shapes: whether a personal name begins at a place, and where it ends. Chinese marks neither."""

from __future__ import annotations

import re

from data.privacy.surnames import (
    COMPOUND,
    DOUBTFUL,
    GIVEN,
    NEVER_GIVEN,
    NEVER_WEAK,
    NOT_GIVEN,
    NOT_NAMES,
    RARE,
    SINGLE,
)

HAN = "㐀-鿿"
_IS_HAN = re.compile(f"[{HAN}]")
# What follows a name when no punctuation does.
_FOLLOW = re.compile(
    r"先生|女士|小姐|同志|老师|师傅|大爷|大妈|大叔|大婶|阿姨|奶奶|爷爷|叔叔|同学|医生|家住|家庭|住|"
    r"现住|系|是|为|今年|现年|年龄|年满|岁|"
    r"电话|手机|联系|号码|身份|微信|来自|反映|反应|举报|投诉|控告|检举|实名|称|说|表示|认为|来电|致电|"
    r"来信|来访|去世|病|受伤|患|因|"
    r"的|和|与|及|等|在|于|向|从|自|就|现|也|又|都|已|被|把|将|对|给|跟|同|没|不|要|想|希望|请|申请|"
    r"购买|户籍|籍贯|毕业|原|曾|以|"
    r"等人|夫妇|夫妻|父子|一家|本人|村民|多次|多年|长期|利用|私自|擅自|违规|违法|违纪|涉嫌|收受|贪污|"
    r"截留|挪用|虚报|侵占|勾结|伙同|"
    r"作风|态度|生活|任|担任|负责|之|或|到|去|出生|男[,、 。]|女[,、 。]|男$|女$|您|你|我|他|她|有|无|"
    r"则|却|竟|未|至今|目前|于是|家里|家门|家中|家的|家人|"
    r"联名|联合|共同|集体|一起|一同|签名|签字|盖章|按手印|"
    r"[0-9(]"
)
# Of two characters or more, so that none is part of a given name: here the name ends, come what may.
_SURELY = re.compile(
    r"先生|女士|小姐|太太|同志|老师|师傅|大爷|大妈|大叔|大婶|阿姨|奶奶|爷爷|叔叔|同学|医生|家住|家庭|"
    r"今年|现年|年龄|年满|电话|手机|联系|号码|"
    r"身份证|公民身份|微信|来自|反映|反应|举报|投诉|控告|检举|实名|表示|认为|来电|致电|来信|来访|去世|申请|"
    r"购买|户籍|籍贯|毕业|等人|夫妇|夫妻|"
    r"一家|本人|村民|多次|多年|长期|利用|私自|擅自|违规|违法|违纪|涉嫌|收受|贪污|截留|挪用|虚报|侵占|"
    r"担任|负责|出生|目前|至今|后来|随后|当时|曾经|联名|共同|集体|一同|签名|签字|盖章|按手印"
)
_TITLE = re.compile("先生|女士|小姐|太太|同志|老师|师傅|大爷|大妈|大叔|大婶|阿姨|奶奶|爷爷|叔叔|同学|医生")
_SYLLABLE = rf"(?![的了是我你他她它们这那说住在和与被将])[{HAN}]"
ETHNIC = rf"(?:{_SYLLABLE}){{1,6}}(?:·(?:{_SYLLABLE}){{1,8}}){{1,3}}"
_ETHNIC = re.compile(ETHNIC)
_STARTS = re.compile("|".join(sorted(map(re.escape, set(NOT_NAMES)), key=lambda w: (-len(w), w))))
# A "name" that ends in one of these is a place or an office.
PLACES = frozenset("镇县市局厂街路城站村区乡屯")
_OFFICES = PLACES | frozenset("省室办科处部委会所院校队岗组社业区人长任师员")
"""What ends the name of an office or of a trade, and seldom a person's."""
_NO_SURNAME = NOT_GIVEN | RARE | frozenset("人个众字叫为系")
_MOU = re.compile(
    "某{1,3}(?![年月日天时处地些种位单公局县市区镇乡村小学])[甲乙丙丁一二三]?|[Xx×*]{1,2}(?![0-9A-Za-z])"
)


def name_end(text: str, at: int, strict: bool) -> int | None:
    """Where the name that begins at a place ends; None where none begins.

    Args:
        text: folded.
        at: place of the surname.
        strict: the frame alone does not promise a name: ordinary words and doubtful surnames are refused, and
            something must end the name.
    """
    ethnic = _ETHNIC.match(text, at)
    if ethnic:
        return ethnic.end()
    never = NOT_GIVEN if strict else NEVER_GIVEN
    width = surname(text, at) or int(not strict and text[at : at + 1] in RARE)
    if not width or _STARTS.match(text, at):
        return None
    if hidden := _MOU.match(text, at + width):
        return hidden.end()
    if _TITLE.match(text, at + width):
        return at + width
    if _SURELY.match(text, at + width + 1) and _given(text[at + width], never):
        return at + width + 1
    ends = [
        at + width + given
        for given in (1, 2)
        if at + width + given <= len(text)
        and all(_given(letter, never) for letter in text[at + width : at + width + given])
    ]
    closed = [end for end in ends if is_closed(text, end)]
    if closed:
        longest = max(closed)
        if strict and text[longest - 1] in PLACES and len(closed) == 1:
            return None
        usual = all(letter in GIVEN for letter in text[at + width : longest])
        doubtful = text[at] in DOUBTFUL and not is_surely_closed(text, longest)
        if strict and width == 1 and not usual and (text[at] in NEVER_WEAK or doubtful):
            return None
        return _starred(text, longest)
    if strict or not ends or text[at] in RARE:
        return None
    return _starred(text, max(ends))


def promised_end(text: str, at: int) -> int | None:
    """Where a name may end that begins with a surname of no list (昝立平) or with an ordinary word (杨梅宇).

    Such a name is any characters, so more has to speak for it than a frame that promises one: two or three of
    which one behind the surname, or behind the word, is usual in given names, and something that must end it.
    """
    word = ordinary(text, at)
    if (surname(text, at) and not word) or text[at : at + 1] in _NO_SURNAME:
        return None
    if not word and _TITLE.match(text, at + 1) and _IS_HAN.match(text, at):
        return at + 1
    for end in (at + 3,) if word else (at + 3, at + 2):
        words = text[at:end]
        if (
            len(words) == end - at
            and all(_given(letter, NEVER_GIVEN) for letter in words)
            and any(letter in GIVEN for letter in words[2 if word else 1 :])
            and words[-1] not in _OFFICES
            and is_surely_closed(text, end)
        ):
            return end
    return None


def surname(text: str, at: int) -> int:
    """Characters of the surname at a place: 2, 1 or 0."""
    if text[at : at + 2] in COMPOUND:
        return 2
    return int(text[at : at + 1] in SINGLE)


def is_closed(text: str, end: int) -> bool:
    """Tell whether a name may end here: a mark, or a word that follows names."""
    return _ended(text, end) or _FOLLOW.match(text, end) is not None


def is_surely_closed(text: str, end: int) -> bool:
    """Tell whether a name must end here: a mark, or a word of which no character is a given name's."""
    return _ended(text, end) or _SURELY.match(text, end) is not None


def ordinary(text: str, at: int) -> bool:
    """Tell whether an ordinary word begins here, although with a surname's character."""
    return _STARTS.match(text, at) is not None


def _ended(text: str, end: int) -> bool:
    return end >= len(text) or not _IS_HAN.match(text[end])


def _given(letter: str, never: frozenset[str]) -> bool:
    return letter not in never and _IS_HAN.match(letter) is not None


def _starred(text: str, end: int) -> int:
    """Take in what another hand has already put in place of the last character."""
    return end + 1 if text.startswith("*", end) else end
