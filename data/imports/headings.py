"""Headings: which columns, questions or keys of a file hold labels, and of which axis."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath

from data.columns import headings_found, normal_heading
from data.errors import UnknownColumns
from data.imports.cells import is_blank, split_labels
from data.imports.plan import Plan
from data.imports.reading import ANY
from data.readers import JSON
from data.taxonomy import Axis, Taxonomy

_FLAT = frozenset("label labels tag tags 标签 分类标签 标注 cats classification choice".split())
_ANNOTATOR = frozenset("标注人 标注员 标注者 复核人 审核人 annotator reviewer".split())
_UNNAMED = re.compile(r"column \d+")  # what data/table.py calls a column without a heading
_NUMBER = re.compile(r"[_\-第]*(\d{1,2}|[一二三四五六七八九十])$")
_AROUND = ("标签", "分类", "类别")  # "领域标签", "领域分类"
# What stands beside an axis' name over its corrections: 更正, 复核后, 人工修正, 最终标签.
_CHANGED = re.compile(
    "(?:改|修改|更改|修正|更正|改正|纠正|订正|校正|核正|正确|应改?|实际|最终|复核|复审|审核|终审|核定|核实|校对|人工|专家)+"
    "(?:后|为|结果|意见|标签|标注|分类|类别)*"
    "|corrected|corrections?|after|new|revised|fixed|final|manual"
)


def axis_named(taxonomy: Taxonomy, name: str) -> Axis | None:
    """Find an axis by its id, Chinese or English name; marks and spaces do not matter."""
    wanted = _bare(name)
    for axis in taxonomy.axes:
        if wanted and wanted in _names_of(axis):
            return axis
    return None


def place_of(plan: Plan, key: str) -> str | None:
    """Say which axis a question of a labelling tool asks: an axis id, ANY, or None to leave it out."""
    if plan.labels:
        return next((axis for axis, name in plan.labels if _bare(name) == _bare(key)), None)
    axis = axis_named(plan.taxonomy, key)
    return axis.id if axis else ANY


def label_headings(headings: Sequence[str], plan: Plan, file: str, needed: bool = True) -> dict[str, str]:
    """Find the label columns of a table: heading -> axis id or ANY; several may be of one axis.

    Those that the user named, else those called as an axis is ("领域", "领域2", "领域标签"), else one
    called 标签 or label.

    Args:
        headings: of the table.
        plan: of the import.
        file: its name, for the error.
        needed: a column that the user named must be there.

    Raises:
        UnknownColumns: a column named by the user is not there.
    """
    if plan.labels:
        found = {}
        for axis, wanted in plan.labels:
            same = [h for h in headings if h == wanted] or [
                h for h in headings if normal_heading(h) == normal_heading(wanted)
            ]
            if not same and not needed:
                continue
            if not same:
                raise UnknownColumns(
                    f"{file}: no column is called {wanted!r} (--label-column); "
                    f"{headings_found(headings, keys_of(file))}",
                    headings,
                )
            found[same[0]] = axis
        return found
    axes: dict[str, str] = {}
    changed = changed_headings(headings, plan.taxonomy)
    for heading in headings:
        if heading in changed:
            continue
        # Of headings in two rows, "标注:领域" or "领域:第一个", the lower one speaks first.
        for part in reversed(_parts(heading)):
            axis_found = axis_named(plan.taxonomy, _trimmed(part))
            if axis_found is not None:
                axes.setdefault(heading, axis_found.id)
    return axes or {h: ANY for h in headings if normal_heading(h) in _FLAT}


def further_headings(
    rows: Sequence[Mapping[str, str]], named: Mapping[str, str], plan: Plan
) -> dict[str, str]:
    """Find the columns without a heading that go on with the labels of the column before them.

    A heading that is merged over several columns is written to the first of them alone, and a CSV file does
    not say that it was merged. So a column without a heading, right of one of labels, holds labels too if
    nothing else stands in its first rows.

    Args:
        rows: the first rows, heading -> cell, in the order of the file.
        named: heading -> axis id or ANY, of the label columns.
        plan: of the import.
    """
    found: dict[str, str] = {}
    if plan.labels or not rows:
        return found
    before: str | None = None
    for heading in rows[0]:
        if _UNNAMED.fullmatch(heading) and before is not None:
            cells = [cell for row in rows if not is_blank(cell := row.get(heading, ""))]
            if all(_known(cell, before, plan) for cell in cells):
                found[heading] = before
                continue
        before = named.get(heading)
    return found


def changed_headings(headings: Sequence[str], taxonomy: Taxonomy) -> dict[str, str]:
    """Find the columns of corrections: "领域（更正）", "正确领域", "domain_corrected" -> axis id."""
    found = {}
    for heading in headings:
        bare = _bare(_parts(heading)[-1])
        for axis in taxonomy.axes:
            for name in _names_of(axis):
                beside = {bare.removeprefix(name), bare.removesuffix(name)} - {bare}
                if any(_CHANGED.fullmatch(word) for word in beside):
                    found[heading] = axis.id
    return found


def like_corrections(
    headings: Sequence[str], rows: Sequence[Mapping[str, str]], plan: Plan
) -> list[tuple[str, Axis]]:
    """Columns beside those of an axis that hold its labels and are not known to be corrections: 领域（小王）.

    Args:
        headings: of an output of ours, without its own.
        rows: the first rows, heading -> cell.
        plan: of the import.
    """
    changed = changed_headings(headings, plan.taxonomy)
    rest = [heading for heading in headings if heading not in changed]
    return [
        (heading, axis)
        for heading, axis, *_ in like_labels(rest, rows, plan)
        if any(name in _bare(heading) for name in _names_of(axis))
    ]


def annotator_heading(headings: Iterable[str], plan: Plan) -> str | None:
    """Find the column that says who labelled."""
    wanted = {normal_heading(plan.annotator)} if plan.annotator else _ANNOTATOR
    return next((heading for heading in headings if normal_heading(heading) in wanted), None)


def no_label_column(
    file: str, headings: Sequence[str], rows: Sequence[Mapping[str, str]], plan: Plan
) -> UnknownColumns:
    """Make the error for a table without label columns; it names columns whose cells are labels."""
    hints = [
        f"--label-column {axis.id}={heading} ({known} of {of} cells are labels)"
        for heading, axis, known, of in like_labels(headings, rows, plan)
    ]
    advice = f"; try {', '.join(hints)}" if hints else "; name them with --label-column AXIS=HEADING"
    return UnknownColumns(
        f"{file}: no column is called as an axis is, so none is taken for labels{advice}; "
        f"{headings_found(headings, keys_of(file))}",
        headings,
    )


def like_labels(
    headings: Sequence[str], rows: Sequence[Mapping[str, str]], plan: Plan
) -> Iterator[tuple[str, Axis, int, int]]:
    """Columns of whose filled cells at least half are labels: heading, axis, how many, of how many."""
    for heading in headings:
        cells = [row.get(heading, "") for row in rows if not is_blank(row.get(heading, ""))]
        for axis in plan.taxonomy.axes:
            known = sum(_known(cell, axis.id, plan) for cell in cells)
            if cells and known * 2 >= len(cells):
                yield heading, axis, known, len(cells)


def keys_of(file: str) -> bool:
    """Tell by a file's name whether its columns are keys, which may be shown, or cells of a first row."""
    return PurePath(file).suffix.lower() in (*JSON, ".parquet")


def _known(cell: str, axis: str, plan: Plan) -> bool:
    def knows(name: str) -> bool:
        return plan.names.meaning(axis, name) is not None

    return len(cell) <= 100 and all(knows(name) for name in split_labels(cell, knows))


def _parts(heading: str) -> list[str]:
    return re.split("[:：]", heading.strip(" :：")) or [heading]


def _names_of(axis: Axis) -> set[str]:
    return {_bare(name) for name in (axis.id, axis.name, axis.name_en) if name}


def _trimmed(heading: str) -> str:
    """A heading without the number or the word that tables put behind an axis's name."""
    name = _NUMBER.sub("", normal_heading(heading))
    for word in _AROUND:
        name = name.removesuffix(word).removeprefix(word) or name
    return name


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", name)).casefold()
