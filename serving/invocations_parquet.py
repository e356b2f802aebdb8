"""Invocations in Parquet, as MLflow's clients may send a table; held to the limits that hold for any body."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from data.row_groups import laid_out
from serving.problem import Problem, too_many

PARQUET = "application/vnd.apache.parquet"
_WANTED = ("id", "title", "text")
_LARGER = "What the Parquet file unpacks to is larger than max_body_bytes."


async def read_rows(body: bytes, most_rows: int, most_bytes: int) -> list[Mapping[str, Any]]:
    """The rows of a table, with its columns id, title and text; it is unpacked in a thread.

    Raises:
        Problem: no Parquet, without a column text, or larger than it may be once unpacked.
    """
    return await asyncio.to_thread(_rows, body, most_rows, most_bytes)


def _rows(body: bytes, most_rows: int, most_bytes: int) -> list[Mapping[str, Any]]:
    # Loaded when such a table comes: it takes tens of MiB.
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    try:
        with pq.ParquetFile(pa.BufferReader(body)) as file:
            meta, schema = file.metadata, file.schema_arrow
        names = [name for name in _WANTED if name in schema.names]
        if "text" not in names:
            fault = {"field": "text", "code": "invalid", "message": "Give a table with a column text."}
            raise Problem("invalid", errors=[fault])
        if meta.num_rows > most_rows:
            raise too_many(most_rows)
        if sum(meta.row_group(n).total_byte_size for n in range(meta.num_row_groups)) > most_bytes:
            raise Problem("too_large", _LARGER)
        # Strings that repeat stay packed until their sum is known.
        repeat = [field.name for field in schema if field.name in names and pa.types.is_string(field.type)]
        with pq.ParquetFile(pa.BufferReader(body), read_dictionary=repeat) as file:
            batches = list(file.iter_batches(columns=names))
        if sum(map(laid_out, batches)) > most_bytes:
            raise Problem("too_large", _LARGER)
        return [row for batch in batches for row in batch.to_pylist()]
    except (pa.ArrowException, OSError, ValueError):
        raise Problem("malformed", "The Parquet file cannot be read.") from None
