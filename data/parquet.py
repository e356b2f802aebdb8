"""Parquet to reports, batch by batch. pyarrow is loaded only when such a file comes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from data.columns import Columns, map_columns
from data.errors import BrokenFile, DataError
from data.intake import Intake, cell_text
from data.report import BadRow, Report
from data.row_groups import open_parquet, pieces
from data.table import distinct

_PARTITION = re.compile("[^=]+=.*")
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # how they write that a row has none


def read_parquet(path: Path, columns: Columns, intake: Intake) -> Iterator[Report | BadRow]:
    """Stream a Parquet file; rows are counted from 1, since it has no heading row.

    Folders right above it that are called `column=value`, as Hive and Spark write them, are columns too,
    behind those of the file; where it has one of that name, its own counts.

    Raises:
        BrokenFile: not a Parquet file, or damaged.
        SuspiciousFile: see row_groups.py.
        DataError: pyarrow is not installed.
        UnknownColumns: no column for the text.
    """
    try:
        import pyarrow  # type: ignore[import-untyped]
        import pyarrow.parquet  # type: ignore[import-untyped]
    except ImportError:
        raise DataError(f"{path}: reading Parquet needs pyarrow; run: pip install pyarrow") from None
    row = 0
    try:
        with open_parquet(path) as file:
            names = distinct(file.schema_arrow.names)
            more = {name: cell for name, cell in _partition_cells(path).items() if name not in names}
            if len(names) == 1 and columns.text is None:
                columns = replace(columns, text=names[0])  # the only column that is a row's own
            fields = map_columns([*names, *more], columns, file=str(path), keys=True)
            for batch in pieces(file, path):
                held = [_values(column, place, path) for place, column in enumerate(batch.columns, 1)]
                for values in zip(*held, strict=True):
                    row += 1
                    cells = {name: cell_text(value) for name, value in zip(names, values, strict=True)}
                    if more and any(cell.strip() for cell in cells.values()):  # a blank row stays one
                        cells |= more
                    made = intake.report(row, cells, fields)
                    if made is not None:
                        yield made
    except (pyarrow.ArrowException, OSError) as error:
        name = type(error).__name__
        raise BrokenFile(f"{path}: not a whole Parquet file ({name}); export it again") from None


def partition_folders(path: Path) -> list[str]:
    """Names of the folders right above a file that are called `column=value`, the outermost first."""
    names = (folder.name for folder in path.absolute().parents)
    return [*takewhile(_PARTITION.fullmatch, names)][::-1]


def _partition_cells(path: Path) -> dict[str, str]:
    pairs = [name.split("=", 1) for name in partition_folders(path)]
    return {unquote(name): "" if value == _NO_VALUE else unquote(value) for name, value in pairs}


def _values(column: Any, place: int, path: Path) -> list[object]:
    """Values of a column, as Python holds them.

    Raises:
        BrokenFile: it cannot hold them, nor can they be written as text.
    """
    import pyarrow as pa

    kind = column.type
    if (pa.types.is_timestamp(kind) or pa.types.is_duration(kind)) and kind.unit == "ns":
        # pyarrow would ask pandas, and the cells would depend on whether that is installed.
        coarse = pa.timestamp("us", kind.tz) if pa.types.is_timestamp(kind) else pa.duration("us")
        column = column.cast(coarse, safe=False)
    try:
        found: list[object] = column.to_pylist()
    except (pa.ArrowInvalid, OverflowError, ValueError):
        found = [_value(scalar, place, path) for scalar in column]
    return found


def _value(scalar: Any, place: int, path: Path) -> object:
    """One value; a date beyond the year 9999 as pyarrow writes it, a time of an unknown zone in UTC."""
    import pyarrow as pa

    zone = pa.types.is_timestamp(scalar.type) and scalar.type.tz
    kinds = [scalar.type, *([pa.timestamp(scalar.type.unit, "UTC")] if zone else []), pa.string()]
    for kind in kinds:
        try:
            scalar = scalar.cast(kind)
            return scalar.as_py()
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OverflowError, ValueError):
            continue
    raise BrokenFile(
        f"{path}: column {place} holds values that cannot be read; leave it out, or export it as text"
    )
