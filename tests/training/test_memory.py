"""Freed memory stays with the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

import training.memory
from training.memory import keep_freed_memory

# Addresses, not page faults: a system short of memory takes pages from either process, and counts them again.
KEPT_OF_80_MB = """
import sys
from pathlib import Path
import torch
from training.memory import keep_freed_memory
def kilobytes():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmSize")).split()[1])
if "keep" in sys.argv:
    assert keep_freed_memory()
torch.set_num_threads(1)  # other threads would bring stacks and address ranges of their own
torch.ones(8).sum()
before = kilobytes()
freed = torch.ones(20_000_000)
del freed
print(kilobytes() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="speaks to glibc")
def test_freed_memory_is_not_handed_back_to_the_system() -> None:
    # In a process of its own: the setting lasts as long as the process.
    kept = {
        word: int(
            subprocess.run(
                [sys.executable, "-c", KEPT_OF_80_MB, word], capture_output=True, text=True, check=True
            ).stdout
        )
        for word in ("keep", "usual")
    }

    assert kept["keep"] >= 78_000
    assert kept["usual"] < 8_000


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_nothing_is_done(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.memory.sys, "platform", platform)

    assert keep_freed_memory() is False
