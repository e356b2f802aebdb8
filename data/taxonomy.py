"""Taxonomy: the axes and labels that reports are tagged with, kept in one YAML file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from data.errors import BadTaxonomy

Kind = Literal["many", "one"]

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*")
# Fields of a labelled report, beside which an axis stands under its own id.
_RESERVED = frozenset("id text title channel time date region source unsure extra".split())


@dataclass(frozen=True, slots=True)
class Label:
    """One class of an axis.

    Attributes:
        id: stable, ASCII, unique in its axis; never shown as a name.
        name: Chinese display name.
        name_en: English display name, or "".
        definition: what the label means, in one sentence.
        holds: what belongs here.
        excludes: what does not, and where it goes.
        aliases: other systems' names for it, taken in imports.
        parent: id of a wider label of the same axis, or None.
        was: ids that labels of an earlier version had, where this one continues them, whole or in part.
    """

    id: str
    name: str
    name_en: str = ""
    definition: str = ""
    holds: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    parent: str | None = None
    was: tuple[str, ...] = ()


@dataclass(frozen=True)
class Axis:
    """One independent question about a report.

    Attributes:
        id: stable, ASCII; the key in predictions and labelled data.
        name: Chinese display name.
        name_en: English display name, or "".
        kind: "many" (any number of labels hold) or "one" (exactly one holds).
        labels: in the order of display and of the network's outputs.
        screened: missing a report is worst here: see `Taxonomy.screened`.
    """

    id: str
    name: str
    kind: Kind
    labels: tuple[Label, ...]
    name_en: str = ""
    screened: bool = False

    @property
    def label_ids(self) -> tuple[str, ...]:
        """The ids of the labels, in order."""
        return tuple(label.id for label in self.labels)

    @cached_property
    def by_name(self) -> Mapping[str, Label]:
        """Every id, name and alias, as `normal_name` writes it -> label."""
        table: dict[str, Label] = {}
        for label in self.labels:
            for name in (label.id, label.name, label.name_en, *label.aliases):
                if name:
                    table.setdefault(normal_name(name), label)
        return table


@dataclass(frozen=True)
class Taxonomy:
    """All axes, with the version that every Export and Prediction refers to.

    Attributes:
        version: as written in the file.
        axes: in the order of display.

    Raises:
        BadTaxonomy: on construction, where a rule is broken: ids ASCII and unique, names there, no name or
            alias shared by two labels of an axis, parents known and without a circle.
    """

    version: str
    axes: tuple[Axis, ...]
    source: str = field(default="taxonomy", compare=False, repr=False)

    def __post_init__(self) -> None:
        """Check every rule."""
        if not self.axes:
            self._fail("has no axes; give at least one under `axes:`")
        seen: set[str] = set()
        for axis in self.axes:
            self._check_axis(axis, seen)

    @staticmethod
    def load(path: Path | str) -> Taxonomy:
        """Read a taxonomy file (YAML, UTF-8).

        Raises:
            BadTaxonomy: missing, not YAML, or against a rule; the message names the file, axis and label.
        """
        from data.taxonomy_file import load_taxonomy

        return load_taxonomy(Path(path))

    @staticmethod
    def default() -> Taxonomy:
        """Read the taxonomy that ships: 14 domains and 7 kinds of misconduct."""
        return Taxonomy.load(Path(__file__).with_name("taxonomy.yaml"))

    def to_yaml(self) -> str:
        """Write the taxonomy as YAML, Chinese unescaped; loading it gives an equal taxonomy."""
        from data.taxonomy_file import to_yaml

        return to_yaml(self)

    def dump(self, path: Path | str) -> None:
        """Write `to_yaml` to a file."""
        Path(path).write_text(self.to_yaml(), encoding="utf-8", newline="\n")

    @property
    def screened(self) -> frozenset[str]:
        """Ids of the axes on which missing a report is worst: they get evidence unasked and a review border.

        Those that say so; where none does, the one of id `misconduct`, if there is one.
        """
        said = frozenset(axis.id for axis in self.axes if axis.screened)
        return said or frozenset(axis.id for axis in self.axes if axis.id == "misconduct")

    @property
    def explained(self) -> frozenset[str]:
        """Ids of the axes whose tags show their words unasked: the screened ones, or all where none is."""
        return self.screened or frozenset(axis.id for axis in self.axes)

    def columns(self) -> Iterator[tuple[Axis, slice]]:
        """Each axis with its columns in a table [reports, labels], the labels of all axes side by side."""
        start = 0
        for axis in self.axes:
            yield axis, slice(start, start + len(axis.labels))
            start += len(axis.labels)

    def axis(self, axis_id: str) -> Axis:
        """Give an axis by id.

        Raises:
            KeyError: no such axis; the message lists those there are.
        """
        for axis in self.axes:
            if axis.id == axis_id:
                return axis
        raise KeyError(f"no axis {axis_id!r}; there are: {', '.join(axis.id for axis in self.axes)}")

    def label(self, axis_id: str, label_id: str) -> Label:
        """Give a label by its axis and id.

        Raises:
            KeyError: no such axis or label; the message lists those there are.
        """
        axis = self.axis(axis_id)
        for label in axis.labels:
            if label.id == label_id:
                return label
        raise KeyError(f"no label {label_id!r} on {axis_id}; there are: {', '.join(axis.label_ids)}")

    def resolve(self, axis_id: str, name: str) -> Label | None:
        """Find a label by id, Chinese or English name or alias; width, case and spaces do not matter.

        Raises:
            KeyError: no such axis.
        """
        return self.axis(axis_id).by_name.get(normal_name(name))

    def _check_axis(self, axis: Axis, seen: set[str]) -> None:
        self._check_id(axis.id, "axis")
        if axis.id in seen:
            self._fail(f"two axes have the id {axis.id}; rename one")
        seen.add(axis.id)
        if axis.id in _RESERVED:
            self._fail(f"axis {axis.id}: this id is a field of a report; choose another")
        if not axis.name.strip():
            self._fail(f"axis {axis.id}: name is missing")
        if axis.kind not in ("many", "one"):
            self._fail(f"axis {axis.id}: kind must be many or one, not {axis.kind!r}")
        if not axis.labels:
            self._fail(f"axis {axis.id}: has no labels; give at least one")
        ids: set[str] = set()
        names: dict[str, str] = {}
        for label in axis.labels:
            place = f"axis {axis.id}, label {label.id}"
            self._check_id(label.id, f"axis {axis.id}, label")
            if label.id in ids:
                self._fail(f"{place}: the id stands twice; ids are unique in an axis")
            ids.add(label.id)
            if not label.name.strip():
                self._fail(f"{place}: name is missing")
            for earlier in label.was:
                self._check_id(earlier, f"{place}, was,")
            if label.id in label.was:
                self._fail(f"{place}: was names {label.id} itself; it holds the ids of other, earlier labels")
            for name in (label.id, label.name, label.name_en, *label.aliases):
                if name and names.setdefault(normal_name(name), label.id) != label.id:
                    other = names[normal_name(name)]
                    self._fail(f"{place}: {name!r} names {other} too; a name or alias belongs to one label")
        parents = {label.id: label.parent for label in axis.labels}
        for label in axis.labels:
            self._check_parent(label.id, parents, axis.id)

    def _check_id(self, id: str, what: str) -> None:
        if not _ID.fullmatch(id):
            self._fail(f"{what} id {id!r} must be ASCII letters, digits, _ . - and begin with a letter")

    def _check_parent(self, label_id: str, parents: Mapping[str, str | None], axis_id: str) -> None:
        line, above = {label_id}, parents[label_id]
        while above is not None:
            if above not in parents:
                self._fail(f"axis {axis_id}, label {label_id}: parent {above!r} is no label of this axis")
            if above in line:
                self._fail(f"axis {axis_id}, label {label_id}: its parents form a circle at {above!r}")
            line.add(above)
            above = parents[above]

    def _fail(self, message: str) -> None:
        raise BadTaxonomy(f"{self.source}: {message}")


def normal_name(name: str) -> str:
    """Bring a label's name to the form that is compared: NFKC, lower case, no white space."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold()
