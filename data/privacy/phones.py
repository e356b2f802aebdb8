"""Telephone numbers: mobile and landline. Public service numbers (12345, 95588, 400-…) are nobody's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.privacy.around import SEP, before, is_amount, is_order
from data.privacy.entity import Entity, Finding
from data.privacy.recogniser import Recogniser

_S = r"[ \-_.·*/]{1,3}"
_CODE = r"(?:(?:\+|00)?86[ \-]{0,2}|\(\+?86\) ?|0(?=1[3-9]))?"
_MOBILE = re.compile(
    rf"(?=[0-9+(])(?<![0-9])(?<![0-9][.\-]){_CODE}(?P<number>"
    r"1[3-9][0-9]{9}"
    rf"|1[3-9][0-9]{_S}[0-9]{{4}}{_S}?[0-9]{{4}}|1[3-9][0-9]{{5}}{_S}[0-9]{{4}}"
    rf"|1[3-9][0-9]{_S}[0-9]{{3}}{_S}[0-9]{{5}}|1[3-9][0-9]{{2}}{_S}[0-9]{{3}}{_S}[0-9]{{4}}"
    rf"|1[3-9][0-9]{_S}[0-9]{{8}}|1[3-9][0-9]{{3}}{_S}[0-9]{{6}}|1[3-9][0-9]{{2}}{_S}[0-9]{{4}}{_S}[0-9]{{3}}"
    rf"|1[3-9][0-9]{_S}[0-9]{{2}}{_S}[0-9]{{2}}{_S}[0-9]{{2}}{_S}[0-9]{{2}}"
    r"|1(?P<sep>[ \-.·]{1,2})[3-9](?:(?P=sep)[0-9]){9}"
    r")(?![0-9])(?!\.[0-9])"
)
# Any grouping, of mobile numbers and of landlines with their area code. Told from lists of numbers below.
_LOOSE = re.compile(
    rf"(?=[0-9+(])(?<![0-9])(?<![0-9][.\-]){_CODE}(?P<number>(?:1{SEP}[3-9](?:{SEP}[0-9]){{9}}|0(?:{SEP}[0-9]){{9,11}}))"
    r"(?![0-9])(?!\.[0-9])"
)
_GROUPS = re.compile("[^0-9]+")
_ONE_BY_ONE = 10
"""Groups from which each is a digit: 1 3 8 0 0 1 3 8 0 0 0."""
_HIDDEN = re.compile(
    r"(?<![0-9])1[3-9][0-9][*xX×]{3,5}[0-9]{3,4}(?![0-9])|(?<![0-9])1[3-9][0-9]{5}[*×]{4}(?![0-9*×])"
)
_AREA = r"(?:10|2[0-57-9]|[3-9][0-9]{2})"
_LOCAL = r"[2-8][0-9]{2,3}[ \-]?[0-9]{4}"
_EXTENSION = r"(?:[ ,]{0,2}(?:转|分机|ext\.?|-) ?[0-9]{1,5})?"
_LANDLINE = re.compile(
    rf"(?=[0+(])(?<![0-9])(?<![0-9][.\-])(?:\(0{_AREA}\) ?-?|(?:\+|00)86[ \-]{{0,2}}0?{_AREA}[ \-]{{0,2}}|"
    rf"0{_AREA}[ \-)/_]{{0,3}})"
    rf"(?P<local>{_LOCAL}){_EXTENSION}(?![0-9])",
    re.IGNORECASE,
)
_CODED = re.compile(rf"0{_AREA}")
_WHOLE = re.compile(rf"0{_AREA}[2-8][0-9]{{6,7}}")
_NEAR = re.compile(
    r"(?:电话|座机|固话|来电|致电|tel|传真|拨打|小灵通|联系方式)(?:号码|号)?(?:是|为)?[ :]{0,3}"
    rf"(?P<local>[2-8](?:[ \-]{{0,2}}[0-9]){{6,7}}){_EXTENSION}(?![0-9])",
    re.IGNORECASE,
)
_PHONE = re.compile(r"电话|手机|联系|号码|微信|致电|拨打|座机|固话|传真|tel", re.IGNORECASE)


class Phones(Recogniser):
    """Finds mobile numbers in any grouping; landlines with an area code or behind a word for telephone."""

    supported_entities = (Entity.MOBILE, Entity.LANDLINE)

    def find(self, text: str) -> Iterator[Finding]:
        """Find in a folded text."""
        for match in _MOBILE.finditer(text):
            start = match.start()
            called = _PHONE.search(before(text, start, 8))
            if not called and _is_other(text, start, match.end()):
                continue
            yield Finding(Entity.MOBILE, start, match.end(), 0.95 if called else 0.8)
        for match in _LOOSE.finditer(text):
            groups = _GROUPS.split(match["number"])
            digits, start = "".join(groups), match.start()
            if len(groups) < 2 or (digits[0] == "0" and not _WHOLE.fullmatch(digits)):
                continue
            called = _PHONE.search(before(text, start, 8))
            if is_amount(text, match.end()):
                continue
            if called or (_even(match["number"], groups) and not is_order(text, start)):
                kind = Entity.LANDLINE if digits[0] == "0" else Entity.MOBILE
                yield Finding(kind, start, match.end(), 0.7)
        for match in _HIDDEN.finditer(text):
            yield Finding(Entity.MOBILE, match.start(), match.end(), 0.7)
        for match in _LANDLINE.finditer(text):
            called = _PHONE.search(before(text, match.start(), 8))
            if not called and _is_other(text, match.start(), match.end()):
                continue
            yield Finding(Entity.LANDLINE, match.start(), match.end(), 0.9 if called else 0.75)
        for match in _NEAR.finditer(text):
            yield Finding(Entity.LANDLINE, match.start("local"), match.end(), 0.7)


def _is_other(text: str, start: int, end: int) -> bool:
    return is_amount(text, end) or is_order(text, start)


def _even(number: str, groups: list[str]) -> bool:
    """Tell whether a number that no word calls one is grouped as one, and no list of years, ages or sizes.

    Its groups are four at most, or behind an area code six, or one digit each, with the same blank, dash or
    dot between all of them.
    """
    marks = {mark.strip() for mark in _GROUPS.findall(number)}
    most = 6 if _CODED.fullmatch(groups[0]) else 4
    few = len(groups) <= most and all(len(group) > 1 for group in groups[:-1])
    return marks in ({""}, {"-"}, {"."}) and (few or len(groups) >= _ONE_BY_ONE)
