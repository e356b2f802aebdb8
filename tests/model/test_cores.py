"""Cores are counted as this process is granted them: by affinity, and by the quota of its control group."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from model.cores import cpu_limit, usable_cores

Machine = Callable[[dict[str, str]], tuple[Path, Path]]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Folders in the place of /proc and /sys/fs/cgroup with files of these texts."""

    def make(files: dict[str, str]) -> tuple[Path, Path]:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path / "proc", tmp_path / "cgroup"

    return make


def test_the_lowest_limit_on_cores_counts(machine: Machine) -> None:
    own = {
        "proc/self/cgroup": "0::/a/b\n",
        "cgroup/a/cpu.max": "150000 100000",
        "cgroup/a/b/cpu.max": "max 100000",
    }
    assert cpu_limit(*machine(own)) == 1.5


def test_the_older_control_groups_limit_cores_too(machine: Machine) -> None:
    old = {"cgroup/cpu/cpu.cfs_quota_us": "50000", "cgroup/cpu/cpu.cfs_period_us": "100000"}
    assert cpu_limit(*machine(old)) == 0.5


def test_without_control_groups_there_is_no_limit(machine: Machine) -> None:
    assert cpu_limit(*machine({})) is None


@pytest.mark.parametrize(
    ("granted", "cores"), [("250000", 2), ("150000", 1), ("50000", 1), ("6400000", 8), ("max", 8)]
)
def test_no_more_threads_are_made_than_cores_are_granted(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, granted: str, cores: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)

    assert usable_cores(*machine({"cgroup/cpu.max": f"{granted} 100000\n"})) == cores
