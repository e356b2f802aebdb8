"""Row groups: a Parquet file in batches of bounded memory, whatever its groups unpack to.

Writers put a million rows into one group. Of a group no more is held than the pages at hand and one batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from data.archive import MAX_BYTES, MAX_RATIO, SMALL
from data.errors import SuspiciousFile

MAX_PIECE = 1 << 28  # bytes of words that are laid out at a time
_BATCH, _BYTES = 1024, 1 << 22  # rows read at a time, and what rows of usual length may hold then
_BUFFER = 1 << 16  # bytes read at a time of a column; without it the whole column of a group is held
_DICTIONARY = frozenset({"RLE_DICTIONARY", "PLAIN_DICTIONARY"})  # a value is written once for all its rows
_PREFIXES = "DELTA_BYTE_ARRAY"  # what a value shares with the one before it is not written again


def open_parquet(path: Path) -> Any:
    """Open a file and check what it says of itself.

    Raises:
        SuspiciousFile: a group of rows unpacks to more than `MAX_BYTES`, or than `MAX_RATIO` times the file,
            of archive.py.
    """
    file = _opened(path)
    meta = file.metadata
    groups = [meta.row_group(n) for n in range(meta.num_row_groups)]
    largest = max((group.total_byte_size for group in groups), default=0)
    packed = max(1, path.stat().st_size)
    if largest > MAX_BYTES or (largest > SMALL and largest / packed > MAX_RATIO):
        file.close()
        raise SuspiciousFile(
            f"{path}: would unpack from {packed} to {largest} bytes; check where it comes from"
        )
    return file


def pieces(file: Any, path: Path, columns: Sequence[str] | None = None) -> Iterator[Any]:
    """Batches of rows, cut so that none lays out more than `MAX_PIECE` bytes of words.

    Raises:
        SuspiciousFile: one row alone is larger.
    """
    for group in range(file.num_row_groups):
        rows = _rows_at_once(file, path, group)
        for batch in file.iter_batches(batch_size=rows, row_groups=[group], columns=columns):
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


def _opened(path: Path, **more: Any) -> Any:
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    return pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER, **more)


def _rows_at_once(file: Any, path: Path, number: int) -> int:
    """Rows of a group that may be read at once.

    A value that many rows share is written once, so that a small file may hold a gigabyte in a few rows.
    pyarrow can keep such values packed, but keeps every one of a group then: so it is only asked how long
    they are, and that decides how many rows are laid out at a time.
    """
    group, schema = file.metadata.row_group(number), file.metadata.schema
    usual: int = group.total_byte_size // max(1, group.num_rows)
    shared: list[tuple[str, int]] = []  # columns, and the bytes that one value of each has at most
    asked: list[str] = []
    for place in range(group.num_columns):
        chunk = group.column(place)
        name, encodings = chunk.path_in_schema, set(chunk.encodings)
        if chunk.physical_type == "FIXED_LEN_BYTE_ARRAY":
            usual += schema.column(place).length
        elif chunk.physical_type == "BYTE_ARRAY" and encodings & {*_DICTIONARY, _PREFIXES}:
            shared.append((name, chunk.total_uncompressed_size))
            asked += [name] if _PREFIXES not in encodings else []
    rows = min(_BATCH, _BYTES // max(1, usual))
    if rows * (usual + sum(size for _, size in shared)) > MAX_PIECE:
        longest = _longest(file, path, number, asked)
        usual += sum(longest.get(name, size) for name, size in shared)
        rows = min(rows, MAX_PIECE // max(1, usual))
    return max(1, rows)


def _longest(file: Any, path: Path, number: int, names: Sequence[str]) -> dict[str, int]:
    """Bytes of the longest value that rows of a group share, of those columns where that can be seen."""
    import pyarrow as pa
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    found: dict[str, int] = {}
    if not names:
        return found
    with _opened(path, read_dictionary=list(names), metadata=file.metadata) as packed:
        # With the first row of a column come all its shared values, unless its first page has none.
        for batch in packed.iter_batches(batch_size=1, row_groups=[number], columns=list(names)):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                if pa.types.is_dictionary(column.type) and len(column.dictionary) > 1:
                    sizes = pc.binary_length(column.dictionary)
                    found[name] = max(found.get(name, 0), pc.max(sizes).as_py() or 0)
            break
    # Of two columns of one name only one is seen.
    return {name: size for name, size in found.items() if names.count(name) == 1}


def laid_out(batch: Any) -> int:
    """Bytes of the words of a batch once they are unpacked, repeats counted."""
    import pyarrow as pa
    import pyarrow.compute as pc

    total = 0
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            lengths = pc.binary_length(column.dictionary) if _is_words(column.type.value_type) else None
            total += (pc.sum(lengths.take(column.indices)).as_py() or 0) if lengths is not None else 0
        elif pa.types.is_string_view(column.type) or pa.types.is_binary_view(column.type):
            total += column.cast(pa.large_binary()).nbytes  # a part of such a column counts as the whole does
        else:
            total += column.nbytes
    return total


def _is_words(kind: Any) -> bool:
    import pyarrow as pa

    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in tests)
