"""Telephone numbers: mobile and landline. Public service numbers (12345, 95588, 400-…) are nobody's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.privacy.around import before, is_amount, is_order
from data.privacy.entity import Entity, Finding
from data.privacy.recogniser import Recogniser

_S = r"[ \-_.·*/]{1,3}"
_CODE = r"(?:(?:\+|00)?86[ \-]{0,2}|\(\+?86\) ?|0(?=1[3-9]))?"
_MOBILE = re.compile(
    rf"(?<![0-9])(?<![0-9][.\-]){_CODE}(?P<number>"
    r"1[3-9][0-9]{9}"
    rf"|1[3-9][0-9]{_S}[0-9]{{4}}{_S}?[0-9]{{4}}|1[3-9][0-9]{{5}}{_S}[0-9]{{4}}"
    rf"|1[3-9][0-9]{_S}[0-9]{{3}}{_S}[0-9]{{5}}|1[3-9][0-9]{{2}}{_S}[0-9]{{3}}{_S}[0-9]{{4}}"
    rf"|1[3-9][0-9]{_S}[0-9]{{8}}|1[3-9][0-9]{{3}}{_S}[0-9]{{6}}|1[3-9][0-9]{{2}}{_S}[0-9]{{4}}{_S}[0-9]{{3}}"
    rf"|1[3-9][0-9]{_S}[0-9]{{2}}{_S}[0-9]{{2}}{_S}[0-9]{{2}}{_S}[0-9]{{2}}"
    r"|1(?P<sep>[ \-.·]{1,2})[3-9](?:(?P=sep)[0-9]){9}"
    r")(?![0-9])(?!\.[0-9])"
)
_HIDDEN = re.compile(
    r"(?<![0-9])1[3-9][0-9][*xX×]{3,5}[0-9]{3,4}(?![0-9])|(?<![0-9])1[3-9][0-9]{5}[*×]{4}(?![0-9*×])"
)
_AREA = r"(?:10|2[0-57-9]|[3-9][0-9]{2})"
_LOCAL = r"[2-8][0-9]{2,3}[ \-]?[0-9]{4}"
_EXTENSION = r"(?:[ ,]{0,2}(?:转|分机|ext\.?|-) ?[0-9]{1,5})?"
_LANDLINE = re.compile(
    rf"(?<![0-9])(?<![0-9][.\-])(?:\(0{_AREA}\) ?-?|(?:\+|00)86[ \-]{{0,2}}0?{_AREA}[ \-]{{1,2}}|"
    rf"0{_AREA}[ \-)/_]{{0,3}})"
    rf"(?P<local>{_LOCAL}){_EXTENSION}(?![0-9])",
    re.IGNORECASE,
)
_NEAR = re.compile(
    rf"(?:电话|座机|固话|来电|致电|tel|传真|拨打|小灵通)(?:号码|号)?(?:是|为)?[ "
    rf":]{{0,3}}(?P<local>{_LOCAL}){_EXTENSION}(?![0-9])",
    re.IGNORECASE,
)
_PHONE = re.compile(r"电话|手机|联系|号码|微信|致电|拨打|tel", re.IGNORECASE)


class Phones(Recogniser):
    """Finds mobile numbers in any grouping; landlines with an area code or behind a word for telephone."""

    supported_entities = (Entity.MOBILE, Entity.LANDLINE)

    def find(self, text: str) -> Iterator[Finding]:
        """Find in a folded text."""
        for match in _MOBILE.finditer(text):
            start = match.start()
            called = _PHONE.search(before(text, start, 8))
            if not called and (is_amount(text, match.end()) or is_order(text, start)):
                continue
            yield Finding(Entity.MOBILE, start, match.end(), 0.95 if called else 0.8)
        for match in _HIDDEN.finditer(text):
            yield Finding(Entity.MOBILE, match.start(), match.end(), 0.7)
        for match in _LANDLINE.finditer(text):
            called = _PHONE.search(before(text, match.start(), 8))
            if not called and (is_amount(text, match.end()) or is_order(text, match.start())):
                continue
            yield Finding(Entity.LANDLINE, match.start(), match.end(), 0.9 if called else 0.75)
        for match in _NEAR.finditer(text):
            yield Finding(Entity.LANDLINE, match.start("local"), match.end(), 0.7)
