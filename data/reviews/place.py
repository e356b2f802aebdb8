"""Place: where a review log lies, a SQLite file or a database's URL; told without opening it."""

from __future__ import annotations

import re
from pathlib import Path

SUFFIXES = (".db", ".sqlite", ".sqlite3")
_MAGIC = b"SQLite format 3\0"
_URL = re.compile(r"[a-z][a-z0-9+]*://")


def is_url(place: str) -> bool:
    """Tell a URL from a path."""
    return bool(_URL.match(place))


def is_sqlite(path: Path) -> bool:
    """Tell by its first bytes whether a file is a SQLite database."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def shown(place: str) -> str:
    """Name a place in a message: a file by its path, a URL without user, password and options."""
    if not is_url(place):
        return place
    scheme, _, rest = place.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"
