"""Ticks: tables with a column for each label, in which a cell says yes or no."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from data.columns import normal_heading
from data.imports.cells import is_blank
from data.imports.names import Meaning
from data.imports.plan import Blank, Plan
from data.imports.reading import ANY

LEAST = 3  # columns of one axis; a lone 退役军人 column speaks of the caller, not of the matter
YES = frozenset("是 有 √ ✓ ✔ ● 对 1 1.0 y yes true x".split())
_NO = frozenset("否 无 × ✗ 0 0.0 n no false".split())


def tick_headings(rows: Sequence[Mapping[str, str]], plan: Plan) -> dict[str, Meaning]:
    """Find the columns that are called as labels are and hold nothing but yes, no and blanks.

    Args:
        rows: the first rows, heading -> cell.
        plan: of the import.
    """
    found: dict[str, Meaning] = {}
    for heading in dict.fromkeys(heading for row in rows for heading in row):
        meaning = plan.names.meaning(ANY, normal_heading(heading))
        cells = [row.get(heading, "") for row in rows]
        if meaning is not None and meaning.axis and all(is_tick(cell) is not None for cell in cells):
            found[heading] = meaning
    enough = Counter(meaning.axis for meaning in found.values())
    return {heading: meaning for heading, meaning in found.items() if enough[meaning.axis] >= LEAST}


def ticked(
    cells: Mapping[str, str], headings: Mapping[str, Meaning], plan: Plan
) -> dict[str, dict[str, str] | None]:
    """Gather the labels that a row has ticked: axis id -> label ids; None where all its cells are blank."""
    given: dict[str, dict[str, str] | None] = {}
    for heading, meaning in headings.items():
        cell = cells.get(heading, "")
        if is_blank(cell):
            given.setdefault(meaning.axis, {} if plan.blank is Blank.none else None)
            continue
        mine = given[meaning.axis] = given.get(meaning.axis) or {}
        # A cell further down that is neither yes nor no is an unknown label, and so is listed.
        if is_tick(cell) is not False:
            mine[meaning.label if is_tick(cell) else cell] = ""
    return given


def is_tick(cell: str) -> bool | None:
    """Tell yes from no; a blank is no, anything else is None."""
    said = unicodedata.normalize("NFKC", cell).strip().casefold()
    return True if said in YES else False if said in _NO or is_blank(cell) else None
