"""Cells: the rows of a table masked, by what their columns are called and by what stands in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from copy import copy

from data.columns import normal_heading
from data.privacy.entity import Entity
from data.privacy.headings import entity_of
from data.privacy.known_names import names_in
from data.privacy.masker import Masker
from data.traditional import simplified

_BLANK = re.compile(r"[\W_]*\Z|(?:无|不详|未知|匿名|保密|未填|没有|null|none|nan|n/a)\Z", re.IGNORECASE)
_COVERED = re.compile(r"(?:【[^【】]{1,14}】|[\s*])+\Z")
# A number of the office's own, which must stay what it is; only a sure identifier in it is covered.
_OWN = re.compile("(?:编号|单号|件号|流水号|序号|工单号|_id|^id|^no|^number)$")
_AS_NUMBER = frozenset({Entity.RESIDENT_ID})
_NAMES = frozenset({Entity.PERSON, Entity.OFFICIAL})


class CellMasker:
    """Masks cells and counts what it covered; one for a whole file."""

    def __init__(self, masker: Masker) -> None:
        self.masker = masker
        self.counts: Counter[Entity] = Counter()
        self._entities: dict[str, Entity | None] = {}
        self._own: dict[str, bool] = {}

    def text(self, text: str) -> str:
        """Mask a text that stands under no heading."""
        masked = self.masker.mask(text)
        self.counts += masked.counts()
        return masked.text

    def tells_names(self, heading: str) -> bool:
        """Tell whether a column holds names and nothing else."""
        return self._entity(heading) in _NAMES

    def knowing(self, row: Iterable[tuple[str, str]]) -> CellMasker:
        """The same, for one row: a name that stands in a column of its own is covered in other cells too.

        Args:
            row: headings and cells; those of names suffice.
        """
        names: dict[str, Entity] = {}
        for heading, text in row:
            entity = self._entity(heading)
            if entity is not None and entity in _NAMES:
                # Who is both reporter and accused is the reporter.
                names |= {name: entity for name in names_in(text) if names.get(name) is not Entity.PERSON}
        masker = self.masker.knowing(names)
        if masker is self.masker:
            return self
        same = copy(self)  # it counts in the same place
        same.masker = masker
        return same

    def cell(self, heading: str, text: str) -> str:
        """Mask one cell: whole where its column holds one kind of identifier, else what is found in it."""
        entity = self._entity(heading)
        if entity is None and self._own.get(heading):
            return self._number(text)
        if entity is None or len(text) > 200 or _BLANK.match(text.strip()) or _COVERED.match(text):
            return self.text(text)
        if entity not in self.masker.wanted:
            return text if entity in (Entity.OFFICIAL, Entity.POST) else self.text(text)
        self.counts[entity] += 1
        return self.masker.cover(entity, text)

    def _entity(self, heading: str) -> Entity | None:
        if heading not in self._entities and len(self._entities) < 10_000:
            self._entities[heading] = entity_of(heading)
            self._own[heading] = bool(_OWN.search(normal_heading(heading).translate(simplified())))
        return self._entities.get(heading)

    def _number(self, text: str) -> str:
        masked = self.masker.mask(text)
        sure = [f for f in masked.findings if f.entity_type in _AS_NUMBER and f.score == 1]
        if not sure:
            return text
        self.counts += masked.counts()
        return masked.text


def headings_of(rows: Sequence[Sequence[str]]) -> tuple[int, list[str]]:
    """Find the row of headings among the first rows of a table: (its place, the headings); -1 where none is.

    It is the row with most cells that are short and hold no figures, at least one of a known meaning.
    """
    best, place = 0, -1
    for number, row in enumerate(rows):
        short = [
            cell
            for cell in row
            if cell.strip() and len(cell) <= 20 and not re.search(r"\d{3}|[。!?；]", cell)
        ]
        if len(short) == sum(1 for cell in row if cell.strip()) and len(short) > best and _speaks(short):
            best, place = len(short), number
    return place, [cell.strip() for cell in rows[place]] if place >= 0 else []


def _speaks(row: Sequence[str]) -> bool:
    from data.columns import find_columns

    return bool(find_columns(row, exact=True)) or any(entity_of(cell) for cell in row)
