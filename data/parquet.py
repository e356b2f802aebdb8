"""Parquet to reports, batch by batch. pyarrow is loaded only when such a file comes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from data.archive import MAX_BYTES, MAX_RATIO, SMALL
from data.columns import Columns, map_columns
from data.errors import BrokenFile, DataError, SuspiciousFile
from data.intake import Intake, cell_text
from data.report import BadRow, Report
from data.table import distinct

_BATCH = 1024  # rows
_PARTITION = re.compile("[^=]+=.*")
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # how they write that a row has none
MAX_PIECE = 1 << 28  # bytes of words that are laid out at a time


def read_parquet(path: Path, columns: Columns, intake: Intake) -> Iterator[Report | BadRow]:
    """Stream a Parquet file; rows are counted from 1, since it has no heading row.

    Folders right above it that are called `column=value`, as Hive and Spark write them, are columns too,
    behind those of the file; where it has one of that name, its own counts.

    Raises:
        BrokenFile: not a Parquet file, or damaged.
        SuspiciousFile: a group of rows beyond `MAX_BYTES`, one row beyond `MAX_PIECE`, or a ratio beyond
            `MAX_RATIO`, of archive.py.
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


def open_parquet(path: Path) -> Any:
    """Open a file and check what it says of itself; strings that repeat stay packed until they are laid out.

    Raises:
        SuspiciousFile: as `read_parquet`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        meta, schema = file.metadata, file.schema_arrow
    groups = [meta.row_group(n) for n in range(meta.num_row_groups)]
    largest = max((group.total_byte_size for group in groups), default=0)
    packed = max(1, path.stat().st_size)
    if largest > MAX_BYTES or (largest > SMALL and largest / packed > MAX_RATIO):
        raise SuspiciousFile(
            f"{path}: would unpack from {packed} to {largest} bytes; check where it comes from"
        )
    texts = [
        field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_binary(field.type)
    ]
    return pq.ParquetFile(path, read_dictionary=texts)


def pieces(file: Any, path: Path, columns: Sequence[str] | None = None) -> Iterator[Any]:
    """Batches of rows, cut so that none lays out more than `MAX_PIECE` bytes of words.

    Raises:
        SuspiciousFile: one row alone is larger.
    """
    for batch in file.iter_batches(batch_size=_BATCH, columns=columns):
        waiting = [batch]
        while waiting:
            piece = waiting.pop()
            if laid_out(piece) <= MAX_PIECE:
                yield piece
            elif piece.num_rows == 1:
                raise SuspiciousFile(
                    f"{path}: one row holds more than {MAX_PIECE} bytes; check where it comes from"
                )
            else:
                middle = piece.num_rows // 2
                waiting += [piece.slice(middle), piece.slice(0, middle)]


def laid_out(batch: Any) -> int:
    """Bytes of the words of a batch once they are unpacked, repeats counted."""
    import pyarrow as pa
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    total = 0
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            lengths = pc.binary_length(column.dictionary) if _is_words(column.type.value_type) else None
            total += (pc.sum(lengths.take(column.indices)).as_py() or 0) if lengths is not None else 0
        else:
            total += column.nbytes
    return total


def _is_words(kind: Any) -> bool:
    import pyarrow as pa

    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in tests)
