"""Key: the secret that the hashes of a review log are made with, so that nobody without it can try texts out.

The log may keep a report's words with stars over a telephone number. A plain hash beside them would let
whoever has the log try all numbers until one fits. The key therefore lies in a file of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from data.errors import BadReviewKey
from data.report import Report
from data.reviews.place import is_url
from data.reviews.review import report_hash

SUFFIX = ".key"
MARK = "k"
"""First character of a keyed hash; plain ones, which earlier versions kept, are hexadecimal."""
ID_CHARS = 8
"""Characters behind the mark that tell which key a hash was made with."""
_LEAST = 32  # characters of a key; fewer may be a word
_WHOLE = 64
_SQLITE = "sqlite:///"
_PLAIN = re.compile(r"[0-9a-f]{64}")


class ReviewKey:
    """One key. Under it equal words have equal hashes: `k`, 8 characters that name the key, 55 more."""

    def __init__(self, secret: str) -> None:
        """Take the secret."""
        self._secret = secret.encode()
        self.id = self._mac("which key this is")[:ID_CHARS]

    @classmethod
    def load(cls, path: Path) -> ReviewKey:
        """Read a file of one line.

        Raises:
            BadReviewKey: it is not there, cannot be read, or holds no key.
        """
        try:
            secret = path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            raise BadReviewKey(f"{path}: there is no such file; put the log's key back there") from None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "not a file of text"
            raise BadReviewKey(f"{path}: the key cannot be read ({why})") from None
        if len(secret) < _LEAST or len(secret.split()) != 1:
            raise BadReviewKey(f"{path}: a key is one line of {_LEAST} characters or more, without blanks")
        return cls(secret)

    @classmethod
    def made(cls, path: Path) -> ReviewKey:
        """Read the file; where there is none, make a key that this account alone can read.

        Raises:
            BadReviewKey: it can be neither read nor made.
        """
        if not path.exists():
            part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
            try:
                part.touch(0o600)
                with part.open("w", encoding="utf-8") as file:
                    file.write(secrets.token_hex(32) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
                with suppress(FileExistsError):  # another process was quicker by a moment: its key holds
                    os.link(part, path)
            except OSError as error:
                why = error.strerror or type(error).__name__
                raise BadReviewKey(
                    f"{path}: the key cannot be made ({why}); put one there, as of `openssl rand -hex 32`"
                ) from None
            finally:
                part.unlink(missing_ok=True)
        return cls.load(path)

    @classmethod
    def of_log(cls, path: Path, hashes: Collection[str]) -> ReviewKey:
        """Read a log's key; made only where no hash of it has needed one, since a new key would fit none.

        Args:
            path: of the file.
            hashes: the keyed ones of the log, or their beginnings.

        Raises:
            BadReviewKey: it is not there, is another one, or can be neither read nor made.
        """
        key = cls.load(path) if hashes else cls.made(path)
        key.check(hashes)
        return key

    def of(self, report: Report) -> str:
        """Name the words of a report as received."""
        return self.keyed(report_hash(report))

    def keyed(self, hash: str) -> str:
        """Key a plain `report_hash`; whatever else is given stays as it is."""
        if not _PLAIN.fullmatch(hash):
            return hash
        return f"{MARK}{self.id}{self._mac(hash)}"[:_WHOLE]

    def check(self, hashes: Iterable[str]) -> None:
        """Hold that hashes, or their beginnings, were made with this key.

        Raises:
            BadReviewKey: one was made with another.
        """
        if any(key_of(hash) not in ("", self.id) for hash in hashes):
            raise BadReviewKey("the log was written with another key; give that one")

    def _mac(self, words: str) -> str:
        return hmac.new(self._secret, words.encode(), hashlib.sha256).hexdigest()


def key_of(hash: str) -> str:
    """Which key a hash was made with: `ReviewKey.id`, or "" of a plain one."""
    return hash[1 : 1 + ID_CHARS] if hash.startswith(MARK) else ""


def key_beside(database: str) -> Path | None:
    """Where the key of a SQLite file lies unless another place is named; None for a server's database."""
    path = database.removeprefix(_SQLITE).partition("?")[0] if database.startswith(_SQLITE) else database
    return None if is_url(path) or not path else Path(f"{path}{SUFFIX}")
