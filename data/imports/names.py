"""Names: what labels are called elsewhere, to the labels of the taxonomy."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from data.errors import UnknownLabels
from data.imports.cells import is_nothing
from data.taxonomy import Axis, Taxonomy, normal_name

_MOST_SHOWN = 50
_LONGEST_SHOWN = 20  # code points; a longer "label" may be a reporter's sentence, and those are never quoted
_SENTENCE = re.compile(r"[。！？!?：:,，\n]|\d{5}")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name stands for: a label of an axis, or one of the two below."""

    axis: str
    label: str


DROPPED = Meaning("", "dropped")
"""The user said to leave this name out."""
NOTHING = Meaning("", "nothing")
"""The name says that no label holds."""


class Names:
    """Looks names up in the taxonomy (ids, names, aliases), after what the user said of them.

    Attributes:
        taxonomy: the labels there are.
        used: the keys of `maps` and `drops` that a file had.
    """

    def __init__(
        self, taxonomy: Taxonomy, maps: Mapping[str, Meaning] | None = None, drops: Iterable[str] = ()
    ) -> None:
        """Take the user's own table.

        Args:
            taxonomy: the labels there are.
            maps: name as written elsewhere -> what it means here.
            drops: names to leave out.
        """
        self.taxonomy = taxonomy
        self._own = {normal_name(name): (name, meaning) for name, meaning in (maps or {}).items()}
        self._own |= {normal_name(name): (name, DROPPED) for name in drops}
        self.used: set[str] = set()

    def meaning(self, axis_id: str, name: str) -> Meaning | None:
        """Find what a name stands for on an axis, or on any; None where it is unknown or stands on two.

        Args:
            axis_id: an axis, or ANY.
            name: as written; "领域:教育" and "domain/education" say their axis themselves.
        """
        own = self._own.get(normal_name(name))
        if own is not None:
            self.used.add(own[0])
            return own[1] if not axis_id or own[1] == DROPPED or own[1].axis == axis_id else None
        found = self._everywhere(name)
        if axis_id:
            found = [meaning for meaning in found if meaning.axis == axis_id]
        if len(found) == 1:
            return found[0]
        return NOTHING if not found and is_nothing(name) else None

    def knows(self, name: str) -> bool:
        """Whether the user or the taxonomy says anything of a name, on whatever axis."""
        return normal_name(name) in self._own or bool(self._everywhere(name)) or is_nothing(name)

    def unused(self) -> list[str]:
        """The names of the user's table that no file had: often a slip of the pen."""
        return [name for name, _ in self._own.values() if name not in self.used]

    def near(self, axis_id: str, name: str) -> str:
        """Say which known label is nearest to an unknown name; "" where none is."""
        elsewhere = self._everywhere(name)
        if elsewhere:
            place = ", ".join(f"{meaning.label} of {meaning.axis}" for meaning in elsewhere)
            return f"is {place}" if axis_id else f"stands on several axes: {place}; write axis:label"
        axes = [axis for axis in self.taxonomy.axes if axis_id in ("", axis.id)]
        if not axes:  # labels of another taxonomy
            return f"there is no axis {axis_id}; give the taxonomy of these labels with --taxonomy"
        wanted, best = _core(name), (0.4, "")
        for axis in axes:
            for known, label in axis.by_name.items():
                known = _core(known)
                share = difflib.SequenceMatcher(None, wanted, known).ratio()
                if wanted and (wanted in known or known in wanted):
                    share = max(share, 0.6)
                best = max(best, (share, f"nearest is {axis.id}:{label.id} ({label.name})"))
        return best[1]

    def unknown(self, counts: Counter[tuple[str, str]], readings: int) -> UnknownLabels:
        """Make the error that lists unknown names, each with its count and the nearest known label.

        Args:
            counts: (axis id or ANY, name as written) -> how often.
            readings: how many reports were read.
        """
        if len(counts) > max(_MOST_SHOWN, readings // 2):
            # So many different names are no labels: quoting them could quote reports.
            return UnknownLabels(
                f"{len(counts)} different names in {readings} rows are not in the taxonomy: this does not "
                f"look like labels; name the right columns with --label-column",
                counts,
            )
        lines = []
        for (axis_id, name), count in counts.most_common(_MOST_SHOWN):
            near = self.near(axis_id, name)
            shown = repr(name) if _may_be_shown(name) else f"a cell of {len(name)} characters"
            lines.append(f"  {axis_id or 'any axis'}: {shown} x {count}{', ' if near else ''}{near}")
        if len(counts) > _MOST_SHOWN:
            lines.append(f"  and {len(counts) - _MOST_SHOWN} more")
        return UnknownLabels(
            f"{len(counts)} labels are not in the taxonomy; give --map OLD=NEW or --drop OLD for each, "
            f"or add them to the taxonomy as aliases:\n" + "\n".join(lines),
            counts,
        )

    def _everywhere(self, name: str) -> list[Meaning]:
        wanted = normal_name(name)
        found = [
            Meaning(axis.id, axis.by_name[wanted].id) for axis in self.taxonomy.axes if wanted in axis.by_name
        ]
        return found or [
            Meaning(axis.id, axis.by_name[rest].id)
            for axis in self.taxonomy.axes
            for rest in _after_axis(axis, wanted)
            if rest in axis.by_name
        ]


def _after_axis(axis: Axis, wanted: str) -> Iterable[str]:
    for head in {normal_name(name) for name in (axis.id, axis.name, axis.name_en)}:
        if head and wanted.startswith(head) and wanted[len(head) : len(head) + 1] in tuple(":/_-.>="):
            yield wanted[len(head) + 1 :]


def _core(name: str) -> str:
    """A name without the word that says no more than that it is one: 社保类, 其他问题."""
    return re.sub(r"(类|问题|类别|领域)$", "", normal_name(name))


def _may_be_shown(name: str) -> bool:
    return len(name) <= _LONGEST_SHOWN and not _SENTENCE.search(name)
