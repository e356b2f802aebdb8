"""Whole file: an output that appears whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path`: it takes the path's place at the end, or goes on an error."""
    path = Path(os.path.realpath(path))
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "", str(path))
    if is_device(path):
        yield path
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        commit(part, path)
    finally:
        part.unlink(missing_ok=True)


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
