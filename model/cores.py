"""Cores and memory: how much of them this process may use, and the control groups that say so."""

from __future__ import annotations

import os
from pathlib import Path

PROC, CGROUP = Path("/proc"), Path("/sys/fs/cgroup")


def usable_cores(proc: Path = PROC, cgroup: Path = CGROUP) -> int:
    """Cores that this process may use: containers, services and taskset often give fewer than there are."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = cpu_limit(proc, cgroup)
    # Threads beyond the quota would stop each other for the rest of every period.
    return cores if limit is None else max(1, min(cores, int(limit)))


def cpu_limit(proc: Path = PROC, cgroup: Path = CGROUP) -> float | None:
    """Cores that the control group grants, or None where it sets no limit."""
    limits = []
    for folder in control_groups(proc, cgroup):
        quota, _, period = read_text(folder / "cpu.max").partition(" ")
        if quota.isdigit():
            limits.append(int(quota) / int(period or 100_000))
    quota, period = (read_text(cgroup / "cpu" / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
    if quota.isdigit() and period.isdigit():
        limits.append(int(quota) / int(period))
    return min(limits, default=None)


def memory_limit(proc: Path = PROC, cgroup: Path = CGROUP) -> int | None:
    """Bytes that this process may hold: what the machine has free, or the control group's limit if lower."""
    texts = [read_text(folder / "memory.max") for folder in control_groups(proc, cgroup)]
    limits = [int(text) for text in texts if text.isdigit()]
    for line in read_text(proc / "meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            limits.append(int(line.split()[1]) * 1024)
    return min(limits, default=None)


def control_groups(proc: Path = PROC, cgroup: Path = CGROUP) -> list[Path]:
    """This process's control group (version 2) and those above it."""
    lines = read_text(proc / "self" / "cgroup").splitlines()
    own = [line[3:].strip("/") for line in lines if line.startswith("0::")]
    inner = cgroup / own[0] if own and ".." not in own[0] else cgroup
    return [inner, *(folder for folder in inner.parents if folder.is_relative_to(cgroup))]


def read_text(path: Path) -> str:
    """A file of the system's, "" where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
