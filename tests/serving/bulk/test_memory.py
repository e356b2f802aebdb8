"""The memory of a job does not grow with its rows."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model.export import Export
from tests.serving.bulk.conftest import HEADING, TIME, rows_of
from tests.serving.conftest import write_csv

FEW, MANY = 500, 2_500
NOTE = 3_000  # letters of a remark that each row has beside its text: 9 KB
MORE = 24 << 10  # KiB; the longer file is 18 MB longer, and what pyarrow keeps of it unless told not to, 75
JOB = """
import sys
from pathlib import Path
from serving.cli import main
code = main(sys.argv[1:])
lines = Path("/proc/self/status").read_text().splitlines()
print(code, next(line.split()[1] for line in lines if line.startswith("VmHWM")))
"""

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


def rows(count: int) -> list[list[str]]:
    draw = random.Random(7)
    letters = [chr(0x4E00 + n) for n in range(2_000)]
    return [[*row, "".join(draw.choices(letters, k=NOTE))] for row in rows_of(count)]


def as_csv(path: Path, count: int) -> Path:
    return write_csv(path.with_suffix(".csv"), rows(count), (*HEADING, "备注"))


def as_parquet(path: Path, count: int) -> Path:
    """One group of rows, in pages of a megabyte."""
    columns = zip(*rows(count), strict=True)
    table = pa.table({name: list(cells) for name, cells in zip((*HEADING, "备注"), columns, strict=True)})
    pq.write_table(table, path.with_suffix(".parquet"), write_batch_size=100)
    return path.with_suffix(".parquet")


def peak(source: Path, export: Export) -> int:
    """The most that a job of one process holds, in KiB."""
    told = [source, source.with_suffix(".jsonl"), "--model", export.folder, "--time", TIME, "--processes", 1]
    command = [sys.executable, "-c", JOB, "bulk", *map(str, told), "--threads", "1", "--chunk-rows", "50"]
    # What is measured is what the job holds, not what allocators keep for later.
    thrifty = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536"}
    env = {**os.environ, **thrifty, "ARROW_DEFAULT_MEMORY_POOL": "system"}
    ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=True)
    code, held = ended.stdout.split()
    assert code == "1", ended.stderr  # some rows have no text
    return int(held)


@pytest.mark.parametrize("write", [as_csv, as_parquet])
def test_ten_times_the_rows_take_no_more_memory(
    write: Callable[[Path, int], Path], tmp_path: Path, export: Export
) -> None:
    few, many = (peak(write(tmp_path / str(count), count), export) for count in (FEW, MANY))

    assert many - few < MORE, f"{few} KiB, then {many}"
