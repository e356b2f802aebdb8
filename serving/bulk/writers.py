"""Writers: records to files of one form, in order, in constant memory; same records, same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from data.taxonomy import Taxonomy
from serving.bulk.choices import Form, Names
from serving.bulk.layout import PROVENANCE, Layout
from serving.bulk.record import Record, prediction_of
from serving.sheet import BookSheet, CsvSheet
from serving.whole_file import open_text
from serving.wording import evidence_text, reasons

BOOK_ROWS = 1_000_000  # reports in one workbook; a sheet holds 1,048,576 rows
GROUP_ROWS = 10_000  # of a Parquet file's row group
GROUP_CHARS = 8_000_000  # likewise, of the input's cells: it is held in memory


class Writer(Protocol):
    """Takes the records of tagged reports.

    Attributes:
        paths: of the files opened so far.
    """

    paths: list[Path]

    def add(self, record: Record) -> None:
        """Take one."""

    def close(self) -> list[str]:
        """Finish; give remarks for the user (Chinese)."""

    def abandon(self) -> None:
        """Let go of the file after an error."""


class JsonlOutput:
    """One object a line."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.paths, self._layout, self._out = [path], layout, open_text(path)

    def add(self, record: Record) -> None:
        """Write one line."""
        self._out.write(json.dumps(self._layout.shape(record), ensure_ascii=False) + "\n")

    def close(self) -> list[str]:
        """Flush."""
        self._out.close()
        return []

    def abandon(self) -> None:
        """Close what there is."""
        with suppress(OSError):
            self._out.close()


class CsvOutput:
    """A table that spreadsheets open."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.paths, self._layout, self._out = [path], layout, open_text(path)
        self._sheet = CsvSheet(self._out, layout.headings)

    def add(self, record: Record) -> None:
        """Write one row."""
        self._sheet.row(self._layout.row(record))

    def close(self) -> list[str]:
        """Flush."""
        self._out.close()
        return []

    def abandon(self) -> None:
        """Close what there is."""
        with suppress(OSError):
            self._out.close()


class BookOutput:
    """Workbooks of BOOK_ROWS reports each."""

    def __init__(self, paths: list[Path], layout: Layout) -> None:
        self.paths: list[Path] = []
        self._layout, self._free = layout, iter(paths)
        self._remarks: list[str] = []
        self._rows = 0
        self._sheet = self._open()

    def add(self, record: Record) -> None:
        """Write one row."""
        if self._rows == BOOK_ROWS:
            self._remarks += self._sheet.close()
            self._rows = 0
            self._sheet = self._open()
        self._sheet.row(self._layout.row(record))
        self._rows += 1

    def close(self) -> list[str]:
        """Pack the last one."""
        return self._remarks + self._sheet.close()

    def abandon(self) -> None:
        """Nothing is left but what the folder of parts takes with it."""

    def _open(self) -> BookSheet:
        path = next(self._free)
        self.paths.append(path)
        return BookSheet(path, self._layout.headings, path.parent)


class ParquetOutput:
    """Columns with types: labels and scores as lists, the input's cells as text."""

    def __init__(self, path: Path, layout: Layout, taxonomy: Taxonomy, names: Names) -> None:
        import pyarrow  # type: ignore[import-untyped]
        import pyarrow.parquet  # type: ignore[import-untyped]

        self.paths, self._pyarrow, self._layout = [path], pyarrow, layout
        self._taxonomy, self._zh = taxonomy, names is Names.zh
        text = pyarrow.string()
        types = [pyarrow.list_(text), pyarrow.list_(pyarrow.float64())] * len(taxonomy.axes)
        types += [text, pyarrow.bool_(), pyarrow.list_(text), pyarrow.int64(), text]
        types += [pyarrow.bool_(), text] if layout.matters else []
        types += [text, text, text, pyarrow.int64()]
        assert len(types) == len(layout.ours)
        kinds = [text] * len(layout.inputs) + types
        self._schema = pyarrow.schema(list(zip(layout.headings, kinds, strict=True)))
        self._columns: list[list[Any]] = [[] for _ in kinds]
        self._chars = 0
        self._file = pyarrow.parquet.ParquetWriter(path, self._schema, compression="zstd")

    def add(self, record: Record) -> None:
        """Hold one row; write the rows held when they are many."""
        cells = self._layout.input_cells(record)
        for column, value in zip(self._columns, [*cells, *self._values(record)], strict=True):
            column.append(value)
        self._chars += sum(map(len, cells))
        if len(self._columns[0]) == GROUP_ROWS or self._chars >= GROUP_CHARS:
            self._group()

    def close(self) -> list[str]:
        """Write what is held and the footer."""
        if self._columns[0]:
            self._group()
        self._file.close()
        return []

    def abandon(self) -> None:
        """Close what there is."""
        with suppress(OSError):
            self._file.close()

    def _group(self) -> None:
        arrays = [
            self._pyarrow.array(column, field.type)
            for column, field in zip(self._columns, self._schema, strict=True)
        ]
        table = self._pyarrow.Table.from_arrays(arrays, schema=self._schema)
        self._file.write_table(table, row_group_size=len(self._columns[0]))
        for column in self._columns:
            column.clear()
        self._chars = 0

    def _values(self, record: Record) -> list[Any]:
        prediction, row = prediction_of(record), []
        for axis in self._taxonomy.axes:
            tags = prediction.tags.get(axis.id, ())
            row += [[tag.name if self._zh else tag.label for tag in tags], [tag.score for tag in tags]]
        why = reasons(prediction, self._taxonomy) if self._zh else list(prediction.review_reasons)
        row += [evidence_text(prediction), prediction.needs_review, why]
        row += [prediction.unread_chars, prediction.model]
        row += self._layout.sentences(record, prediction) if self._layout.matters else ()
        return [*row, *(record[key] for key in PROVENANCE)]


def count_files(form: Form, reports: int) -> int:
    """How many files an output of so many reports is."""
    return max(1, -(-reports // BOOK_ROWS)) if form is Form.xlsx else 1


def open_writer(form: Form, paths: list[Path], layout: Layout, taxonomy: Taxonomy, names: Names) -> Writer:
    """Open the writer of a form on `count_files` paths, of which it may need fewer."""
    if form is Form.xlsx:
        return BookOutput(paths, layout)
    makers: Mapping[Form, Callable[[], Writer]] = {
        Form.jsonl: lambda: JsonlOutput(paths[0], layout),
        Form.csv: lambda: CsvOutput(paths[0], layout),
        Form.parquet: lambda: ParquetOutput(paths[0], layout, taxonomy, names),
    }
    return makers[form]()
