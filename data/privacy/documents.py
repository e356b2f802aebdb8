"""Passports, permits and other personal documents."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.privacy.around import SEP, before, is_order
from data.privacy.entity import Entity, Finding
from data.privacy.recogniser import Recogniser

_LINK = r"(?:号码|编号|证号|号)?(?:是|为)?[ :(]{0,3}"
_PASSPORT = re.compile(
    rf"护照{_LINK}(?P<number>(?:[A-Za-z]{SEP}){{0,2}}[0-9](?:{SEP}[0-9]){{5,8}})(?![0-9A-Za-z])"
)
_BARE_PASSPORT = re.compile(
    rf"(?<![A-Za-z0-9])(?:[EeGg]{SEP}[0-9]{{4}}{SEP}[0-9]{{4}}|[Ee][A-HJ-NP-Za-hj-np-z]{SEP}[0-9]{{7}}|[DSPdsp][Ee]?[0-9]{{7,8}})(?![0-9A-Za-z])"
)
_BARE_PERMIT = re.compile(
    rf"(?<![A-Za-z0-9])(?:[CWHMcwhm]{SEP}[0-9]{{4}}{SEP}[0-9]{{4}}(?:[0-9]{{2}})?|[Cc][A-HJ-NP-Za-hj-np-z]{SEP}[0-9]{{7}}"
    r"|[A-Za-z]{1,2}[0-9]{6}\([0-9Aa]\))(?![0-9A-Za-z])"
)
_PERMIT = re.compile(
    r"(?:港澳(?:居民)?(?:来往内地)?(?:通行证|居住证)|(?:来往)?台湾通行证|通行证|回乡证|台胞证|(?:外国人)?永久居留(?:身份)?证|台湾居民居住证|居住证|暂住证|军官证|"
    r"士官证|士兵证|文职证|退伍证|退役证|残疾军人证|残疾人?证|学生证|学号|工作证|驾驶证|驾照|档案编号|社保卡|医保卡|社会保障卡|"
    rf"社保号|医保号|户口[本簿]|准考证|结婚证|离婚证|出生证明?|低保证|老年证){_LINK}"
    rf"(?P<number>(?:[一-鿿]{{1,2}}字第?)?[A-Za-z]{{0,3}}{SEP}[0-9](?:{SEP}[0-9]){{5,21}}(?:\([0-9A-Za-z]\)|[XxBb][0-9]?|号)?)(?![0-9A-Za-z])"
)
_MILITARY = re.compile(
    r"(?<![一-鿿])?(?:军|士|文|兵|政|后|装|空|海|北|南|沈|兰|济|广|成)字第 ?[0-9]{6,8} ?号?"
)
# The number on a card for disabled people is the resident identity number and two digits more.
_DISABLED = re.compile(
    rf"(?<![0-9])[1-9](?:{SEP}[0-9]){{16}}{SEP}[0-9Xx]{SEP}[1-7][1-4](?:[Bb][0-9])?(?![0-9])"
)


class Documents(Recogniser):
    """Finds passports and permits by their shape, the other documents by the word before them."""

    supported_entities = (Entity.PASSPORT, Entity.PERMIT)

    def find(self, text: str) -> Iterator[Finding]:
        """Find in a folded text."""
        for match in _PASSPORT.finditer(text):
            yield Finding(Entity.PASSPORT, *match.span("number"), 0.95)
        for match in _PERMIT.finditer(text):
            yield Finding(Entity.PERMIT, *match.span("number"), 0.92)
        for pattern, entity, score in (
            (_BARE_PASSPORT, Entity.PASSPORT, 0.6),
            (_BARE_PERMIT, Entity.PERMIT, 0.6),
            (_MILITARY, Entity.PERMIT, 0.8),
        ):
            for match in pattern.finditer(text):
                if not is_order(text, match.start()):
                    yield Finding(entity, match.start(), match.end(), score)
        for match in _DISABLED.finditer(text):
            if "残疾" in before(text, match.start(), 12):
                yield Finding(Entity.PERMIT, match.start(), match.end(), 0.96)
