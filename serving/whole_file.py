"""Whole file: an output that appears whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

PRIVATE = 0o600
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def whole_file(path: Path, private: bool = False) -> Iterator[Path]:
    """Give a temporary file beside `path`: it takes the path's place at the end, or goes on an error.

    Until then no other account may read it. In its place it has the mode of the file that it replaces, else
    the one that the umask gives.

    Args:
        private: no other account may read it in its place either.
    """
    path = Path(os.path.realpath(path))
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "", str(path))
    if is_device(path):
        with naming(path):
            yield path
        return
    if not path.parent.is_dir():  # else the error would name a file that nobody has asked for
        raise FileNotFoundError(errno.ENOENT, "", str(path.parent))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.touch()
        usual = (path if path.is_file() else part).stat().st_mode
        _set_mode(part, PRIVATE)
        with naming(path):
            yield part
        if not private:
            _set_mode(part, stat.S_IMODE(usual))
        commit(part, path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name what was to be written where there is no room for it: an open file's error names none."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno in _FULL:
            error.filename = str(path)
        raise


def _set_mode(path: Path, mode: int) -> None:
    with suppress(OSError):  # some network shares know no modes; what may be read there is theirs to say
        path.chmod(mode)


def commit(part: Path, path: Path) -> None:
    """Give a whole file its name, so that it holds after a power cut too."""
    with part.open("rb+") as written:
        os.fsync(written.fileno())  # else a power cut may leave the name without the bytes
    os.replace(part, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    except OSError:
        pass  # some network shares cannot; the rename itself has happened
    finally:
        os.close(folder)


def is_device(path: Path) -> bool:
    """Tell whether something stands there that no rename may replace: /dev/null, a named pipe."""
    return path.exists() and not path.is_file() and not path.is_dir()


def open_text(path: Path) -> TextIO:
    """Open a file to write UTF-8 with line ends as given."""
    return path.open("w", encoding="utf-8", errors="replace", newline="")
