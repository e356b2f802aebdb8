"""Sealed mode: a report lives in memory alone. What the process must not do, and where output may go."""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from collections.abc import Mapping
from typing import IO, Any

from serving.faults import WrongUse

ENVIRONMENT = "PETITION_SEALED"
STORING = frozenset("mask train evaluate retrain import migrate suspects queue".split())
"""Commands that write reports, or what is learned of single ones, and so are not run in this mode."""
_YES, _NO = frozenset("1 true yes on".split()), frozenset(["", "0", "false", "no", "off"])
_PR_SET_DUMPABLE = 4


def seal() -> None:
    """Keep this process's memory from reaching a disk as a core dump.

    Swap is the system's: docs/security.md says how to leave it off.
    """
    try:
        import resource
    except ImportError:  # not a system with such limits
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # The limit alone does not bind a handler that the kernel pipes dumps to; this does.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def sealed_by(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment seals.

    Raises:
        WrongUse: it says neither yes nor no.
    """
    value = environment.get(ENVIRONMENT, "").strip().lower()
    if value not in _YES | _NO:
        raise WrongUse(f"环境变量 {ENVIRONMENT} 只能是 1 或 0")
    return value in _YES


def refuse_sealed(command: str) -> None:
    """Refuse to run a command that writes reports down.

    Args:
        command: as it is typed behind `petition`.

    Raises:
        WrongUse: the environment seals, or says neither yes nor no.
    """
    if sealed_by():
        raise WrongUse(f"密封模式下不能运行 petition {command}：它会把信件内容写入文件")


def is_stored(out: IO[Any]) -> bool:
    """Whether a stream ends in a file; a terminal, pipe or socket does not."""
    try:
        return stat.S_ISREG(os.fstat(out.fileno()).st_mode)
    except (OSError, ValueError):  # a stream of this process's own, in memory
        return False
