"""Several processes write what one writes, also where one of them or all of them are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from data.columns import Columns
from model.export import Export
from serving.bulk import processes
from serving.bulk.choices import Form
from serving.bulk.inputs import Inputs, Source
from serving.bulk.processes import Share, share_of
from serving.bulk.settings import Settings
from serving.faults import WrongUse
from tests.serving.bulk.conftest import beside, start_job
from tests.serving.conftest import PLANTED, Petition

ROOT = Path(__file__).parents[3]
GIB = 1 << 30
# Read by every Python on its path at its start: one of the parts ends the process that makes it, once.
DEADLY = """
import os, signal, time
from pathlib import Path
from serving.bulk import part

real = part.Parts.write
def write(self, number, records):
    time.sleep(0.05)
    mark = Path(os.environ["MARK"])
    if number == 9 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    real(self, number, records)
part.Parts.write = write
"""


def start(source: Path, target: Path, export: Export, mark: Path) -> subprocess.Popen[str]:
    site = mark.parent / "site"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(DEADLY, encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}", "MARK": str(mark)}
    return start_job(source, target, export, "--processes", "2", env=env)


def workers(job: subprocess.Popen[str]) -> list[int]:
    children = Path(f"/proc/{job.pid}/task/{job.pid}/children").read_text().split()
    return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_two_processes_write_what_one_writes(
    bulk: Petition, source: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    target = tmp_path / "out.csv"
    ended = bulk(source, target, "--chunk-rows", 5, "--processes", 2)

    assert ended.code == 1 and "读不了 20 行" in ended.err
    assert beside(target) == whole


def test_a_process_that_is_killed_ends_the_job_and_the_same_command_goes_on(
    source: Path, tmp_path: Path, export: Export, whole: dict[str, bytes]
) -> None:
    target = tmp_path / "out.csv"
    job = start(source, target, export, tmp_path / "mark")
    _, said = job.communicate(timeout=120)
    assert job.returncode == 4 and "--processes 1" in said and PLANTED not in said
    job = start(source, target, export, tmp_path / "mark")
    _, said = job.communicate(timeout=120)

    assert job.returncode == 1 and "接着做" in said
    assert beside(target) == whole


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_no_process_outlives_the_one_that_started_it(
    source: Path, tmp_path: Path, export: Export, whole: dict[str, bytes]
) -> None:
    target, mark = tmp_path / "out.csv", tmp_path / "mark"
    mark.touch()  # nothing ends by itself
    job = start(source, target, export, mark)
    until = time.monotonic() + 120
    while len(list(target.with_name("out.csv.parts").glob("*.part"))) < 4:
        assert time.monotonic() < until
        time.sleep(0.02)
    crew = workers(job)
    job.send_signal(signal.SIGKILL)
    job.communicate()
    while any(Path(f"/proc/{pid}").exists() for pid in crew):
        assert time.monotonic() < until
        time.sleep(0.02)
    job = start(source, target, export, mark)
    _, said = job.communicate(timeout=120)

    assert len(crew) == 2 and job.returncode == 1, said
    assert beside(target) == whole


def test_the_cores_are_shared_as_far_as_chunks_and_memory_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "usable_cores", lambda: 8)
    monkeypatch.setattr(processes, "memory_limit", lambda: 64 * GIB)
    told = Settings(("in.csv",), tmp_path / "out.csv", Form.csv)
    book = tmp_path / "in.xlsx"
    book.write_bytes(b"")
    os.truncate(book, GIB // processes.UNPACKED)  # a GiB unpacked

    def shared(missing: int, told: Settings = told, source: Source | None = None) -> Share:
        sources = [source or Source(tmp_path / "in.csv", "in.csv")]
        return share_of(told, Inputs(sources, Columns(), 1000, None), missing)

    assert shared(1000) == (8, 1)
    assert shared(3) == (1, 8) and shared(9) == (2, 4)
    assert shared(1000, replace(told, threads=3)) == (1, 3)
    assert shared(1000, replace(told, processes=3)) == (3, 2)
    assert shared(1000, replace(told, processes=2, threads=1)) == (2, 1)
    monkeypatch.setattr(processes, "memory_limit", lambda: 6 * GIB)
    assert shared(1000) == (6, 1)
    assert shared(1000, source=Source(book, "in.xlsx")) == (2, 4), "each holds the workbook"
    monkeypatch.setattr(processes, "memory_limit", lambda: GIB)
    assert shared(1000) == (1, 8)
    held = Source(tmp_path / "stdin", "stdin", True, b"...")
    assert shared(1000, source=held) == (1, 8)
    with pytest.raises(WrongUse, match="--processes"):
        shared(1000, replace(told, processes=2), held)


@pytest.mark.parametrize(
    ("mask", "quota", "count", "dealt"),
    [
        (4, None, 4, [[0], [1], [2], [3]]),
        (7, None, 3, [[0, 1, 2], [3, 4], [5, 6]]),  # none is left idle
        (16, None, 9, [*([n, n + 1] for n in range(0, 14, 2)), [14], [15]]),
        (2, None, 3, [1, 1, 1]),
        (64, 4, 4, [1, 1, 1, 1]),  # another container would take the same four
        (64, 7, 3, [3, 2, 2]),
        (4, 4, 2, [[0, 1], [2, 3]]),
    ],
)
def test_every_core_is_dealt_out_and_under_a_quota_the_system_says_which(
    mask: int, quota: int | None, count: int, dealt: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(mask)), raising=False)
    monkeypatch.setattr(processes, "usable_cores", lambda: min(mask, quota or mask))
    found = processes._dealt(count)

    assert [list(cores) or size for size, cores in found] == dealt
    assert all(len(cores) in (0, size) for size, cores in found)


def test_ray_and_processes_are_two_ways(bulk: Petition, source: Path, tmp_path: Path) -> None:
    ended = bulk(source, tmp_path / "out.csv", "--ray", "--processes", 2)

    assert ended.code == 2 and "Ray 自己分进程" in ended.err
