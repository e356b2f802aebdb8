"""Parts: finished chunks on disk, each whole or not there."""

from __future__ import annotations

import gzip
import json
import os
import secrets
import time
import zlib
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from serving.bulk.faults import LostRows
from serving.bulk.record import Record
from serving.whole_file import commit, naming

_NEW = ".new"  # ends the name of a part that is being written
_TRIES = ".tries"  # and of a file with a byte for each time that workers have begun it
_LOOK_S = 0.2  # between two looks at a folder
_LEVEL = 1  # gzip: a fifth of the space for next to no time; its checksum tells of damage


@dataclass(frozen=True)
class Parts:
    """The parts of one job.

    Attributes:
        folder: where they lie.
        job: digest of the job, written into each, so that none is taken for another job's.
    """

    folder: Path
    job: str

    def path(self, number: int) -> Path:
        """Where a part lies."""
        return self.folder / f"{number:06}.part"

    def write(self, number: int, records: Sequence[Record]) -> None:
        """Write a part under another name, then give it its own.

        Raises:
            OSError: it cannot be written; nothing of it is left.
        """
        shapes = [self._head(number), *records, {"records": len(records)}]
        lines = "".join(json.dumps(shape, ensure_ascii=False) + "\n" for shape in shapes)
        packed = gzip.compress(lines.encode("utf-8", "replace"), _LEVEL, mtime=0)
        path = self.path(number)
        # A worker taken for dead may still write the part that another one makes again.
        part = path.with_suffix(f".{secrets.token_hex(4)}{_NEW}")
        try:
            with naming(self.folder):
                part.write_bytes(packed)
                commit(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def count(self, number: int) -> tuple[int, int] | None:
        """Rows and rejects of a part of this job, read to its end; None where it is not there or damaged."""
        rows, rejects, line = 0, 0, b""
        try:
            with gzip.open(self.path(number), "rb") as file:
                if json.loads(file.readline()) != self._head(number):
                    return None
                for line in file:
                    rejects += line.startswith(b'{"reject"')
                    rows += 1
            whole = bool(json.loads(line) == {"records": rows - 1})
        except (OSError, EOFError, ValueError, zlib.error):
            return None
        return (rows - 1, rejects) if whole else None

    def made(self) -> int:
        """How many parts there are, of this job or another."""
        return len(list(self.folder.glob("*.part")))

    def sweep(self) -> None:
        """Remove what writers that were killed have left, and the tries that an earlier run counted."""
        for ending in (_NEW, _TRIES):
            for path in self.folder.glob(f"*{ending}"):
                path.unlink(missing_ok=True)

    def tried(self, number: int) -> int:
        """Note that a part is begun; tell how often it has been since `sweep`."""
        path = self.path(number).with_suffix(_TRIES)
        with naming(self.folder), path.open("ab") as file:
            file.write(b".")
        return path.stat().st_size

    def wait_for(self, numbers: Set[int], seconds: float) -> None:
        """Wait until parts that others have written are seen here; shares tell of new files late."""
        end = time.monotonic() + seconds
        while not all(self.path(number).is_file() for number in numbers) and time.monotonic() < end:
            time.sleep(_LOOK_S)
            os.listdir(self.folder)  # makes a share ask its server again

    def read(self, number: int) -> Iterator[Record]:
        """Stream the records of a part.

        Raises:
            LostRows: it is not there or not whole; it is removed, so that the next run makes it anew.
        """
        path, count = self.path(number), 0
        try:
            with gzip.open(path, "rt", encoding="utf-8") as file:
                if json.loads(next(file)) != self._head(number):
                    raise ValueError
                held = json.loads(next(file))
                for line in file:
                    yield held
                    held, count = json.loads(line), count + 1
            if held != {"records": count}:
                raise ValueError
        except (FileNotFoundError, gzip.BadGzipFile, EOFError, StopIteration, ValueError, zlib.error):
            path.unlink(missing_ok=True)
            raise LostRows(
                f"第 {number} 部分不在或已损坏，没有写出结果；用同样的命令再运行一次，会重做这一部分"
            ) from None

    def _head(self, number: int) -> Record:
        return {"job": self.job, "part": number}
