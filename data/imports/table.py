"""A hotline's own table, or any file of reports, with columns of labels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice

from data.columns import Columns
from data.errors import MissingFile
from data.imports.cells import is_blank, is_nothing, split_labels
from data.imports.headings import (
    annotator_heading,
    changed_headings,
    further_headings,
    label_headings,
    like_labels,
    no_label_column,
)
from data.imports.objects import labels_in
from data.imports.plan import Blank, Plan
from data.imports.reading import ANY, Reading
from data.imports.source import Source
from data.imports.ticks import tick_headings, ticked
from data.readers import read_reports
from data.report import BadRow, Report
from data.table import MERGED
from data.taxonomy import Axis

SAMPLE = 200  # rows looked at for the advice on label columns


def read_table(source: Source, plan: Plan) -> Iterator[Reading | BadRow]:
    """Read each row as a report and its labels.

    A blank cell is what `plan.blank` says; "无" means that somebody looked and nothing holds. Beside a column
    of labels may stand one of corrections ("领域（更正）"): where it is filled, it is the label. A column for
    each label, ticked or not, is read too. Rows whose text is one merged cell are one report.

    Raises:
        UnknownColumns: no label column, or not the one named by the user.
        DataError: what `read_reports` raises.
    """
    rows = rows_of(source, plan, plan.columns)
    first = list(islice(rows, SAMPLE))
    some = [row for row in first if isinstance(row, Report)]
    sheet = _Sheet(source, plan, some)
    if some and not sheet.has_labels:
        raise no_label_column(source.name, sheet.keys, [row.extra for row in some], plan)
    above: Reading | None = None  # held back, for rows below may be one with it on screen
    for row in chain(first, rows):
        if isinstance(row, BadRow) and row.reason == MERGED and above is not None:
            above = _with_labels(above, sheet.given(row.raw))
            continue
        if above is not None:
            yield above
            above = None
        if isinstance(row, BadRow):
            yield row
            continue
        who = annotator_heading(row.extra, plan)
        reading = Reading(
            source.name, replace(row, extra={}), {}, annotator=row.extra[who].strip() if who else ""
        )
        above = _with_labels(reading, sheet.given(row.extra))
    if above is not None:
        yield above


class _Sheet:
    """The label columns of a table, and what its rows say in them."""

    def __init__(self, source: Source, plan: Plan, some: Sequence[Report]) -> None:
        """Look for them in the first rows."""
        self._source, self._plan = source, plan
        extras = [row.extra for row in some]
        self.keys = tuple(dict.fromkeys(heading for extra in extras for heading in extra))
        self._ticks = {} if plan.labels else tick_headings(extras, plan)
        named = label_headings(self.keys, plan, source.name) if some else {}
        self._further = further_headings([row.cells for row in some], named, plan)
        self._found: dict[tuple[str, ...], dict[str, str]] = {}
        self.has_labels = bool(named or self._ticks or changed_headings(self.keys, plan.taxonomy))

    def given(self, cells: Mapping[str, str]) -> dict[str, dict[str, str] | None]:
        """Gather the labels of a row; a correction beside a label stands in its place."""
        plan, keys = self._plan, tuple(cells)
        if keys not in self._found:  # objects of one JSONL file may differ in keys
            named = label_headings(keys, plan, self._source.name, needed=False) | self._further
            self._found[keys] = {key: axis for key, axis in named.items() if key not in self._ticks}
        given = given_of(cells, self._found[keys], plan)
        for axis, one in ticked(cells, self._ticks, plan).items():
            given[axis] = given.get(axis) or one
        if not plan.labels:
            changed = changed_headings(keys, plan.taxonomy)
            filled = {heading: changed[heading] for heading in changed if not is_blank(cells[heading])}
            given |= given_of(cells, filled, plan)
        return given


def _with_labels(reading: Reading, given: Mapping[str, dict[str, str] | None]) -> Reading:
    """Add the labels of a row that is one with the reading's own on screen."""
    both = {
        axis: {**(reading.given.get(axis) or {}), **(given.get(axis) or {})}
        if reading.given.get(axis) is not None or given.get(axis) is not None
        else None
        for axis in {**reading.given, **given}
    }
    return replace(reading, given=both, complete=both.get(ANY) is not None)


def overlooked(source: Source, plan: Plan) -> list[tuple[str, Axis]]:
    """Headings that `read_table` passes over though their cells look like labels of an axis that has none.

    None where the user named the columns.
    """
    if plan.labels:
        return []
    rows = islice(rows_of(source, plan, plan.columns), SAMPLE)
    some = [row for row in rows if isinstance(row, Report)]
    extras = [row.extra for row in some]
    keys = tuple(dict.fromkeys(heading for extra in extras for heading in extra))
    taken, changed = label_headings(keys, plan, source.name), changed_headings(keys, plan.taxonomy)
    taken |= further_headings([row.cells for row in some], taken, plan)
    ticked_axes = {meaning.axis for meaning in tick_headings(extras, plan).values()}
    read = {*taken.values(), *changed.values(), *ticked_axes}
    rest = [key for key in keys if key not in taken and key not in changed]
    return [
        (heading, axis) for heading, axis, *_ in like_labels(rest, extras, plan) if not read & {axis.id, ANY}
    ]


def rows_of(source: Source, plan: Plan, columns: Columns) -> Iterator[Report | BadRow]:
    """Read the reports of a file; its label columns are no field of theirs."""
    if source.path is None:
        raise MissingFile(f"{source.name}: a table cannot be read inside a zip; unpack it first")
    axes = [name for axis in plan.taxonomy.axes for name in (axis.id, axis.name, axis.name_en) if name]
    without = (*columns.without, *axes, *(heading for _, heading in plan.labels))
    return read_reports(source.path, replace(columns, without=without), sheet=plan.sheet)


def given_of(
    cells: Mapping[str, str], headings: Mapping[str, str], plan: Plan, separators: str | None = None
) -> dict[str, dict[str, str] | None]:
    """Gather the labels of a row: several columns of one axis are joined.

    Args:
        cells: heading -> cell.
        headings: heading -> axis id or ANY, of the label columns.
        plan: of the import.
        separators: between labels in a cell; None is the usual ones.
    """
    given: dict[str, dict[str, str] | None] = {}
    for heading, axis in headings.items():
        cell = cells.get(heading, "")
        if is_blank(cell) or _listed(cell) == []:
            given.setdefault(axis, {} if plan.blank is Blank.none else None)
            continue
        names = split_cell(cell, axis, plan, separators)
        given[axis] = (given.get(axis) or {}) | dict.fromkeys(names, "")
    return given


def split_cell(cell: str, axis: str, plan: Plan, separators: str | None = None) -> list[str]:
    """Split a cell of labels; the word for "nothing holds" stands alone or not at all.

    A list, as Parquet and JSON hold it, comes as JSON; an empty one says nothing, as a blank cell does.
    """
    knows = partial(_knows, plan, axis)
    listed = _listed(cell)
    if listed is not None:
        return listed
    names = split_labels(cell, knows, separators) if separators else split_labels(cell, knows)
    return names if len(names) == 1 else [name for name in names if knows(name) or not is_nothing(name)]


def _listed(cell: str) -> list[str] | None:
    """Give the names of a cell that is a list in JSON, or Label Studio's in CSV; None where it is none."""
    if not cell.lstrip().startswith(("[", '{"choices"')):
        return None
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict):
        value = value.get("choices")
    if not isinstance(value, list):
        return None
    labels = labels_in(value)
    return labels if labels is not None else [cell]  # an unknown label, and so listed


def _knows(plan: Plan, axis: str, name: str) -> bool:
    return plan.names.meaning(axis, name) is not None
