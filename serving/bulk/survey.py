"""First look: every row read once before any is tagged, so that a broken file shows in minutes, not hours."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from data.errors import DataError
from data.report import BadRow
from serving.bulk.chunks import chunks
from serving.bulk.faults import TooManyRejects
from serving.bulk.inputs import Inputs
from serving.bulk.part import Parts
from serving.bulk.places import Places
from serving.bulk.progress import Watch
from serving.rejects import reject_line, reject_shape
from serving.whole_file import open_text, whole_file

MOST_HEADINGS = 1000  # columns of a table; a workbook holds 16,384


class TooManyColumns(DataError):
    """Inputs with so many different columns that no table can hold them."""


@dataclass(frozen=True)
class Found:
    """What the inputs hold.

    Attributes:
        rows: per source: rows and, among them, rejects; blank rows are neither.
        headings: of all columns, in the order in which they come; where they are more than a table can hold,
            the first MOST_HEADINGS and one.
        chunks: how many chunks the rows are dealt to.
        sheets_left: per source: sheets of a workbook that hold reports too and are not read.
    """

    rows: list[tuple[int, int]]
    headings: list[str]
    chunks: int
    sheets_left: list[list[str]]


def survey(inputs: Inputs, chunk_rows: int, most_rejects: int | None, table: bool, watch: Watch) -> Found:
    """Read every row once.

    Args:
        most_rejects: stop when more rows than this cannot be read.
        table: the output is one, with a fixed set of columns.

    Raises:
        DataError: a source cannot be read.
        TooManyColumns: of a table.
        TooManyRejects: as asked.
    """
    counts = {source.name: [0, 0] for source in inputs.sources}
    headings: dict[str, None] = {}
    number = rejects = 0
    with watch.phase("count"):
        for chunk in chunks(inputs.lines(), chunk_rows):
            for line in chunk.lines:
                counts[line.file][0] += 1
                if isinstance(line.row, BadRow):
                    counts[line.file][1] += 1
                elif len(headings) <= MOST_HEADINGS and not headings.keys() >= line.row.cells.keys():
                    headings.update(dict.fromkeys(line.row.cells))
            rejects += chunk.rejects
            if table:
                check_columns(headings, line.file)
            if most_rejects is not None and rejects > most_rejects:
                break
            number += 1
            watch.rows(len(chunk.lines), chunk.rejects)
        if most_rejects is not None and rejects > most_rejects:
            raise TooManyRejects(str(rejects))
        left = inputs.sheets_left()
    kept = list(headings)[: MOST_HEADINGS + 1]
    return Found([(all, bad) for all, bad in counts.values()], kept, number, left)


def check_columns(headings: Collection[str], file: str) -> None:
    """Refuse more columns than a table can hold; `file` is where the last of them stood.

    Raises:
        TooManyColumns: they are.
    """
    if len(headings) > MOST_HEADINGS:
        raise TooManyColumns(f"{file}: more than {MOST_HEADINGS} different columns; write a .jsonl instead")


def keep_first_rejects(inputs: Inputs, most: int, places: Places, raw: bool) -> TooManyRejects:
    """Write the rejects up to the one that was too many, and make the error that names the file.

    Args:
        raw: with their cells.

    Raises:
        OSError: the file cannot be written.
    """
    with whole_file(places.stopped, private=True) as part, open_text(part) as out:
        count = 0
        for line in inputs.lines():
            if isinstance(line.row, BadRow):
                out.write(reject_line(reject_shape(line.row, raw)))
                count += 1
                if count > most:
                    break
    return TooManyRejects(f"读不了的行超过 {most} 行（--max-rejects），没有继续；这些行在 {places.stopped}")


def keep_made_rejects(parts: Parts, chunks: int, most: int, places: Places) -> TooManyRejects:
    """Do as `keep_first_rejects` where rows were too many only with those on which tagging failed.

    Args:
        chunks: of the job; the parts that are there stay, and a larger limit goes on with them.
    """
    with whole_file(places.stopped, private=True) as part, open_text(part) as out:
        for number in range(chunks):
            if parts.path(number).is_file():
                for record in parts.read(number):
                    if "reject" in record:
                        out.write(reject_line(record["reject"]))
    return TooManyRejects(
        f"读不了和打标出错的行合计超过 {most} 行（--max-rejects），没有继续；这些行在 {places.stopped}；"
        "已打标的部分保留着，放宽这个数后用同样的命令接着做"
    )
