"""Freed memory stays with the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

import training.memory
from training.memory import keep_freed_memory

FAULTS_OF_TWENTY_TIMES = """
import resource, sys
import torch
from training.memory import keep_freed_memory
if "keep" in sys.argv:
    assert keep_freed_memory()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    torch.ones(20_000_000).sum()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="speaks to glibc")
def test_memory_used_before_is_not_cleared_by_the_system_again() -> None:
    # In a process of its own: the setting lasts as long as the process.
    faults = {
        word: int(
            subprocess.run(
                [sys.executable, "-c", FAULTS_OF_TWENTY_TIMES, word],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for word in ("keep", "usual")
    }

    assert 2 * faults["keep"] < faults["usual"]


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_nothing_is_done(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.memory.sys, "platform", platform)

    assert keep_freed_memory() is False
