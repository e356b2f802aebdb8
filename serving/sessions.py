"""Sessions: who has signed in at the pages. Random tokens, kept as hashes, in this process alone."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass

from serving.keys import Key

MOST = 10_000


@dataclass(frozen=True)
class _Session:
    key: str  # digest of the key that signed in
    ends: float  # on time.monotonic's clock


class Sessions:
    """Opened with a key, so that the key itself need not stay in a browser.

    A session does what its key may do, ends after some hours, when it is closed, when its key is removed,
    and with the process.
    """

    def __init__(self, hours: float) -> None:
        self.seconds = hours * 3600
        self._sessions: dict[str, _Session] = {}  # oldest first

    def open(self, key: Key) -> str:
        """Open one and give its token; where there are too many, the oldest ends."""
        now = time.monotonic()
        while self._sessions:
            oldest = next(iter(self._sessions))
            if len(self._sessions) < MOST and self._sessions[oldest].ends > now:
                break
            del self._sessions[oldest]
        token = secrets.token_urlsafe(32)
        self._sessions[_digest(token)] = _Session(key.digest, now + self.seconds)
        return token

    def find(self, token: str) -> str | None:
        """The digest of the key that opened a session, or None where there is none, or it has ended."""
        found = self._sessions.get(_digest(token))
        return found.key if found is not None and found.ends > time.monotonic() else None

    def close(self, token: str) -> None:
        """End a session, if there is one."""
        self._sessions.pop(_digest(token), None)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
