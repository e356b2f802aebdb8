"""Inputs: the files of a job, or standard input, as one stream of rows."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, NamedTuple

from data.columns import Columns
from data.errors import DataError, EmptyFile
from data.intake import Intake
from data.readers import read_reports, read_stream, sheets_left
from data.report import BadRow, Report
from serving.bulk.faults import InputChanged
from serving.whole_file import PRIVATE, commit

_BLOCK = 1 << 20
_MOST_NAMES = 100  # in one error


class Line(NamedTuple):
    """One row of the inputs: the name of its file, and what it became."""

    file: str
    row: Report | BadRow


@dataclass(frozen=True)
class Source:
    """One file.

    Attributes:
        path: where it lies.
        name: in ids, rejects and the column of the file; unique in a job.
        stream: it holds what standard input held.
        held: the bytes, where they may not lie in a file.
        covered: the job writes down less than what is in it: it masks, seals, or has a watch list.
    """

    path: Path
    name: str
    stream: bool = False
    held: bytes | None = field(default=None, repr=False, compare=False)
    covered: bool = False

    def open(self) -> io.BufferedReader | io.BytesIO:
        """Open it to be read from its beginning."""
        return self.path.open("rb") if self.held is None else io.BytesIO(self.held)

    def digest(self) -> str:
        """SHA-256 of the bytes; where they are `covered` a fingerprint that is slow to make.

        It is written down: a file of one letter must not confirm guesses of a number in it by the million,
        nor be found by a text's hash.
        """
        with self.open() as stream:
            found = hashlib.file_digest(stream, "sha256")
        if not self.covered:
            return found.hexdigest()
        return hashlib.scrypt(found.digest(), salt=b"petition input", n=2**14, r=8, p=1, dklen=32).hex()

    def mark(self) -> tuple[int, int]:
        """Size and time of the last change: whoever writes to the file changes it.

        Raises:
            InputChanged: it has gone.
        """
        if self.held is not None:
            return len(self.held), 0
        try:
            found = self.path.stat()
        except FileNotFoundError:
            raise InputChanged(f"{self.name}：处理中文件不见了；放回原处后用同样的命令继续") from None
        return found.st_size, found.st_mtime_ns


@dataclass
class Inputs:
    """All sources of a job, in order, and how they are read.

    Attributes:
        sources: in the order of their rows.
    """

    sources: Sequence[Source]
    columns: Columns
    max_chars: int
    sheet: str | None
    _marks: dict[str, tuple[int, int]] = field(default_factory=dict, init=False)
    _by_name: dict[str, Source] = field(init=False)

    def __post_init__(self) -> None:
        """Index the sources."""
        self._by_name = {source.name: source for source in self.sources}

    def at(self, sources: Sequence[Source]) -> Inputs:
        """The same inputs, as `digests` found them, with their sources at other paths."""
        moved = replace(self, sources=sources)
        moved._marks.update(self._marks)
        return moved

    def digests(self) -> list[tuple[str, int, str]]:
        """Name, bytes and digest of every source; from here on none may change.

        Raises:
            InputChanged: a source changed while it was read.
        """
        found = []
        for source in self.sources:
            self._marks[source.name] = source.mark()
            digest = source.digest()
            self.check(source)
            found.append((source.name, self._marks[source.name][0], digest))
        return found

    def check(self, source: Source) -> None:
        """Hold that a source is as `digests` found it.

        Raises:
            InputChanged: it is not.
        """
        if source.mark() != self._marks.get(source.name, source.mark()):
            raise InputChanged(f"{source.name}：处理中文件被改动；已停止，没有混入改动后的内容")

    def check_files(self, names: Collection[str]) -> None:
        """Hold it of the sources with these names."""
        for name in names:
            self.check(self._by_name[name])

    def check_all(self) -> None:
        """Hold it of every source."""
        for source in self.sources:
            self.check(source)

    def lines(self) -> Iterator[Line]:
        """Stream the rows of all sources; a file without rows in a set of several has none.

        Raises:
            DataError: a source cannot be read; others are named that cannot either.
            InputChanged: a source changed since `digests`.
        """
        for place, source in enumerate(self.sources, 1):
            self.check(source)
            try:
                for row in self._rows(source):
                    yield Line(source.name, row)
            except EmptyFile:
                if len(self.sources) == 1:
                    raise
            except DataError as error:
                raise self._naming_all(error, self.sources[place:]) from None
            self.check(source)

    def sheets_left(self) -> list[list[str]]:
        """Of every source, the sheets that hold reports too and are not read; of covered ones places."""
        return [
            [] if source.stream else sheets_left(source.path, self.columns, self.sheet, not source.covered)
            for source in self.sources
        ]

    def _naming_all(self, error: DataError, behind: Sequence[Source]) -> DataError:
        """Name those of the sources that follow, too, that cannot be read from their first row on."""
        names = [source.name for source in behind if not self._begins(source)]
        if names:
            shown = ", ".join(names[:_MOST_NAMES]) + (" and others" if len(names) > _MOST_NAMES else "")
            error.args = (f"{error}; {len(names)} more cannot be read: {shown}",)
        return error

    def _begins(self, source: Source) -> bool:
        try:
            next(self._rows(source), None)
        except EmptyFile:
            return True
        except (DataError, OSError):
            return False
        return True

    def _rows(self, source: Source) -> Iterator[Report | BadRow]:
        if source.stream:
            if not source.mark()[0]:
                # So a pipe looks whose first command has failed.
                raise EmptyFile(f"{source.name}: standard input held nothing, not even an empty line")
            with source.open() as stream:
                yield from read_stream(stream, self.columns, Intake(source.name, self.max_chars))
            return
        yield from read_reports(source.path, self.columns, self.max_chars, self.sheet, source.name)


def hold_stream(source: Source) -> Source:
    """Keep standard input in memory, where no file may hold it."""
    return replace(source, held=sys.stdin.buffer.read())


def keep_stream(source: Source) -> None:
    """Copy standard input to the source's file, since a job must be able to read it again.

    Raises:
        OSError: it cannot be written.
    """
    part = source.path.with_name("stdin.new")
    stdin: BinaryIO = sys.stdin.buffer
    part.touch(PRIVATE)
    with part.open("wb") as out:
        shutil.copyfileobj(stdin, out, _BLOCK)
    if source.path.is_file() and _same(part, source.path):
        os.unlink(part)  # the one that finished parts were made of keeps its time of change
        return
    commit(part, source.path)


def _same(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as first, other.open("rb") as second:
        while block := first.read(_BLOCK):
            if block != second.read(_BLOCK):
                return False
    return True
