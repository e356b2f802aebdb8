"""Masker: a text with the identifiers of the wanted classes covered."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from enum import StrEnum

from data.privacy.accounts import Accounts
from data.privacy.address import Addresses
from data.privacy.bank_card import BankCards
from data.privacy.birth import BirthDates
from data.privacy.documents import Documents
from data.privacy.entity import Entity, Finding
from data.privacy.folded import readings
from data.privacy.known_names import KnownNames
from data.privacy.names import Names
from data.privacy.officials import Officials
from data.privacy.phones import Phones
from data.privacy.plates import Plates
from data.privacy.recogniser import Analyzer, Recogniser
from data.privacy.resident_id import ResidentIds

KEPT = Officials.keep.kept
"""Left as they are by default."""


class Style(StrEnum):
    """What stands in an identifier's place."""

    label = "label"
    stars = "stars"
    pseudonym = "pseudonym"


@dataclass(frozen=True, slots=True)
class Masked:
    """A masked text.

    Attributes:
        text: with the identifiers covered.
        findings: what was covered, offsets into the text as received.
        covers: length of what stands in the place of each finding.
    """

    text: str = field(repr=False)
    findings: tuple[Finding, ...]
    covers: tuple[int, ...] = ()

    def inside(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the text as received stands in the masked one; identifiers are taken whole."""
        return moved(
            [(f.start, f.end, n) for f, n in zip(self.findings, self.covers, strict=True)], start, end
        )

    def outside(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the masked text stood in the text as received; identifiers are taken whole."""
        places, shift = [], 0
        for finding, size in zip(self.findings, self.covers, strict=True):
            begin = finding.start + shift
            places.append((begin, begin + size, finding.end - finding.start))
            shift += size - (finding.end - finding.start)
        return moved(places, start, end)

    def counts(self) -> Counter[Entity]:
        """Findings per class."""
        return Counter(finding.entity_type for finding in self.findings)


class Masker:
    """Covers identifiers."""

    def __init__(
        self,
        keep: Collection[Entity] = KEPT,
        style: Style = Style.label,
        key: bytes = b"",
        recognisers: Sequence[Recogniser] | None = None,
    ) -> None:
        """Fix what is covered and how.

        Args:
            keep: classes left as they are.
            style: "label" puts 【手机号】, "stars" as many * as there were characters (offsets stay right),
                "pseudonym" 【手机号·1f0c9a2b】, the same for the same identifier under the same key.
            key: secret of the pseudonyms; whoever has it can try all numbers, so keep it apart.
            recognisers: by default all of them.

        Raises:
            ValueError: pseudonyms without a key.
        """
        if style is Style.pseudonym and not key:
            raise ValueError("pseudonyms need a key")
        self._wanted = tuple(entity for entity in Entity if entity not in keep)
        self._style, self._key = style, key
        self._recognisers = tuple(default_recognisers() if recognisers is None else recognisers)
        self._analyzer = Analyzer(self._recognisers)

    @property
    def wanted(self) -> tuple[Entity, ...]:
        """The classes that are covered."""
        return self._wanted

    def knowing(self, names: Mapping[str, Entity]) -> Masker:
        """The same masker, which finds these names too, in whatever place.

        Args:
            names: folded, and whose each is.
        """
        known = {name: entity for name, entity in names.items() if entity in self._wanted}
        if not known:
            return self
        other = copy(self)
        other._recognisers = (*self._recognisers, KnownNames(known))
        other._analyzer = Analyzer(other._recognisers)
        return other

    def find(self, text: str) -> list[Finding]:
        """All identifiers of one text, those that are left as they are too."""
        return list(self._analyzer.analyze(text))

    def mask(self, text: str, known: Sequence[Finding] | None = None) -> Masked:
        """Cover the identifiers of one text.

        Args:
            known: what `find` found in it, where that has been asked already.
        """
        # All classes are looked for, so that one left as it is cannot be covered under another's name.
        every = self.find(text) if known is None else known
        found = [finding for finding in every if finding.entity_type in self._wanted]
        if not found:
            return Masked(text, ())
        pieces: list[str] = []
        covers = [self.cover(finding.entity_type, text[finding.start : finding.end]) for finding in found]
        at = 0
        for finding, cover in zip(found, covers, strict=True):
            pieces += (text[at : finding.start], cover)
            at = finding.end
        return Masked("".join((*pieces, text[at:])), tuple(found), tuple(map(len, covers)))

    def cover(self, entity: Entity, words: str) -> str:
        """What stands in the place of one identifier."""
        if self._style is Style.stars:
            return re.sub(r"[^\n\r]", "*", words)
        if self._style is Style.label:
            return f"【{entity.label}】"
        same = re.sub(r"[\W_]", "", readings(words)[-1].text).casefold()
        digest = hmac.new(self._key, f"{entity.value}:{same}".encode(), hashlib.sha256).hexdigest()
        return f"【{entity.label}·{digest[:8]}】"


def moved(places: Sequence[tuple[int, int, int]], start: int, end: int) -> tuple[int, int]:
    """A span after each of these places [begin, stop) has become so long; it grows to whole ones."""
    shift = 0
    first, last = start, end
    for begin, stop, size in places:
        if begin >= end:
            break
        grown = size - (stop - begin)
        if stop <= start:
            first += grown
        elif begin < start:
            first += begin - start
        # Behind the place its growth counts; within it the span reaches to the place's new end.
        last = end + shift + grown if stop <= end else begin + shift + size
        shift += grown
    return first, max(first, last)


def default_recognisers() -> tuple[Recogniser, ...]:
    """All recognisers of this package."""
    return (
        ResidentIds(), Phones(), BankCards(), Plates(), Documents(), Accounts(), Addresses(), BirthDates(),
        Names(),
    )  # fmt: skip
