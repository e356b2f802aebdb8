"""Dates of birth: a date that the words around call one; other dates stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.privacy.entity import Entity, Finding
from data.privacy.recogniser import Recogniser

_CN = "〇零○一二三四五六七八九"
_YEAR = rf"(?:(?:19|20)[0-9]{{2}}|[一二][{_CN}]{{3}})"
_SMALL = r"(?:[0-3]?[0-9]|[一二三四五六七八九十]{1,3})"
_DATE = (
    rf"(?:{_YEAR} ?年 ?(?:农历|阴历)?{_SMALL} ?月(?: ?(?:初|{_SMALL}) ?{_SMALL}? ?[日号]?)?"
    rf"|{_YEAR} ?[./\-] ?[01]?[0-9](?: ?[./\-] ?[0-3]?[0-9])?|(?:19|20)[0-9]{{2}}(?:0[1-9]|"
    rf"1[0-2])(?:[0-2][0-9]|3[01])"
    rf"|{_YEAR} ?年|[5-9][0-9] ?年 ?{_SMALL} ?月(?: ?{_SMALL} ?[日号])?|{_SMALL}月{_SMALL}[日号])"
)
# As a form has it; only behind a word that calls it a birth.
_APART = r"(?:(?:19|20)[0-9]{2}(?P<between> {1,2}|_|,)[01]?[0-9](?:(?P=between)[0-3]?[0-9])?)"
_BEFORE = re.compile(
    rf"(?:出生(?:年月日?|日期|时间|年份)?(?:于|是|为|在)?|生于|生日(?:是|为)?|年龄(?:是|为)|诞生于|生辰)[ "
    rf":(]{{0,3}}(?P<date>{_APART}|{_DATE})(?![0-9])"
)
_BEHIND = re.compile(
    rf"(?<![0-9{_CN}])(?P<date>{_DATE})(?:[日号])?\)?(?:[ (]{{0,2}}(?:出生(?!率|人口|缺陷)|生人|诞生|"
    rf"生(?![产活病意效物态育下前后了还过]))|的?生日)"
)
_KIN = re.compile(
    r"(?:儿子|女儿|父亲|母亲|孩子|小孩|妻子|丈夫|爱人|孙子|孙女|哥哥|弟弟|姐姐|妹妹)[一-鿿]{1,4}"
    rf"\((?P<date>{_DATE})(?:出生|生)?\)(?!结婚)"
)
_PERSONAL = re.compile(
    rf"[男女][,、 ]{{1,2}}(?:[一-鿿]{{1,4}}族[,、 ]{{1,2}})?(?P<date>{_DATE})(?![0-9至到起-])"
)


class BirthDates(Recogniser):
    """Finds 1965年3月12日生, 出生年月：1965.03 and 男，汉族，1965年3月."""

    supported_entities = (Entity.BIRTH,)

    def find(self, text: str) -> Iterator[Finding]:
        """Find in a folded text."""
        for pattern, score in ((_BEFORE, 0.9), (_BEHIND, 0.9), (_KIN, 0.85), (_PERSONAL, 0.8)):
            for match in pattern.finditer(text):
                yield Finding(Entity.BIRTH, *match.span("date"), score)
