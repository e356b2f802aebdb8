"""Weak labels: what a source's own system said, as axes of a throw-away taxonomy.

A hotline's handling department, a forum's official class or a board's chosen field say much about the
domain, in another system's words. They train the encoder through heads of their own, one axis of kind
`one` each, before the labelled reports come; the heads are then thrown away, so no mapping can be wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import BadLabelledRow, DataError
from data.labelled import LabelledReport, labelled_lines
from data.report import Report
from data.taxonomy import Axis, Label, Taxonomy, normal_name


@dataclass(frozen=True)
class WeakSource:
    """A JSONL file and the field of its rows that holds the source's own label.

    `level` cuts a path such as 城市管理/市容/占道 to so many parts; 0 keeps it whole.
    """

    path: Path
    field: str
    level: int = 0

    @classmethod
    def parse(cls, text: str) -> WeakSource:
        """Read FILE:FIELD or FILE:FIELD/LEVEL.

        Raises:
            ValueError: another shape.
        """
        path, _, field = text.rpartition(":")
        if not path or not field:
            raise ValueError(f"weak source {text!r}: write FILE:FIELD, or FILE:FIELD/LEVEL to cut a path")
        field, _, level = field.partition("/")
        return cls(Path(path), field, int(level or 0))


def read_weak(
    sources: Sequence[WeakSource], drop: Iterable[str] = (), least: int = 40
) -> tuple[list[LabelledReport], Taxonomy]:
    """Read the sources; return their reports and the taxonomy of one axis per source.

    Args:
        drop: ids that no training step may see.
        least: values with fewer rows are left unlabelled on that axis.

    Raises:
        BadLabelledRow: a line that is none, or lacks its id or text; names file, line and field.
        DataError: a source in which no value is frequent enough.
        UnknownEncoding: not text, or damaged.
    """
    dropped = set(drop)
    axes: list[Axis] = []
    reports: dict[tuple[Path, str], tuple[Report, dict[str, frozenset[str] | None]]] = {}
    for number, source in enumerate(sources):
        rows = [row for row in _rows(source.path) if row["id"] not in dropped]
        values = [_value(row, source) for row in rows]
        kept = [value for value, n in Counter(filter(None, values)).most_common() if n >= least]
        if not kept:
            raise DataError(f"{source.path}: no value of {source.field!r} stands in {least} rows or more")
        ids = {value: f"v{index}" for index, value in enumerate(kept)}
        axis = Axis(
            id=f"weak{number}", name=source.field, name_en=source.field, kind="one",
            labels=tuple(Label(id=ids[value], name=value, name_en=value) for value in kept),
        )  # fmt: skip
        axes.append(axis)
        for row, value in zip(rows, values, strict=True):
            if value in ids:
                key = (source.path, row["id"])
                report = Report(id=row["id"], title=row.get("title") or "", text=row["text"])
                reports.setdefault(key, (report, {}))[1][axis.id] = frozenset([ids[value]])
    taxonomy = Taxonomy(version="weak", axes=tuple(axes))
    return [
        LabelledReport(report=r, labels=labels, source="weak") for r, labels in reports.values()
    ], taxonomy


def _rows(path: Path) -> list[dict[str, str]]:
    rows = []
    for number, row in labelled_lines(path):
        for name in ("id", "text"):
            if not isinstance(row.get(name), str):
                raise BadLabelledRow(f"{path}, line {number}: {name} is missing or no text; add it")
        rows.append(row)
    return rows


def _value(row: dict[str, str], source: WeakSource) -> str | None:
    value = row.get(source.field)
    if not value or not isinstance(value, str):
        return None
    # One spelling of each: a taxonomy takes 教育 and " 教育" for one name, and refuses two labels of it.
    parts = normal_name(value).split("/")
    return "/".join(parts[: source.level] if source.level else parts)
