"""Access: which key may do what, how often; and without keys, that only this machine asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from limits import RateLimitItem
from starlette.datastructures import Headers

from serving.cookies import session_token
from serving.keys import Key, KeyRing, Role
from serving.origin import SAFE, from_our_page
from serving.problem import Problem
from serving.rates import Rates, parse_rate
from serving.sessions import Sessions
from serving.settings import is_loopback

OPEN = frozenset(["/livez", "/readyz", "/ping", "/health", "/version", "/openapi.json"])
"""What needs no key: probes, and the description of the API."""
OPEN_UNDER = ("/docs", "/static")
SIGNING = frozenset(["/sign-in", "/sign-out"])
"""Need no key either, but have to be asked by our own pages where they change something."""
PAGES: Mapping[str, Role] = {"/": Role.tag, "/review": Role.review}
"""Pages for people; a browser that has not signed in is sent to /sign-in from there."""
NEEDED: Mapping[str, Role] = {**PAGES, "/v1/model/reload": Role.admin, "/v1/shadow": Role.admin}
"""What needs another role than tag."""
REVIEW_UNDER = "/v1/reviews"


class Access:
    """Finds the key of a request, refuses it, and counts what the key has sent."""

    def __init__(self, keys: KeyRing | None, rate: str = "", session_hours: float = 12.0) -> None:
        """None as keys lets everybody do everything: the settings allow it on loopback alone."""
        self.keys = keys
        self.sessions = Sessions(session_hours)
        self._rate = rate
        self._rates = Rates()

    def check(self, method: str, path: str, headers: Headers) -> Key | None:
        """Give the key of a request, None where none is needed.

        A request that changes something must not come from another site's page; one that is let in by a
        session, or signs in or out, has to come from ours.

        Raises:
            Problem: no key, a wrong one, one of too low a role, a foreign page, or a foreign host without
                keys.
        """
        # A page of the web may send its visitor's browser here under a name of its own.
        if self.keys is None and not is_loopback(_host(headers)):
            raise Problem("foreign_host")
        ours = True if method in SAFE else from_our_page(headers)
        if ours is False or (ours is None and path in SIGNING):
            raise Problem("foreign_page")
        if self.keys is None or is_open(path):
            return None
        given = _given(headers)
        key = self.keys.find(given) if given is not None else self.signed_in(headers)
        if key is None:
            raise Problem("no_key", headers={"WWW-Authenticate": "Bearer"})
        if given is None and not ours:
            raise Problem("foreign_page")
        needed = _role(path)
        if key.role < needed:
            raise Problem("forbidden", f"This needs a key of the role {needed.name}.")
        return key

    def signed_in(self, headers: Headers) -> Key | None:
        """The key of the session that a browser's cookie names, or None."""
        token = session_token(headers)
        digest = self.sessions.find(token) if token and self.keys is not None else None
        return self.keys.having(digest) if digest is not None and self.keys is not None else None

    def check_rate(self, key: Key | None, reports: int) -> None:
        """Refuse what `spend` would refuse now, and count nothing.

        Raises:
            Problem: there are too many.
        """
        self._hold_to_rate(key, reports, self._rates.has_room)

    def spend(self, key: Key | None, reports: int) -> None:
        """Count reports against the key's rate.

        Raises:
            Problem: there are too many.
        """
        self._hold_to_rate(key, reports, self._rates.spend)

    def _hold_to_rate(
        self, key: Key | None, reports: int, ask: Callable[[str, RateLimitItem, int], bool]
    ) -> None:
        rate = (key.rate or self._rate) if key is not None else ""
        if key is None or not rate or not reports:
            return
        limit = parse_rate(rate)
        if reports > limit.amount:
            raise Problem("too_large", f"This key may send {rate}: fewer than the reports of this request.")
        if not ask(key.name, limit, reports):
            seconds = self._rates.wait(key.name, limit, reports)
            raise Problem("rate", f"This key may send {rate}.", {"Retry-After": str(seconds)})


def is_open(path: str) -> bool:
    """Whether a path needs no key."""
    return (
        path in OPEN or path in SIGNING or any(path == at or path.startswith(f"{at}/") for at in OPEN_UNDER)
    )


def _role(path: str) -> Role:
    if path == REVIEW_UNDER or path.startswith(f"{REVIEW_UNDER}/"):
        return Role.review
    return NEEDED.get(path, Role.tag)


def _given(headers: Headers) -> str | None:
    """The key that a program sends, or None where it sends none."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    # Another scheme may be a proxy's own sign-in, passed on.
    return key.strip() if scheme.lower() == "bearer" else headers.get("x-api-key")


def _host(headers: Headers) -> str:
    try:
        return urlsplit("//" + headers.get("host", "")).hostname or "localhost"
    except ValueError:  # `[`, which names no machine
        return ""
