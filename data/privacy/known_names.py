"""Known names: those that a row tells in columns of their own, found wherever else they stand in the row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from data.privacy.entity import Entity, Finding
from data.privacy.folded import readings
from data.privacy.names import is_name
from data.privacy.recogniser import Recogniser

_SEVERAL = re.compile("[、,;/]")
_TITLE = re.compile(r"(?:先生|女士|小姐|同志)\Z")
LONGEST = 60
"""Characters of a cell; a longer one holds more than names."""


def names_in(cell: str) -> Iterator[str]:
    """The names in a cell that holds nothing else, folded; none where somebody is told without one (匿名)."""
    if len(cell) > LONGEST:
        return
    for piece in _SEVERAL.split(readings(cell)[-1].text):
        words = _TITLE.sub("", piece.partition("(")[0].strip()).strip()
        if is_name(words):
            yield words if words.isascii() else words.replace(" ", "")


class KnownNames(Recogniser):
    """Finds the names that it was given, whatever stands around them."""

    supported_entities = (Entity.PERSON, Entity.OFFICIAL)

    def __init__(self, names: Mapping[str, Entity]) -> None:
        """Take folded names, and whose each is."""
        self._names = names

    def find(self, text: str) -> Iterator[Finding]:
        """Find in a folded text."""
        for name, entity in self._names.items():
            at = text.find(name)
            while at >= 0:
                yield Finding(entity, at, at + len(name), 0.95)
                at = text.find(name, at + len(name))
