"""LabelledReport: a report with the labels that a reader, or another system, gave it."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.encoding import find_encoding
from data.errors import BadLabelledRow, MissingFile, UnknownLabels
from data.intake import cell_text
from data.report import Report
from data.taxonomy import Axis, Taxonomy, normal_name

_PLAIN = ("id", "title", "text", "channel", "time", "date", "region", "source", "unsure")
_MOST_SHOWN = 30


@dataclass(frozen=True, slots=True)
class LabelledReport:
    """A report and its labels.

    Attributes:
        report: the report.
        labels: axis id -> label ids; None where this report is not labelled on that axis (no loss there),
            an empty set where it is and nothing holds.
        evidence: axis id -> label id -> the words of the report that carry the label, as far as given.
        source: where the row came from.
        unsure: whoever labelled it doubted.
    """

    report: Report
    labels: Mapping[str, frozenset[str] | None] = field(hash=False)
    evidence: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False, hash=False)
    source: str = ""
    unsure: bool = False


def read_labelled(path: Path | str, taxonomy: Taxonomy) -> Iterator[LabelledReport]:
    """Stream labelled reports from JSONL.

    One object a line: "text" (needed), "id", "title", "channel", "time" or "date", "region", "source",
    "unsure", and per axis its id with the labels: a list, a mapping label -> evidence words, one string,
    or null for "not labelled". Labels may be ids, names or aliases. Other keys go to `report.extra`.

    Raises:
        MissingFile: no such file.
        BadLabelledRow: a line that is not such an object; names the line and field.
        UnknownEncoding: not text, or damaged.
        UnknownLabels: after the last report, if any label was unknown; lists all with counts and the
            nearest known. The reports given out until then lack those labels: use none of them.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFile(f"{path}: no such file; check the path")
    return _read(path, taxonomy)


def _read(path: Path, taxonomy: Taxonomy) -> Iterator[LabelledReport]:
    unknown: Counter[tuple[str, str]] = Counter()
    for row, item in labelled_lines(path):
        yield _labelled(item, path, row, taxonomy, unknown)
    refuse_unknown(path, taxonomy, unknown)


def label_targets(labelled: LabelledReport, taxonomy: Taxonomy) -> list[float]:
    """0/1 per label in taxonomy order; NaN on axes that the report does not label."""
    row: list[float] = []
    for axis in taxonomy.axes:
        given = labelled.labels.get(axis.id)
        for label in axis.labels:
            row.append(float("nan") if given is None else float(label.id in given))
    return row


def labelled_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Stream the number and the object of every line that is not blank.

    Raises:
        BadLabelledRow: a line that is not an object.
        UnknownEncoding: not text, or damaged.
    """
    with path.open(encoding=find_encoding(path)) as file:
        for row, line in enumerate(file, 1):
            if line.strip("\ufeff \t\r\n"):
                yield row, _object(line, path, row)


def labels_of(
    value: object, axis: Axis, place: str, unknown: Counter[tuple[str, str]]
) -> dict[str, str] | None:
    """Read what a line holds for an axis: label id -> evidence words, "" where none; None: not labelled.

    Args:
        place: file, line and field, for the message.
        unknown: gets (axis id, label as written) for each label that the axis does not have.

    Raises:
        BadLabelledRow: not one of the shapes of `read_labelled`.
    """
    given = _given(value, axis, place)
    if given is None:
        return None
    known: dict[str, str] = {}
    for name, words in given.items():
        label = axis.by_name.get(normal_name(name))
        if label is None:
            unknown[axis.id, name] += 1
        else:
            known[label.id] = words or known.get(label.id, "")
    return known


def refuse_unknown(path: Path, taxonomy: Taxonomy, unknown: Counter[tuple[str, str]]) -> None:
    """End where a file has labels that its taxonomy does not know.

    Raises:
        UnknownLabels: lists all, with counts and the nearest known.
    """
    if unknown:
        raise UnknownLabels(_unknown_message(path, taxonomy, unknown), unknown)


def _object(line: str, path: Path, row: int) -> dict[str, Any]:
    try:
        value = json.loads(line.strip("\ufeff \t\r\n"))
    except (ValueError, RecursionError):
        raise BadLabelledRow(f"{path}, line {row}: not valid JSON; mend or remove the line") from None
    if not isinstance(value, dict):
        raise BadLabelledRow(f"{path}, line {row}: not a JSON object; write one object a line")
    return value


def _labelled(
    item: dict[str, Any], path: Path, row: int, taxonomy: Taxonomy, unknown: Counter[tuple[str, str]]
) -> LabelledReport:
    text, title = cell_text(item.get("text")), cell_text(item.get("title"))
    if not text.strip():
        text, title = title, ""
    if not text.strip():
        raise BadLabelledRow(f"{path}, line {row}: text is missing; add it or remove the line")
    unsure = item.get("unsure")
    if unsure is not None and not isinstance(unsure, bool):
        raise BadLabelledRow(f"{path}, line {row}: unsure must be true or false")
    labels: dict[str, frozenset[str] | None] = {}
    evidence: dict[str, dict[str, str]] = {}
    for axis in taxonomy.axes:
        known = labels_of(item.get(axis.id), axis, f"{path}, line {row}: {axis.id}", unknown)
        if known is None:
            labels[axis.id] = None
            continue
        labels[axis.id] = frozenset(known)
        if any(known.values()):
            evidence[axis.id] = {label: words for label, words in known.items() if words}
    used = {*_PLAIN, *(axis.id for axis in taxonomy.axes)}
    report = Report(
        id=cell_text(item.get("id")).strip() or f"{path.name}:{row}",
        text=text,
        title=title,
        channel=cell_text(item.get("channel")),
        time=cell_text(item.get("time")) or cell_text(item.get("date")),
        region=cell_text(item.get("region")),
        extra={key: cell_text(value) for key, value in item.items() if key not in used},
    )
    return LabelledReport(report, labels, evidence, cell_text(item.get("source")), bool(unsure))


def _given(value: object, axis: Axis, place: str) -> dict[str, str] | None:
    """Give label as written -> evidence words ("" where none), or None for "not labelled"."""
    if value is None:
        return None
    if isinstance(value, str):
        # An empty cell on an axis where exactly one label holds can only mean that nobody filled it in.
        if not value.strip():
            return None if axis.kind == "one" else {}
        value = [value]
    if isinstance(value, list):
        value = {name if isinstance(name, str) else cell_text(name): "" for name in value}
    if not isinstance(value, dict):
        raise BadLabelledRow(f"{place} must be a list of labels, a mapping label -> words, a string or null")
    if axis.kind == "one" and len(value) != 1:
        raise BadLabelledRow(f"{place} takes exactly one label, not {len(value)}; use null for unlabelled")
    # Words that were copied in several pieces come as a list.
    return {
        str(name): "" if isinstance(words, bool) else words[0] if _is_texts(words) else cell_text(words)
        for name, words in value.items()
    }


def _is_texts(words: object) -> bool:
    return isinstance(words, list) and bool(words) and isinstance(words[0], str)


def _unknown_message(path: Path, taxonomy: Taxonomy, unknown: Counter[tuple[str, str]]) -> str:
    lines = []
    for (axis_id, name), count in unknown.most_common(_MOST_SHOWN):
        axis = taxonomy.axis(axis_id)
        near = difflib.get_close_matches(name, list(axis.by_name), n=1, cutoff=0.3)
        label = axis.by_name[near[0]] if near else None
        hint = f", nearest is {label.id} ({label.name})" if label else ""
        lines.append(f"  {axis_id}: {name!r} x {count}{hint}")
    if len(unknown) > _MOST_SHOWN:
        lines.append(f"  and {len(unknown) - _MOST_SHOWN} more")
    return (
        f"{path}: {len(unknown)} labels are not in the taxonomy; correct them, or add them there as "
        f"labels or aliases:\n" + "\n".join(lines)
    )
