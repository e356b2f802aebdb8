"""Chunks: the rows of the inputs dealt out in fixed runs, the same ones in every run of a job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from data.report import BadRow, Report
from serving.bulk.inputs import Line

MOST_CHARS = 1_000_000  # of texts in a chunk of several rows; a chunk is held in memory


@dataclass(frozen=True)
class Chunk:
    """A run of rows.

    Attributes:
        number: from 0.
        lines: in the order of the inputs.
    """

    number: int
    lines: tuple[Line, ...]

    @property
    def rejects(self) -> int:
        """Rows that could not be read."""
        return sum(isinstance(line.row, BadRow) for line in self.lines)


def chunks(lines: Iterable[Line], rows: int) -> Iterator[Chunk]:
    """Deal out rows: a chunk ends after `rows` rows, or with the row that brings it to MOST_CHARS."""
    held: list[Line] = []
    number = chars = 0
    for line in lines:
        held.append(line)
        chars += _chars(line.row)
        if len(held) == rows or chars >= MOST_CHARS:
            yield Chunk(number, tuple(held))
            held.clear()
            number, chars = number + 1, 0
    if held:
        yield Chunk(number, tuple(held))


def _chars(row: Report | BadRow) -> int:
    cells = row.cells if isinstance(row, Report) else row.raw
    return sum(map(len, cells.values()))
