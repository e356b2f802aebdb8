"""Parquet to reports, batch by batch. pyarrow is loaded only when such a file comes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from data.columns import Columns, map_columns
from data.errors import BrokenFile, DataError
from data.intake import Intake, cell_text
from data.report import BadRow, Report

_BATCH = 1024  # rows


def read_parquet(path: Path, columns: Columns, intake: Intake) -> Iterator[Report | BadRow]:
    """Stream a Parquet file; rows are counted from 1, since it has no heading row.

    Raises:
        BrokenFile: not a Parquet file, or damaged.
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
        with pyarrow.parquet.ParquetFile(path) as file:
            fields = map_columns(file.schema_arrow.names, columns, file=str(path))
            for batch in file.iter_batches(batch_size=_BATCH):
                for record in batch.to_pylist():
                    row += 1
                    cells = {name: cell_text(value) for name, value in record.items()}
                    made = intake.report(row, cells, fields)
                    if made is not None:
                        yield made
    except (pyarrow.ArrowException, OSError) as error:
        name = type(error).__name__
        raise BrokenFile(f"{path}: not a whole Parquet file ({name}); export it again") from None
