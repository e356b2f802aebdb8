"""Officials: how much is covered of the accused and of the holders of public posts, wherever something is."""

from __future__ import annotations

from enum import StrEnum

from data.privacy.entity import Entity


class Officials(StrEnum):
    """Each covers what those before it do."""

    keep = "keep"
    """Nothing: without their names nobody can look into a report."""
    names = "names"
    all = "all"
    """Names and posts."""

    @property
    def kept(self) -> frozenset[Entity]:
        """The classes that are left as they are."""
        if self is Officials.keep:
            return frozenset({Entity.OFFICIAL, Entity.POST})
        return frozenset({Entity.POST}) if self is Officials.names else frozenset()

    def stricter(self, other: Officials) -> Officials:
        """Whichever of two covers more."""
        order = list(Officials)
        return max(self, other, key=order.index)
