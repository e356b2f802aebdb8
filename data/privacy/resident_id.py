"""Resident identity numbers, GB 11643: 18 places, the last a check character; or 15 of the older kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from data.privacy.around import SEP, before, is_order
from data.privacy.entity import Entity, Finding
from data.privacy.recogniser import Recogniser

_18 = re.compile(rf"(?<![0-9])[1-9](?:{SEP}[0-9]){{16}}{SEP}[0-9Xx×](?![0-9])")
_15 = re.compile(rf"(?<![0-9])(?<![0-9]\.)[1-9](?:{SEP}[0-9]){{14}}(?![0-9])(?!\.[0-9])")
# Some digits already hidden by another hand: what is left still narrows the person down.
_HIDDEN = re.compile(r"(?<![0-9])[1-9][0-9]{2,13}[*×xX]{2,14}[0-9]{0,6}[0-9Xx](?![0-9A-Za-z])")
_WORD = re.compile(r"身份|证件|证号|社会?保障?号|公民号码|ID", re.IGNORECASE)
_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 "
    "81 82 83".split()
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class ResidentIds(Recogniser):
    """Finds them spaced, hyphenated, full-width or spoken; a wrong check character alone excuses none."""

    supported_entities = (Entity.RESIDENT_ID,)

    def find(self, text: str) -> Iterator[Finding]:
        """Find in a folded text."""
        for match in _18.finditer(text):
            number = bare(match.group())
            named = bool(_WORD.search(before(text, match.start())))
            score = 0.0
            if _plausible(number[:2], number[6:14]):
                # A typing error breaks the check character; the number still tells who it is.
                score = 1.0 if check_character(number[:17]) == number[17] else 0.9 if named else 0.6
            elif named:
                score = 0.7
            if score < 1 and not named and is_order(text, match.start()):
                continue
            if score:
                yield Finding(Entity.RESIDENT_ID, match.start(), match.end(), score)
        for match in _15.finditer(text):
            number = bare(match.group())
            named = bool(_WORD.search(before(text, match.start())))
            if not _plausible(number[:2], "19" + number[6:12]) and not named:
                continue
            if named or not is_order(text, match.start()):
                yield Finding(Entity.RESIDENT_ID, match.start(), match.end(), 0.9 if named else 0.6)
        for match in _HIDDEN.finditer(text):
            if len(match.group()) in (15, 18) and match.group()[:2] in _PROVINCES:
                yield Finding(Entity.RESIDENT_ID, match.start(), match.end(), 0.8)


def bare(number: str) -> str:
    """The digits of a number as written, and its X."""
    return re.sub("[^0-9X]", "", number.replace("×", "X").upper())


def check_character(digits: str) -> str:
    """The 18th character for the first 17 digits, by GB 11643."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True))
    return "10X98765432"[total % 11]


def _plausible(province: str, born: str) -> bool:
    if province not in _PROVINCES or not born.isdigit():
        return False
    try:
        return 1880 <= date(int(born[:4]), int(born[4:6]), int(born[6:])).year <= 2100
    except ValueError:
        return False
