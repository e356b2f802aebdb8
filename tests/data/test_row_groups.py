"""A large row group is read in bounded memory; a small file that would be a large one is refused, or cut."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data import row_groups
from data.errors import SuspiciousFile
from data.readers import read_reports
from data.report import Report

MIB = 1 << 20
STREETS = "路街巷里坊桥门河山岭村镇东西南北"


def texts(count: int, size: int) -> list[str]:
    """So many different texts."""
    draw = random.Random(7)
    return ["".join(draw.choices(STREETS, k=size)) for _ in range(count)]


def held(path: Path) -> Iterator[tuple[int, int]]:
    """Rows of each piece of a file, and the bytes that Arrow holds meanwhile."""
    before = pa.total_allocated_bytes()
    with row_groups.open_parquet(path) as file:
        for piece in row_groups.pieces(file, path):
            yield piece.num_rows, pa.total_allocated_bytes() - before


def test_of_a_large_group_no_more_than_its_pages_at_hand_is_held(tmp_path: Path) -> None:
    """A third of the texts repeat, as blank and stock answers do."""
    cells = texts(20_000, 400)
    ids, sources = [f"G{n}" for n in range(30_000)], ["热线"] * 30_000
    table = pa.table({"编号": ids, "内容": cells + cells[:10_000], "来源": sources})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=30_000, compression="none")
    assert (tmp_path / "a.parquet").stat().st_size > 30 * MIB
    found = list(held(tmp_path / "a.parquet"))

    assert sum(rows for rows, _ in found) == 30_000 and len(found) < 40
    assert max(held for _, held in found) < 8 * MIB


def test_a_long_string_that_many_rows_share_is_laid_out_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_groups, "MAX_PIECE", 50_000)
    pq.write_table(pa.table({"内容": ["路灯", *["路" * 5_000] * 99]}), tmp_path / "a.parquet")
    with row_groups.open_parquet(tmp_path / "a.parquet") as file:
        sizes = [piece.num_rows for piece in row_groups.pieces(file, tmp_path / "a.parquet")]

    assert sum(sizes) == 100 and max(sizes) == 3
    found = list(read_reports(tmp_path / "a.parquet"))
    assert [row.row for row in found] == list(range(1, 101))
    assert all(isinstance(row, Report) and len(row.text) == 5_000 for row in found[1:])


@pytest.mark.parametrize("before", [[], [None] * 1_200, ["路灯"]])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.string_view()])
@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", None])
def test_a_value_that_is_written_once_never_fills_the_memory(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: list[str | None],
    kind: pa.DataType,
    encoding: str | None,
) -> None:
    """1,200 rows of one text of 24 KB are 28 MB in a small file."""
    monkeypatch.setattr(row_groups, "MAX_PIECE", MIB // 4)
    rows = [*before, *["路" * 8_000] * 1_200]
    column = pa.array([row and row.encode() for row in rows], pa.binary()).cast(kind)
    told = {"use_dictionary": encoding is None, "column_encoding": encoding}
    pq.write_table(pa.table({"内容": column}), tmp_path / "a.parquet", compression="none", **told)
    assert (tmp_path / "a.parquet").stat().st_size < MIB // 4
    found = list(held(tmp_path / "a.parquet"))

    assert sum(rows for rows, _ in found) == len(rows)
    assert max(held for _, held in found) < 4 * MIB


def test_a_batch_of_views_is_cut_as_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_groups, "MAX_PIECE", 100_000)
    column = pa.array([*[None] * 300, *["路" * 8_000] * 300], pa.string_view())
    pq.write_table(pa.table({"内容": column}), tmp_path / "a.parquet", use_dictionary=False)
    sizes = [rows for rows, _ in held(tmp_path / "a.parquet")]

    assert sum(sizes) == 600 and max(sizes[-60:]) <= 4


def test_one_row_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_groups, "MAX_PIECE", 1_000)
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
