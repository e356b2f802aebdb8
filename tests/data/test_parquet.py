"""A small Parquet file that would become a large one is refused, or read in pieces."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data import parquet
from data.errors import SuspiciousFile, UnknownColumns
from data.readers import read_reports
from data.report import Report


def test_a_long_string_that_many_rows_share_is_laid_out_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "MAX_PIECE", 50_000)
    pq.write_table(pa.table({"内容": ["路" * 5_000] * 100}), tmp_path / "a.parquet")
    with parquet.open_parquet(tmp_path / "a.parquet") as file:
        sizes = [piece.num_rows for piece in parquet.pieces(file, tmp_path / "a.parquet")]

    assert sum(sizes) == 100 and max(sizes) == 3
    found = list(read_reports(tmp_path / "a.parquet"))
    assert [row.row for row in found] == list(range(1, 101))
    assert all(isinstance(row, Report) and len(row.text) == 5_000 for row in found)


def test_one_row_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MAX_PIECE", 1_000)
    pq.write_table(pa.table({"内容": ["路" * 5_000]}), tmp_path / "a.parquet")

    with pytest.raises(SuspiciousFile, match="one row"):
        list(read_reports(tmp_path / "a.parquet"))


def test_a_column_that_is_packed_too_well_is_refused(tmp_path: Path) -> None:
    column = pa.array([bytes(1 << 20)] * 32)
    pq.write_table(
        pa.table({"内容": column}), tmp_path / "a.parquet", use_dictionary=False, compression="zstd"
    )

    with pytest.raises(SuspiciousFile, match="would unpack from"):
        list(read_reports(tmp_path / "a.parquet"))


def test_columns_that_are_no_usual_headings_are_listed(tmp_path: Path) -> None:
    pq.write_table(pa.table({"流水": ["1"], "市民说的话": ["路灯坏了"]}), tmp_path / "a.parquet")

    with pytest.raises(UnknownColumns, match="keys found: 流水, 市民说的话"):
        list(read_reports(tmp_path / "a.parquet"))
