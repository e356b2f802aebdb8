"""Traditional characters to simplified ones, one for one, so that every offset holds (traditional.txt)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

TRADITIONAL = Path(__file__).parent / "traditional.txt"


@cache
def simplified() -> Mapping[int, str]:
    """What each becomes, by its code point, as `str.translate` takes it."""
    traditional, simple = TRADITIONAL.read_text(encoding="utf-8").splitlines()
    return dict(zip(map(ord, traditional), simple, strict=True))
