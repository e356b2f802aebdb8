"""Misspell: characters written as others of the same sound, as in haste, or so that no filter finds them.

What data/disguise.py undoes are spellings of listed words; a model that has met others reads them too. Sounds
come from the same table, of common characters alone, since these are what people type.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import yaml

from data.disguise import SPELLINGS
from training.swaps import Change

MOST = 0.15
"""Share of a report's characters that are written otherwise, at most."""
_LEVEL_ONE = range(0xB0, 0xD8)  # first bytes of the common characters in GB 2312


@cache
def alike() -> dict[str, str]:
    """Common character -> others that sound the same, tones apart."""
    table: dict[str, str] = {}
    for row in yaml.safe_load(SPELLINGS.read_text(encoding="utf-8"))["syllables"].values():
        common = "".join(filter(_common, row))
        table |= {c: common.replace(c, "") for c in common}
    return {c: others for c, others in table.items() if others}


def _common(character: str) -> bool:
    code = character.encode("gb2312", "ignore")
    return bool(code) and code[0] in _LEVEL_ONE


@cache
def _written() -> re.Pattern[str]:
    return re.compile(f"[{''.join(alike())}]")


def misheard(rng: np.random.Generator) -> Change:
    """A change that writes some characters as others of the same sound; how many is drawn, up to MOST."""
    table, share = alike(), float(rng.uniform(0, MOST))

    def other(character: str) -> str:
        if rng.random() >= share:
            return character
        return table[character][int(rng.integers(len(table[character])))]

    return Change(_written(), other)
