"""Cells: the rows of a table masked, by what their columns are called and by what stands in them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from copy import copy

from data.columns import Columns, count_known, looks_like_headings, normal_heading
from data.errors import DataError
from data.intake import cell_text
from data.privacy.entity import Entity
from data.privacy.headings import entity_of
from data.privacy.known_names import names_in
from data.privacy.masker import Masker
from data.privacy.nested import parsed, remade, told
from data.table import Row, find_heading
from data.traditional import simplified

_BLANK = re.compile(r"[\W_]*\Z|(?:无|不详|未知|匿名|保密|未填|没有|null|none|nan|n/a)\Z", re.IGNORECASE)
_COVERED = re.compile(r"(?:【[^【】]{1,14}】|[\s*])+\Z")
# A number of the office's own, which must stay what it is; only a sure identifier in it is covered.
_OWN = re.compile("(?:编号|单号|件号|流水号|序号|工单号|_id|^id|^no|^number)$")
_AS_NUMBER = frozenset({Entity.RESIDENT_ID})
_NAMES = frozenset({Entity.PERSON, Entity.OFFICIAL})
# What no heading holds, be it as unusual as it may: 是否满意? and 办结时限；备注 are headings.
_SENTENCE = re.compile(r"[。!]|\d{5}")


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
            row: headings and cells; those of names suffice, and those that hold objects.
        """
        names: dict[str, Entity] = {}
        for heading, text in _flat(row):
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
        """Mask one cell: whole where its column holds one kind of identifier, else what is found in it.

        Of an object or a list, as JSON, each value is a cell of its own.
        """
        inside = parsed(text)
        if inside is not None:
            try:
                made = remade(heading, inside, self._leaf)
                return text if made == inside else json.dumps(made, ensure_ascii=False)
            except RecursionError:
                return self.text(text)
        entity = self._entity(heading)
        if entity is None and self._own.get(heading):
            return self._number(text)
        if entity is None or len(text) > 200 or _BLANK.match(text.strip()) or _COVERED.match(text):
            return self.text(text)
        if entity not in self.masker.wanted:
            return text if entity in (Entity.OFFICIAL, Entity.POST) else self.text(text)
        self.counts[entity] += 1
        return self.masker.cover(entity, text)

    def value(self, heading: str, value: object) -> object:
        """Mask a value of any type, and all that lies inside it; where nothing is found it stays as it is.

        Args:
            heading: of its column, or its key; "" for none.
            value: of one row, so that a name told anywhere inside it is covered everywhere inside it.

        Raises:
            RecursionError: it is too deep.
        """
        if isinstance(value, dict | list | tuple):
            return remade(heading, value, self.knowing(told(heading, value))._leaf)
        return self._leaf(heading, value)

    def _leaf(self, heading: str, value: object) -> object:
        if value is None or isinstance(value, bool):
            return value
        text = cell_text(value)
        masked = self.cell(heading, text) if heading else self.text(text)
        return value if masked == text else masked

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


def _flat(row: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for heading, text in row:
        inside = parsed(text)
        if inside is None:
            yield heading, text
            continue
        try:
            yield from told(heading, inside)
        except RecursionError:
            continue


def headings_of(rows: Sequence[Sequence[str]]) -> tuple[int, list[str]]:
    """Find the row of headings among the first rows of a table: (its place, the headings); -1 where none is.

    It is the row that the readers of reports take. A table need not be one of reports to have a column of
    names, though: where they take none, or another row has more cells of a known meaning, it is that one. A
    heading that is none of the usual ones, however long, leaves the others what they are.
    """
    known = [count_known(row) if _may_be_headings(row) else 0 for row in rows]
    place = _as_read(rows)
    if rows and max(known) > (count_known(rows[place]) if place >= 0 else 0):
        place = known.index(max(known))
    return place, [cell.strip() for cell in rows[place]] if place >= 0 else []


def _as_read(rows: Sequence[Sequence[str]]) -> int:
    numbered = [Row(number, cells) for number, cells in enumerate(rows, 1)]
    try:
        return find_heading(numbered, Columns(), "table").number - 1
    except DataError:
        return -1


def _may_be_headings(row: Sequence[str]) -> bool:
    filled = sum(1 for cell in row if cell.strip())
    return looks_like_headings(row, _SENTENCE) or 2 * count_known(row) >= max(filled, 4)
