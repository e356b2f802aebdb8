"""Known tags: those of an earlier output, looked up on disk by text hash for --only-changed."""

from __future__ import annotations

import errno
import gzip
import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from serving.bulk.faults import JobFault
from serving.bulk.manifest import Manifest
from serving.bulk.places import Places
from serving.bulk.record import Record, without_words
from serving.whole_file import commit

INDEX = "known.sqlite"  # in the folder of parts
_FORMAT = 1
_ROWS = 10_000  # written at a time


class KnownWriter:
    """Writes the tags of a job for later ones: a head, then one line a report, without a report's words."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        """Open the file and write its head."""
        # No name and no time in the packed file: equal jobs give equal bytes.
        self._raw = path.open("wb")
        self._packed = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, compresslevel=6, mtime=0)
        self._line(_head(manifest))

    def add(self, record: Record) -> None:
        """Take one report; one that a person handles has no hash and no tags to keep."""
        if record["text_hash"]:
            self._line(without_words(record))

    def close(self) -> None:
        """Finish the file."""
        try:
            self._packed.close()
        finally:
            self._raw.close()

    def abandon(self) -> None:
        """Let go of the file after an error."""
        with suppress(OSError):
            self.close()

    def _line(self, shape: Mapping[str, Any]) -> None:
        self._packed.write((json.dumps(shape, ensure_ascii=False) + "\n").encode("utf-8", "replace"))


class KnownTags:
    """The tags of an earlier output, indexed in a file; safe to ask from one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open an index that `build` made, at a whole path."""
        # Nobody writes to it any more: without locks, which shares know badly and every worker would take.
        place = f"{path.as_uri()}?mode=ro&immutable=1"
        self._base = sqlite3.connect(place, uri=True, check_same_thread=False)

    def find(self, hashed: str) -> Mapping[str, Any] | None:
        """What is known of reports with this text hash."""
        row = self._base.execute(
            "SELECT shape FROM known WHERE hash = ?", (bytes.fromhex(hashed),)
        ).fetchone()
        return None if row is None else json.loads(zlib.decompress(row[0]))

    def close(self) -> None:
        """Close the index."""
        self._base.close()


def tags_of(target: Path) -> Path:
    """Where an earlier output keeps its tags; those of OUT-2.xlsx are with those of all of OUT.xlsx.

    Raises:
        JobFault: it has none.
    """
    path = Places.of(target).tags
    if not path.is_file() and (whole := Places.output_of(target.resolve())) is not None:
        path = Places.of(whole).tags
    if not path.is_file():
        raise JobFault(
            f"--only-changed：{target} 旁边没有 {path.name}；要给 petition bulk 写的结果，两个文件放在一起"
        )
    return path


def fits(path: Path, manifest: Manifest) -> bool:
    """Tell whether kept tags are what this job's model and program would give.

    Raises:
        JobFault: the file is damaged.
    """
    return next(_lines(path), None) == _head(manifest)


def build(path: Path, index: Path) -> None:
    """Index kept tags; the index appears whole or not at all.

    Raises:
        JobFault: the file is damaged.
        OSError: the index cannot be written.
    """
    part = index.with_name(f"{index.name}.new")
    part.unlink(missing_ok=True)
    base = sqlite3.connect(part, isolation_level=None)
    try:
        base.execute("PRAGMA journal_mode = OFF")
        base.execute("PRAGMA synchronous = OFF")
        base.execute("CREATE TABLE known (hash BLOB PRIMARY KEY, shape BLOB) WITHOUT ROWID")
        lines = _lines(path)
        next(lines, None)
        base.execute("BEGIN")
        for number, shape in enumerate(lines):
            packed = zlib.compress(json.dumps(shape, ensure_ascii=False).encode(), 1)
            base.execute("INSERT OR IGNORE INTO known VALUES (?, ?)", (bytes.fromhex(shape["hash"]), packed))
            if number % _ROWS == _ROWS - 1:
                base.execute("COMMIT")
                base.execute("BEGIN")
        base.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise OSError(errno.ENOSPC if "full" in str(error) else errno.EIO, "", str(index)) from None
    finally:
        base.close()
    commit(part, index)


def _head(manifest: Manifest) -> dict[str, Any]:
    made = {"program": manifest.program, "model": asdict(manifest.model)}
    asked = {name: manifest.settings[name] for name in ("evidence", "matters")}
    return {"format": _FORMAT, **made, **asked}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)
    except (gzip.BadGzipFile, EOFError, ValueError, zlib.error):
        raise JobFault(f"--only-changed：{path} 已损坏；去掉 --only-changed 全部重新打标") from None
