"""Bank cards: 16 or 19 digits with Luhn's check digit; behind a word for card or account, any such number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.privacy.around import SEP, before, is_amount, is_order
from data.privacy.entity import Entity, Finding
from data.privacy.recogniser import Recogniser

_NUMBER = re.compile(rf"(?<![0-9])(?<![0-9]\.)[1-9](?:{SEP}[0-9]){{11,20}}(?![0-9])(?!\.[0-9])")
_ISSUED = re.compile("62|60|68|69|9[0-9]|4|5[1-5]|35|3[47]")
_WORD = re.compile(
    r"银行|卡号|卡|存折|账号|帐号|账户|帐户|开户|信用社|储蓄|工行|农行|中行|建行|交行|招行|邮储|农信|商行"
)
_HIDDEN = re.compile(r"(?<![0-9])(?:62|4|5)[0-9]{3,7}[ *×xX]{4,14}[0-9]{3,4}(?![0-9])")


class BankCards(Recogniser):
    """Finds them in one run or in groups."""

    supported_entities = (Entity.BANK_CARD,)

    def find(self, text: str) -> Iterator[Finding]:
        """Find in a folded text."""
        for match in _NUMBER.finditer(text):
            digits = re.sub("[^0-9]", "", match.group())
            named = _WORD.search(before(text, match.start(), 16))
            valid = 15 <= len(digits) <= 19 and luhn(digits)
            if not named and (is_order(text, match.start()) or is_amount(text, match.end())):
                continue
            if valid and (named or (len(digits) in (16, 19) and _ISSUED.match(digits))):
                yield Finding(Entity.BANK_CARD, match.start(), match.end(), 0.95 if named else 0.85)
            elif named and not is_amount(text, match.end()):
                yield Finding(Entity.BANK_CARD, match.start(), match.end(), 0.65)
        for match in _HIDDEN.finditer(text):
            if _WORD.search(before(text, match.start())):
                yield Finding(Entity.BANK_CARD, match.start(), match.end(), 0.7)


def luhn(digits: str) -> bool:
    """Tell whether the last digit is Luhn's for the others."""
    total = 0
    for place, letter in enumerate(reversed(digits)):
        digit = int(letter) * (1 + place % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0
