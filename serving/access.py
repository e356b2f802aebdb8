"""Access: which key may do what, how often; and without keys, that only this machine asks."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import Headers

from serving.keys import Key, KeyRing, Role
from serving.problem import Problem
from serving.settings import is_loopback, parse_rate

OPEN = frozenset(["/livez", "/readyz", "/ping", "/health", "/version", "/openapi.json"])
"""What needs no key: probes, and the description of the API."""
OPEN_UNDER = "/docs"
ADMIN = frozenset(["/v1/model/reload"])


class Access:
    """Finds the key of a request, refuses it, and counts what the key has sent."""

    def __init__(self, keys: KeyRing | None, rate: str = "") -> None:
        """None as keys lets everybody do everything: the settings allow it on loopback alone."""
        self.keys = keys
        self._rate = rate
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def check(self, path: str, headers: Headers) -> Key | None:
        """Give the key of a request, None where none is needed.

        Raises:
            Problem: no key, a wrong one, one of too low a role, or a foreign host without keys.
        """
        if self.keys is None:
            # A page of the web may send its visitor's browser here under a name of its own.
            if not is_loopback(urlsplit(f"//{headers.get('host', '')}").hostname or "localhost"):
                raise Problem("foreign_host")
            return None
        if path in OPEN or path == OPEN_UNDER or path.startswith(f"{OPEN_UNDER}/"):
            return None
        key = self.keys.find(_given(headers))
        if key is None:
            raise Problem("no_key", headers={"WWW-Authenticate": "Bearer"})
        needed = Role.admin if path in ADMIN else Role.tag
        if key.role < needed:
            raise Problem("forbidden", f"This needs a key of the role {needed.name}.")
        return key

    def spend(self, key: Key | None, reports: int) -> None:
        """Count reports against the key's rate.

        Raises:
            Problem: there are too many.
        """
        rate = (key.rate or self._rate) if key is not None else ""
        if key is None or not rate or not reports:
            return
        limit = parse_rate(rate)
        if reports > limit.amount:
            raise Problem("too_large", f"This key may send {rate}: fewer than the reports of this request.")
        if not self._limiter.hit(limit, key.name, cost=reports):
            reset = self._limiter.get_window_stats(limit, key.name).reset_time
            seconds = max(1, round(reset - time.time() + 0.5))
            raise Problem("rate", f"This key may send {rate}.", {"Retry-After": str(seconds)})


def _given(headers: Headers) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
