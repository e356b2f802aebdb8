"""Keys: who may ask for what. Only hashes are kept; a key itself is shown once, when it is made."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path

from serving.faults import WrongUse
from serving.rates import parse_rate
from serving.whole_file import whole_file

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


class Role(IntEnum):
    """What a key may do; each role may do what those below it may."""

    tag = 1
    review = 2
    admin = 3


class BadKeys(Exception):
    """A file of keys that cannot be used."""


@dataclass(frozen=True)
class Key:
    """One key, without itself.

    Attributes:
        name: of the system that uses it; stands in logs and metrics, so a name of no person.
        role: what it may do.
        digest: SHA-256 of the key, hex. Keys are 256 random bits, so a slow hash would add nothing.
        created: date, ISO 8601.
        rate: reports that it may send, as `1000/minute`; "" is the service's own setting.
    """

    name: str
    role: Role
    digest: str
    created: str
    rate: str = ""


@dataclass(frozen=True)
class KeyRing:
    """All keys of a service."""

    keys: Sequence[Key]

    def find(self, given: str) -> Key | None:
        """The key that was given, or None; takes as long either way, however much of it is right."""
        return self.having(_digest(given))

    def having(self, digest: str) -> Key | None:
        """The key of a digest, or None; in the same time either way."""
        found = None
        for key in self.keys:
            if hmac.compare_digest(digest.encode(), key.digest.encode()):
                found = key
        return found

    @classmethod
    def load(cls, path: Path) -> KeyRing:
        """Read a file of keys.

        Raises:
            BadKeys: it cannot be read, is of another form, holds no key, or one with a rate that is none.
        """
        keys = _read(path)
        if not keys:
            raise BadKeys(f"{path}: no key in it; make one with `petition key new`")
        try:
            for key in keys:
                if key.rate:
                    parse_rate(key.rate)
        except ValueError:
            # Here alone: `petition key list` shows it, and `petition key remove` takes it out.
            raise BadKeys(
                f"{path}: a rate in it is none (see `petition key list`); write one, as 1000/minute"
            ) from None
        return cls(keys)


def new_key(path: Path, name: str, role: Role, rate: str = "") -> str:
    """Make a key, add its hash to the file and return the key: it cannot be shown again.

    Raises:
        WrongUse: the name is taken or cannot be one.
        BadKeys: the file cannot be read or is of another form.
    """
    if not NAME.fullmatch(name):
        raise WrongUse("--name：请用 1 至 40 个小写字母、数字、点、下划线或短横，以字母或数字开头")
    keys = _read(path) if path.exists() else []
    if name in {key.name for key in keys}:
        raise WrongUse(f"--name：已有名为 {name} 的密钥，请换一个名称，或先用 petition key remove 删除")
    key = f"petition_{secrets.token_urlsafe(32)}"
    today = datetime.now(UTC).date().isoformat()
    _write(path, [*keys, Key(name, role, _digest(key), today, rate)])
    return key


def remove_key(path: Path, name: str) -> None:
    """Take a key out of the file.

    Raises:
        WrongUse: there is none of that name.
        BadKeys: the file cannot be read or is of another form.
    """
    keys = _read(path)
    left = [key for key in keys if key.name != name]
    if len(left) == len(keys):
        # What cannot be a name is not shown: it may be the key itself, pasted in its place.
        called = f"名为 {name} 的密钥" if NAME.fullmatch(name) else "这个名称的密钥"
        raise WrongUse(f"密钥文件里没有{called}；用 petition key list 看有哪些")
    _write(path, left)


def list_keys(path: Path) -> list[Key]:
    """The keys of a file, none among them allowed.

    Raises:
        BadKeys: it cannot be read or is of another form.
    """
    return _read(path)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _read(path: Path) -> list[Key]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["keys"]
        keys = [
            Key(str(r["name"]), Role[r["role"]], str(r["sha256"]), str(r["created"]), str(r.get("rate", "")))
            for r in rows
        ]
    except OSError as error:
        raise BadKeys(f"{path}: {error.strerror or 'cannot be read'}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadKeys(f"{path} is not a file of keys; make one with `petition key new`") from None
    if any(not re.fullmatch("[0-9a-f]{64}", key.digest) for key in keys):
        raise BadKeys(f"{path}: a sha256 in it is none; make the key again")
    return keys


def _write(path: Path, keys: Sequence[Key]) -> None:
    rows = [
        {"name": key.name, "role": key.role.name, "sha256": key.digest, "created": key.created}
        | ({"rate": key.rate} if key.rate else {})
        for key in keys
    ]
    text = json.dumps({"keys": rows}, ensure_ascii=False, indent=1) + "\n"
    with whole_file(path, private=True) as part:
        part.write_text(text, encoding="utf-8")
        if path.exists():
            # A service that runs as another user reads the file through its group.
            before = path.stat()
            with contextlib.suppress(OSError):
                os.chown(part, before.st_uid, before.st_gid)
                part.chmod(before.st_mode & 0o777)
