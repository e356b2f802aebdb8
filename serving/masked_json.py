"""Masked JSON: a whole file's value with its identifiers covered; which parts of it are reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from data.columns import find_columns
from data.intake import cell_text
from data.jsonlines import own_text
from data.privacy.cells import CellMasker


def masked_value(cells: CellMasker, key: str, value: object) -> object:
    """Mask what a whole file holds: objects in its lists are rows, and so is an object with a text.

    Raises:
        RecursionError: it is too deep.
    """
    if isinstance(value, dict) and not own_text(value):
        cells = cells.knowing(_told(value))
        return {name: masked_value(cells, name, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [cells.value(key, inner) for inner in value]
    return cells.value(key, value)


def without(value: object, withholds: Callable[[Iterable[str]], bool]) -> tuple[object, int, int]:
    """Leave out of a whole file what a person is to handle: items of a list, reports in lists inside objects.

    Where what stands around these names somebody, all is left out; any other value is one row as a whole. A
    value that is left out becomes null.

    Args:
        withholds: tells by its words whether a row is left out.

    Returns:
        What is left, the rows in it, and those that were left out.

    Raises:
        RecursionError: it is too deep.
    """
    found: list[int] = []

    def left(rows: list[object]) -> list[object]:
        kept = [item for item in rows if not withholds(row_words(item))]
        found.append(len(kept))
        return kept

    def emptied(rows: list[object]) -> list[object]:
        found.append(len(rows))
        return []

    around = _relisted(value, emptied)
    total = sum(found) if found else 1
    if withholds(row_words(around)):
        return None, 0, total
    found.clear()
    kept = _relisted(value, left)
    rows = sum(found) if found else 1
    return kept, rows, total - rows


def row_words(row: object) -> Iterator[str]:
    """What stands in the cells of a row, as its report has them; its own keys are headings."""
    return map(cell_text, row.values() if isinstance(row, dict) else [row])


def _relisted(value: object, change: Callable[[list[object]], list[object]]) -> object:
    """The same value with others in the place of its lists of rows."""
    if isinstance(value, list):
        return change(value)
    if not isinstance(value, dict) or own_text(value, exact=False):
        return value
    return {
        name: _relisted(inner, change) if isinstance(inner, dict) or _are_reports(inner) else inner
        for name, inner in value.items()
    }


def _are_reports(value: object) -> bool:
    """Whether a list inside an object is one of reports: the names of those involved are none."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) for item in value)
        and "text" in find_columns([*value[0]])
    )


def _told(whole: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The words of an object and of those inside it, under their keys; objects in a list are rows."""
    for key, value in whole.items():
        if isinstance(value, dict):
            yield from _told(value)
        for words in value if isinstance(value, list) else [value]:
            if isinstance(words, str):
                yield key, words
