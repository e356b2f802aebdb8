"""Parquet columns to cells, whatever their names and types."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.columns import Columns
from data.errors import BrokenFile, UnknownColumns
from data.readers import read_reports
from data.report import Report


def test_columns_that_are_no_usual_headings_are_listed(tmp_path: Path) -> None:
    pq.write_table(pa.table({"流水": ["1"], "市民说的话": ["路灯坏了"]}), tmp_path / "a.parquet")

    with pytest.raises(UnknownColumns, match="keys found: 流水, 市民说的话"):
        list(read_reports(tmp_path / "a.parquet"))


def test_columns_of_one_name_are_all_kept(tmp_path: Path) -> None:
    columns = [pa.array([word]) for word in ("路灯坏了", "转城管局", "已回访")]
    pq.write_table(pa.Table.from_arrays(columns, ["内容", "备注", "备注"]), tmp_path / "a.parquet")

    (row,) = read_reports(tmp_path / "a.parquet")
    assert isinstance(row, Report)
    assert row.cells == {"内容": "路灯坏了", "备注": "转城管局", "备注 (2)": "已回访"}


@pytest.mark.parametrize(
    ("values", "kind", "cells"),
    [
        ([0, 253_402_300_805], pa.timestamp("s"), ["1970-01-01", "10000-01-01 00:00:05.000"]),
        ([1_774_972_799_600], pa.timestamp("ms"), ["2026-03-31T15:59:59.600000"]),
        ([1_700_000_000_123_456_789], pa.timestamp("ns"), ["2023-11-14T22:13:20.123456"]),
        ([1_700_000_000_123_456_789], pa.timestamp("ns", "UTC"), ["2023-11-14T22:13:20.123456+00:00"]),
        ([90_000_000_001], pa.duration("ns"), ["0:01:30"]),
        ([0], pa.timestamp("us", "Asia/Songquan"), ["1970-01-01T00:00:00+00:00"]),
        ([0, 2_932_897], pa.date32(), ["1970-01-01", "10000-01-01"]),
    ],
)
def test_times_that_python_has_no_value_for_cost_no_file(
    tmp_path: Path, values: list[int], kind: pa.DataType, cells: list[str]
) -> None:
    """Neither a year of five digits, nor nanoseconds, nor a zone that this machine does not know."""
    table = pa.table({"内容": ["路灯坏了"] * len(values), "受理时间": pa.array(values, kind)})
    pq.write_table(table, tmp_path / "a.parquet")

    assert [row.time for row in read_reports(tmp_path / "a.parquet") if isinstance(row, Report)] == cells


def test_a_column_that_cannot_be_read_is_named_by_its_place(tmp_path: Path) -> None:
    column = pa.array([[253_402_300_805]], pa.list_(pa.timestamp("s")))
    pq.write_table(pa.table({"内容": ["路灯坏了"], "经过": column}), tmp_path / "a.parquet")

    with pytest.raises(BrokenFile, match="column 2 holds values"):
        list(read_reports(tmp_path / "a.parquet"))


def lake(tmp_path: Path, folders: str, **columns: list[str | None]) -> Path:
    """A Parquet file in folders that are called after their values."""
    (tmp_path / folders).mkdir(parents=True)
    pq.write_table(pa.table(columns), tmp_path / folders / "part-0.parquet")
    return tmp_path / folders / "part-0.parquet"


def test_folders_that_are_called_after_values_are_columns(tmp_path: Path) -> None:
    path = lake(
        tmp_path,
        "a=b/lake/dt=2026-03/region=%E6%B2%B3%E4%B8%9C/来源=网络",
        内容=["路灯坏了", None],
        来源=["热线", None],
    )

    (row,) = read_reports(path, Columns(time="dt"))
    assert isinstance(row, Report) and (row.time, row.region, row.channel) == ("2026-03", "河东", "热线")
    assert row.cells == {"内容": "路灯坏了", "来源": "热线", "dt": "2026-03", "region": "河东"}


def test_the_only_column_of_a_file_is_its_text_beside_such_folders(tmp_path: Path) -> None:
    path = lake(tmp_path, "region=__HIVE_DEFAULT_PARTITION__", 市民说的话=["路灯坏了"])

    (row,) = read_reports(path)
    assert isinstance(row, Report) and (row.text, row.region) == ("路灯坏了", "")
