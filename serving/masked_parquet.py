"""Masked parquet: columns and their order stay; a type stays where nothing in its column was covered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from data.encoding import decode_line
from data.errors import BrokenFile
from data.intake import cell_text
from data.privacy.cells import CellMasker
from data.row_groups import open_parquet, pieces


def mask_parquet(
    source: Path, part: Path, cells: CellMasker, withholds: Callable[[Iterable[str]], bool]
) -> int:
    """Write a masked copy; give the number of rows.

    A column of numbers or dates in which something is covered becomes one of strings: the file is read twice.
    Bytes are text to whoever reads them: they become strings, and what is no text is left out. The file's own
    notes (its key-value metadata) may hold anything and are left out too.

    Args:
        cells: what masks and counts.
        withholds: tells by its words whether a row is left out.

    Raises:
        BrokenFile: not a Parquet file, or damaged.
        SuspiciousFile: see data/row_groups.py.
    """
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    rows, probe = 0, CellMasker(cells.masker)  # what is covered on the first reading is not counted
    try:
        with open_parquet(source) as file:
            schema = pa.schema(
                pa.field(field.name, _kept(field, file, source, probe)) for field in file.schema_arrow
            )
            with pq.ParquetWriter(part, schema, compression="zstd", store_schema=False) as out:
                for batch in pieces(file, source):
                    batch = _left(batch, withholds)
                    rows += batch.num_rows
                    by_row = _by_row(batch, cells)
                    columns = [
                        _array(batch.column(place).to_pylist(), field, by_row)
                        for place, field in enumerate(schema)
                    ]
                    out.write_batch(pa.record_batch(columns, schema=schema))
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.filename == str(part):
            raise
        raise BrokenFile(
            f"{source}: not a whole Parquet file ({type(error).__name__}); export it again"
        ) from None
    return rows


def _kept(field: Any, file: Any, source: Path, probe: CellMasker) -> Any:
    """The type of a column after masking."""
    import pyarrow as pa

    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if _is_text(kind):
        return pa.string()
    for value in _values(file, source, field.name):
        made = probe.value(field.name, _plain(value))
        if made != value:
            try:
                pa.array([made], kind)
            except (pa.ArrowException, TypeError, ValueError):
                return pa.string()
    return kind


def _values(file: Any, source: Path, name: str) -> Iterator[object]:
    for batch in pieces(file, source, [name]):
        yield from batch.column(0).to_pylist()


def _left(batch: Any, withholds: Callable[[Iterable[str]], bool]) -> Any:
    """The rows that are not left out."""
    import pyarrow as pa

    rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
    kept = [not withholds(cell_text(_plain(value)) for value in row) for row in rows]
    return batch if all(kept) else batch.filter(pa.array(kept, pa.bool_()))


def _by_row(batch: Any, cells: CellMasker) -> list[CellMasker]:
    """What masks each row: it knows the names that stand there in columns, or inside values, of their own."""
    told = [
        (name, batch.column(place).to_pylist())
        for place, name in enumerate(batch.schema.names)
        if cells.tells_names(name) or _may_hold_objects(batch.column(place))
    ]
    return [
        cells.knowing((name, cell_text(_plain(column[row]))) for name, column in told)
        for row in range(batch.num_rows)
    ]


def _may_hold_objects(column: Any) -> bool:
    """Tell whether values are structs, lists or maps, or JSON written as text."""
    import pyarrow as pa

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not _is_text(kind):
        return bool(pa.types.is_nested(kind))
    return any(
        text.lstrip()[:1] in ("{", "[") for text in map(_plain, column.to_pylist()) if isinstance(text, str)
    )


def _array(values: list[object], field: Any, by_row: list[CellMasker]) -> Any:
    import json

    import pyarrow as pa

    made = [
        None if value is None else cells.value(field.name, _plain(value))
        for cells, value in zip(by_row, values, strict=True)
    ]
    if pa.types.is_string(field.type):
        made = [
            value if value is None or isinstance(value, str)
            else json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list)
            else str(value)
            for value in made
        ]  # fmt: skip
    return pa.array(made, field.type)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_binary,
             pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)  # fmt: skip
    return any(test(kind) for test in tests)


def _plain(value: object) -> object:
    """Bytes as text, None where they are none."""
    if isinstance(value, bytes):
        return decode_line(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):  # an entry of a map is a tuple
        return type(value)(_plain(inner) for inner in value)
    return value
