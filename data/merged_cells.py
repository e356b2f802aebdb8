"""Merged cells: which cells of a sheet are one on screen; all but the first of them are blank in the file."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable

Corner = tuple[int, int]
"""Row and column, both from 0."""


class MergedCells:
    """The merged ranges of one sheet.

    Ranges are kept as they are, for one may be as large as the sheet.
    """

    def __init__(self, ranges: Iterable[tuple[Corner, Corner]] = ()) -> None:
        """Take the first and the last corner of each range."""
        self._across: dict[int, list[tuple[int, int]]] = defaultdict(list)
        down: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for (top, left), (bottom, right) in ranges:
            if right > left:
                self._across[top].append((left, right))
            if bottom > top:
                down[left].append((top, bottom))
        self._down = {column: sorted(spans) for column, spans in down.items()}

    def across(self, row: int) -> list[tuple[int, int]]:
        """First and last column of each range of several columns that begins in a row."""
        return self._across.get(row, [])

    def is_below(self, row: int, column: int) -> bool:
        """Tell whether a cell belongs to one that begins above it, in its column."""
        spans = self._down.get(column, [])
        place = bisect_left(spans, (row, row))
        return place > 0 and spans[place - 1][1] >= row


NOT_MERGED = MergedCells()
"""Of a table that has no such cells, as a CSV file."""
