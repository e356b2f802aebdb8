"""Parts: finished chunks on disk, each whole or not there."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from serving.bulk.faults import LostRows
from serving.bulk.record import Record
from serving.whole_file import commit

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

    def has(self, number: int) -> bool:
        """Tell whether a part of this job is there."""
        try:
            with gzip.open(self.path(number), "rt", encoding="utf-8") as file:
                return bool(json.loads(file.readline()) == self._head(number))
        except (OSError, EOFError, ValueError, zlib.error):
            return False

    def write(self, number: int, records: Sequence[Record]) -> None:
        """Write a part under another name, then give it its own.

        Raises:
            OSError: it cannot be written; nothing of it is left.
        """
        shapes = [self._head(number), *records, {"records": len(records)}]
        lines = "".join(json.dumps(shape, ensure_ascii=False) + "\n" for shape in shapes)
        packed = gzip.compress(lines.encode("utf-8", "replace"), _LEVEL, mtime=0)
        path = self.path(number)
        part = path.with_suffix(".new")
        try:
            part.write_bytes(packed)
            commit(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

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
