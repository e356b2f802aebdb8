"""Sealed mode: a report lives in memory alone. What the process must not do, and where output may go."""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from typing import IO, Any

from serving.faults import WrongUse

ENVIRONMENT = "PETITION_SEALED"
STORING = frozenset("mask train evaluate import".split())
"""Commands that write reports, or what is learned of single ones, and so are not run in this mode."""
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


def refuse_storing(command: str) -> None:
    """Refuse a command that stores reports.

    Raises:
        WrongUse: it is one.
    """
    if command in STORING:
        raise WrongUse(f"密封模式下不能运行 petition {command}：它会把信件内容写入文件（{ENVIRONMENT}）")


def is_stored(out: IO[Any]) -> bool:
    """Whether a stream ends in a file; a terminal, pipe or socket does not."""
    try:
        return stat.S_ISREG(os.fstat(out.fileno()).st_mode)
    except (OSError, ValueError):  # a stream of this process's own, in memory
        return False
