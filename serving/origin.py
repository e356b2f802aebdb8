"""Origin: whether a request comes from our own pages, as far as a browser tells."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers

SAFE = frozenset(["GET", "HEAD", "OPTIONS"])
"""Methods that change nothing, so that another site may send its visitors here with them."""


def from_our_page(headers: Headers) -> bool | None:
    """True or False as the browser says; None where nothing says, as with every program.

    Browsers send Sec-Fetch-Site over https and to this machine, where it holds behind any proxy. Over plain
    http only Origin is left, which is compared with Host: a proxy has to pass that on.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    if origin is None:
        return None
    return bool(origin != "null" and _netloc(origin) == headers.get("host", "").lower())


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # `http://[`, which no browser says
        return None


def over_tls(scheme: str, headers: Headers) -> bool:
    """Whether the browser speaks https, be it with us or with a proxy in front."""
    return scheme == "https" or headers.get("origin", "").startswith("https://")
