"""TaxonomyChange: what became of each label between two versions of a taxonomy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from data.taxonomy import Axis, Label, Taxonomy, normal_name

WORDING = ("name", "name_en", "definition", "holds", "excludes", "aliases", "parent")


class Fate(StrEnum):
    """What became of an old label."""

    KEPT = "kept"
    RENAMED = "renamed"
    MERGED = "merged"
    SPLIT = "split"
    REMOVED = "removed"


@dataclass(frozen=True)
class AxisChange:
    """What became of one axis.

    Attributes:
        id: of the axis.
        old, new: the axis before and after; None where it did not or does not exist.
        heirs: old label id -> ids of the new labels that continue it, in the order of the new axis.
        by_name: old label ids whose heir was found by a name or alias alone.
    """

    id: str
    old: Axis | None
    new: Axis | None
    heirs: Mapping[str, tuple[str, ...]]
    by_name: frozenset[str] = frozenset()

    def ancestors(self, label: str) -> tuple[str, ...]:
        """Old labels that a new one continues, whole or in part."""
        return tuple(old for old, heirs in self.heirs.items() if label in heirs)

    def fate(self, label: str) -> Fate:
        """What became of an old label."""
        heirs = self.heirs[label]
        if not heirs:
            return Fate.REMOVED
        if len(heirs) > 1:
            return Fate.SPLIT
        if len(self.ancestors(heirs[0])) > 1:
            return Fate.MERGED
        return Fate.KEPT if heirs[0] == label else Fate.RENAMED

    @property
    def added(self) -> tuple[str, ...]:
        """New labels that continue no old one."""
        return tuple(label for label in _ids(self.new) if not self.ancestors(label))

    @property
    def reworded(self) -> Mapping[str, tuple[str, ...]]:
        """New label id -> what of its wording has changed, for labels that continue one old label whole."""
        if self.old is None or self.new is None:
            return {}
        before, after = _labels(self.old), _labels(self.new)
        found = {}
        for old, heirs in self.heirs.items():
            if self.fate(old) in (Fate.KEPT, Fate.RENAMED):
                one, other = before[old], after[heirs[0]]
                changed = tuple(name for name in WORDING if getattr(one, name) != getattr(other, name))
                if changed:
                    found[other.id] = changed
        return found

    @property
    def same_outputs(self) -> bool:
        """Whether a model of the old axis answers the new one as it is: same labels in the same order."""
        if self.old is None or self.new is None:
            return False
        return (self.old.kind, self.old.label_ids) == (self.new.kind, self.new.label_ids)


@dataclass(frozen=True)
class TaxonomyChange:
    """What became of every axis, new ones last."""

    old: Taxonomy
    new: Taxonomy
    axes: tuple[AxisChange, ...]

    def axis(self, id: str) -> AxisChange:
        """Give an axis by id.

        Raises:
            KeyError: neither taxonomy has it.
        """
        for axis in self.axes:
            if axis.id == id:
                return axis
        raise KeyError(id)

    @property
    def same_outputs(self) -> bool:
        """Whether a model of the old taxonomy answers the new one as it is."""
        order = [axis.id for axis in self.old.axes] == [axis.id for axis in self.new.axes]
        return order and all(axis.same_outputs for axis in self.axes)


def compare_taxonomies(old: Taxonomy, new: Taxonomy) -> TaxonomyChange:
    """Find what became of each label.

    A label continues another where it has the same id; where it names it under `was`; failing both, where
    an id or name of the old one is a name or alias of a new one. A label that did not exist before and
    whose `parent` did continues a part of that.
    """
    before = {axis.id: axis for axis in old.axes}
    after = {axis.id: axis for axis in new.axes}
    axes = [_axis(id, before.get(id), after.get(id)) for id in {**before, **after}]
    return TaxonomyChange(old, new, tuple(axes))


def _axis(id: str, old: Axis | None, new: Axis | None) -> AxisChange:
    if old is None or new is None:
        return AxisChange(id, old, new, {label: () for label in _ids(old)})
    known = set(old.label_ids)
    heirs: dict[str, set[str]] = {label: set() for label in old.label_ids}
    for label in new.labels:
        for earlier in (label.id, *label.was):
            if earlier in known:
                heirs[earlier].add(label.id)
    named = set()
    for label in old.labels:
        if not heirs[label.id] and (heir := _named(label, new)) is not None:
            heirs[label.id].add(heir.id)
            named.add(label.id)
    continuing = set().union(*heirs.values())
    for label in new.labels:
        if label.id not in continuing and label.parent in known:
            heirs[str(label.parent)].add(label.id)
    order = {label: tuple(one for one in new.label_ids if one in found) for label, found in heirs.items()}
    return AxisChange(id, old, new, order, frozenset(named))


def _named(label: Label, axis: Axis) -> Label | None:
    return axis.by_name.get(normal_name(label.id)) or axis.by_name.get(normal_name(label.name))


def _ids(axis: Axis | None) -> tuple[str, ...]:
    return axis.label_ids if axis is not None else ()


def _labels(axis: Axis) -> Mapping[str, Label]:
    return {label.id: label for label in axis.labels}
