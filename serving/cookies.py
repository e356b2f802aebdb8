"""Cookies: the one that carries a session's token. No script can read it, no other site's page sends it."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response

NAME = "petition_session"


def session_token(headers: Headers) -> str:
    """The token in a request's cookies, or ""."""
    return cookie_parser(headers.get("cookie", "")).get(NAME, "")


def keep_session(response: Response, token: str, tls: bool) -> None:
    """Have the browser keep a token until it is closed; the session may end sooner."""
    # No path: the browser takes the folder of this page, which holds behind a proxy's prefix too.
    response.set_cookie(NAME, token, path=None, secure=tls, httponly=True, samesite="strict")


def drop_session(response: Response, tls: bool) -> None:
    """Have the browser forget it."""
    response.set_cookie(NAME, "", max_age=0, path=None, secure=tls, httponly=True, samesite="strict")
