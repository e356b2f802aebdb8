"""AuditLog: who did what, when, to how many. Each line holds the hash of the one before; none holds text.

Append-only, one JSON object a line, flushed to disk before anybody is told that it is done. Several processes
may write to one log. data/audit_check.py reads it back.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from data.errors import DataError

ENVIRONMENT = "PETITION_AUDIT"
"""Names the log, for the service and for commands alike."""
START = "0" * 64
"""The hash before the first line."""
_TAIL = 1 << 16  # bytes read from the end to find the last line; a line has far fewer
_NOT_NAME = re.compile(r"[^\w.@:+=-]")
_HEAD = re.compile(rb"(\d{20}) ([0-9a-f]{64})\n")


class BadAudit(DataError):
    """An audit log that cannot be written on: cut, changed, or not one."""


class Action(StrEnum):
    """What can be recorded."""

    tag = "tag"
    review = "review"
    mask = "mask"
    export = "export"
    imported = "import"
    promote = "promote"
    rollback = "rollback"
    reload = "reload"
    key_new = "key_new"
    key_remove = "key_remove"
    start = "start"
    stop = "stop"
    recovered = "recovered"
    """A line broke off, by loss of power most likely; its bytes are counted and hashed here."""


@dataclass(frozen=True)
class Deed:
    """One line to write.

    Attributes:
        action: what was done.
        who: name of the key, or `user:NAME` of the account at a command line.
        count: of reports, keys, reviews: what the action is about.
        facts: more of it, such as the model; names and numbers alone. What is no letter, digit or one of
            `. @ : + = - _` becomes `_`, and after 80 characters a name ends, so that no text fits in.
    """

    action: Action
    who: str
    count: int = 0
    facts: Mapping[str, str | int] = field(default_factory=dict)


class AuditLog:
    """One log; `append` may be called from several threads and processes."""

    def __init__(self, path: Path) -> None:
        """Open it, make it where it is not there.

        Raises:
            OSError: it cannot be written.
            BadAudit: it was cut or changed at its end, or is no audit log.
        """
        self.path = path
        self._lock = threading.Lock()
        with self._opened() as file:
            self._last(file)

    def append(self, deeds: Sequence[Deed]) -> None:
        """Write lines, and return when the disk has them.

        Raises:
            OSError, BadAudit: as on opening; then none of them counts as written.
        """
        if not deeds:
            return
        with self._opened() as file:
            line, before, torn = self._last(file)
            out = b""
            if torn:
                facts: dict[str, str | int] = {
                    "torn": len(torn),
                    "torn_sha256": hashlib.sha256(torn).hexdigest(),
                }
                deeds = [Deed(Action.recovered, "log", 1, facts), *deeds]
                out = b"\n"
            for deed in deeds:
                line += 1
                written, before = write_line(line, deed, before)
                out += written
            size = os.fstat(file).st_size
            try:
                _write(file, out)
                os.fsync(file)
            except OSError as error:
                # A full disk takes half a line; nobody was told that it is there, so it goes again.
                os.ftruncate(file, size)
                error.filename = str(self.path)
                raise
            self._keep_head(line, before)

    def head(self) -> tuple[int, str]:
        """Number and hash of the last line, to be kept elsewhere; (0, START) of an empty log.

        Raises:
            OSError, BadAudit: as on opening.
        """
        with self._opened() as file:
            line, before, _ = self._last(file)
            return line, before

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The log's descriptor, locked against other threads and processes."""
        import fcntl  # where there is none, there is no safe way to share a log

        with self._lock:
            while True:
                new = not self.path.exists()
                file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
                try:
                    fcntl.flock(file, fcntl.LOCK_EX)
                    if _same(file, self.path):
                        if new:
                            _sync_folder(self.path.parent)
                        yield file
                        return
                finally:
                    os.close(file)

    def _last(self, file: int) -> tuple[int, str, bytes]:
        """Number and hash of the last whole line, and what stands behind it without an end."""
        size = os.fstat(file).st_size
        tail = os.pread(file, _TAIL, max(0, size - _TAIL))
        whole, _, torn = tail.rpartition(b"\n")
        line, before = 0, START
        if whole:
            last = whole.rpartition(b"\n")[2]
            found = read_line(last)
            if found is None:
                raise BadAudit(
                    f"{self.path}: its last line is not as it was written; run petition audit verify"
                )
            line, before = found["line"], found["hash"]
        head = read_head(self.path)
        if head is not None and (head[0] > line or (head[0] == line and head[1] != before)):
            raise BadAudit(
                f"{self.path}: {head[0]} lines were written and {line} are there, or the last was changed; "
                f"run petition audit verify"
            )
        return line, before, torn

    def _keep_head(self, line: int, before: str) -> None:
        path = head_path(self.path)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(file, f"{line:020d} {before}\n".encode(), 0)
            os.fsync(file)
        finally:
            os.close(file)


def write_line(line: int, deed: Deed, before: str) -> tuple[bytes, str]:
    """The bytes of a line, and its hash."""
    fields: dict[str, Any] = {
        "line": line, "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "action": deed.action.value, "who": _name(deed.who), "count": int(deed.count),
        **{name: value if isinstance(value, int) else _name(value) for name, value in deed.facts.items()},
        "before": before,
    }  # fmt: skip
    fields["hash"] = hashlib.sha256(_bytes(fields)).hexdigest()
    return _bytes(fields) + b"\n", fields["hash"]


def read_line(raw: bytes) -> dict[str, Any] | None:
    """The fields of a line, None where it is not exactly as it was written."""
    try:
        fields = json.loads(raw)
        given = fields["hash"]
        rest = {name: value for name, value in fields.items() if name != "hash"}
        right = hashlib.sha256(_bytes(rest)).hexdigest() == given and _bytes({**rest, "hash": given}) == raw
        return fields if right and isinstance(fields["line"], int) and "before" in fields else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def head_path(path: Path) -> Path:
    """Where the number and hash of a log's last line are kept beside it."""
    return path.with_name(f"{path.name}.head")


def read_head(path: Path) -> tuple[int, str] | None:
    """What stands there; None where there is nothing.

    Raises:
        BadAudit: something else stands there.
    """
    try:
        content = head_path(path).read_bytes()
    except FileNotFoundError:
        return None
    found = _HEAD.fullmatch(content)
    if found is None:
        raise BadAudit(f"{head_path(path)}: not as it was written; run petition audit verify")
    return int(found[1]), found[2].decode()


def _bytes(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def _name(value: str) -> str:
    return _NOT_NAME.sub("_", value)[:80]


def _write(file: int, out: bytes) -> None:
    while out:
        written = os.write(file, out)
        if not written:
            raise OSError(errno.EIO, "nothing was written")
        out = out[written:]


def _same(file: int, path: Path) -> bool:
    """Whether a path still leads to an open file: another process may have moved it away."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    here = os.fstat(file)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
