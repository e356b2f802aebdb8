"""Formats: what kinds of files of labels there are, and which of them a file is."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from data.errors import DataError, UnsupportedFile
from data.imports.argilla import is_argilla, read_argilla
from data.imports.doccano import is_fasttext, read_doccano
from data.imports.label_studio import is_label_studio, read_label_studio
from data.imports.objects import objects_of
from data.imports.own import is_own, read_own
from data.imports.plan import Plan
from data.imports.reading import Reading
from data.imports.review_log import read_reviews
from data.imports.source import Source
from data.imports.table import read_table, rows_of
from data.imports.tagged import is_tagged, read_tagged_lines, read_tagged_table
from data.readers import DELIMITED, JSON, WORKBOOKS
from data.report import BadRow, Report
from data.reviews.line import DETAILS


class Format(StrEnum):
    """Kinds of files of labels."""

    table = "table"
    tagged = "tagged"
    labelled = "labelled"
    doccano = "doccano"
    label_studio = "label-studio"
    argilla = "argilla"
    reviews = "reviews"


_TABLES = (*DELIMITED, *WORKBOOKS, ".parquet")


def find_format(source: Source, plan: Plan) -> Format:
    """Find out what a file is, by its suffix and its first row.

    Raises:
        UnsupportedFile: none of `Format`.
        DataError: the file cannot be read.
    """
    if source.place:
        return Format.reviews
    if source.suffix == ".zip":
        return Format.doccano
    if source.suffix == ".txt":
        if is_fasttext(source.text()):
            return Format.doccano
        raise UnsupportedFile(
            f"{source.name}: plain text holds no labels; lines begin with __label__ in fastText"
        )
    if source.suffix in JSON:
        return _of_objects(source, plan)
    if source.suffix in _TABLES:
        named = plan.labels or plan.annotator  # columns of which an export of doccano has none
        if source.suffix == ".csv" and not named and _is_doccano_csv(source):
            return Format.doccano
        return Format.tagged if _is_tagged(source, plan) else Format.table
    raise UnsupportedFile(
        f"{source.name}: {source.suffix or 'a file without suffix'} is not supported; "
        f"give one of {' '.join((*_TABLES, *JSON, '.txt', '.zip'))}"
    )


def read_labels(source: Source, format: Format, plan: Plan) -> Iterator[Reading | BadRow]:
    """Read the labels of a file; a row that has none that can be read comes as a BadRow.

    Raises:
        DataError: what the reader of that format raises.
    """
    if format is Format.tagged:
        lines = source.suffix in JSON
        return read_tagged_lines(source, plan) if lines else read_tagged_table(source, plan)
    readers = {
        Format.table: read_table,
        Format.labelled: read_own,
        Format.doccano: read_doccano,
        Format.label_studio: read_label_studio,
        Format.argilla: read_argilla,
        Format.reviews: read_reviews,
    }
    return readers[format](source, plan)


def unused_options(source: Source, format: Format, plan: Plan) -> list[str]:
    """Options of the command line that name columns which this kind of file is not read by."""
    tables = format is Format.table or (format is Format.tagged and source.suffix not in JSON)
    asked = tables or format in (Format.label_studio, Format.argilla)
    found = ["--label-column"] if plan.labels and not asked else []
    return [*found, "--annotator-column"] if plan.annotator and not tables else found


def _of_objects(source: Source, plan: Plan) -> Format:
    for made in objects_of(source):
        if isinstance(made, BadRow):
            continue
        value = made[1]
        if is_label_studio(value):
            return Format.label_studio
        if is_argilla(value):
            return Format.argilla
        if isinstance(value.get("tags"), dict):
            return Format.tagged
        if isinstance(value.get(DETAILS), dict):
            return Format.reviews
        if is_own(value, plan.taxonomy):
            return Format.labelled
        if value.keys() & {"label", "labels", "cats", "entities", "annotations"} and not plan.labels:
            return Format.doccano
        return Format.table
    return Format.table


def _is_doccano_csv(source: Source) -> bool:
    start = source.text().lstrip().split("\n", 1)[0].strip().replace('"', "").split(",")
    return "label" in start and bool({"text", "data"} & {*start}) and bool({"id", "Comments"} & {*start})


def _is_tagged(source: Source, plan: Plan) -> bool:
    try:
        first = next((row for row in rows_of(source, plan, plan.columns) if isinstance(row, Report)), None)
    except DataError:
        return False  # the reader says what is wrong, with all its options known
    return first is not None and is_tagged(first.extra, plan.taxonomy)
