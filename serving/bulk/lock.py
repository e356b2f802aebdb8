"""Lock: one process at a time works on an output, on this machine and on shares that lock."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving.bulk.faults import Busy


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file; it goes at the end, and the kernel frees it should the process be killed.

    Raises:
        Busy: another process holds it.
        OSError: the file cannot be made; named is its folder.
    """
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            # That the folder cannot be written is what the user can mend; of the lock they know nothing.
            raise OSError(error.errno, error.strerror, str(path.parent)) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise Busy(f"{path.parent}：另一个 petition bulk 正在写同一个结果文件，请等它结束") from None
        except BaseException:
            os.close(handle)
            raise
        # Whoever held it may have removed it between our opening and our locking it.
        if _still_there(path, handle):
            break
        os.close(handle)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _still_there(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except FileNotFoundError:
        return False
