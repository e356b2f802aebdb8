"""Outputs of `petition tag`, `bulk`, `suspects` and `queue` that came back with corrections."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from data.columns import Columns, normal_heading
from data.errors import DataError, UnknownColumns
from data.imports.cells import is_blank
from data.imports.headings import (
    annotator_heading,
    axis_named,
    changed_headings,
    label_headings,
    like_corrections,
)
from data.imports.objects import labels_in, objects_of, report_of, texts
from data.imports.plan import Blank, Plan
from data.imports.reading import Reading
from data.imports.source import Source
from data.imports.table import SAMPLE, given_of, rows_of, split_cell
from data.intake import Intake, cell_text
from data.readers import MAX_CHARS
from data.report import BadRow, Report
from data.taxonomy import Axis, Taxonomy

# What serving writes; it may not be imported from here, so a test holds the two together.
HEADINGS = {
    "id": "编号",
    "title": "标题",
    "text": "内容",
    "channel": "渠道",
    "time": "时间",
    "region": "区域",
}
MODEL = "模型版本"
SCORES = "分数"
MODEL_EN, SCORES_EN = "model", "_score"
"""The same in outputs of `petition bulk --names en`, where axes are called by their ids."""
HASHES = ("文本哈希", "text_hash")
"""Headings that only outputs of `petition bulk` have: beside them stand the input's own, not ours."""
TAGGED_AT = ("打标时间", "tagged_at")
"""Likewise; this is no time of the report."""
JSON_OURS = frozenset(
    "id tags needs_review review_reasons unread_chars model tagged_at text_hash file row matters".split()
)
"""Keys of a JSON line of `petition bulk` that are no field of the report."""
_SAID = frozenset("corrected reviewed annotator".split())
DOUBT = "疑点"
"""Heading that only the sheets of `petition suspects` have: beside a correction stand a person's labels."""
PROPOSED = "（建议）"
CORRECTED = "（更正）"
DONE, ACCEPTED, NOTHING = "已复核", "采纳", "无"
CUT_MARK = "…（单元格上限，全文见原件）"
_ARMED = re.compile(r"'(?=[\t\r\n]|[\s\u200b\ufeff]*[-=+@＝＋－＠])")
_DONE = frozenset([DONE, *"已核 已核对 已审核 复核完成 reviewed".split()])
_ACCEPTED = frozenset([ACCEPTED, *"采纳建议 同意建议".split()])
_YES = frozenset("是 √ ✓ ✔ 对 1 y yes true 已复核 已核 已核对 已审核".split())


def is_tagged(headings: Mapping[str, Any], taxonomy: Taxonomy) -> bool:
    """Tell by its headings whether a table is an output of `petition tag`, `bulk`, `queue` or `suspects`."""
    if is_suspects(headings, taxonomy):
        return True
    english = MODEL_EN in headings and any(f"{axis.id}{SCORES_EN}" in headings for axis in taxonomy.axes)
    return english or (
        MODEL in headings and any(f"{axis.name}{SCORES}" in headings for axis in taxonomy.axes)
    )


def is_suspects(headings: Mapping[str, Any], taxonomy: Taxonomy) -> bool:
    """Tell by its headings whether a table is a sheet of `petition suspects`."""
    return DOUBT in headings and any(f"{axis.name}{PROPOSED}" in headings for axis in taxonomy.axes)


def read_tagged_table(source: Source, plan: Plan) -> Iterator[Reading | BadRow]:
    """Read the rows of a CSV file or workbook with columns of corrections.

    A filled correction ("领域（更正）") is the label. A blank one says nothing, unless the row is ticked as
    reviewed (column 已复核) or `plan.blank` says what it means: a model's own tag is never taken for a
    person's. In a sheet of `petition suspects` the labels beside it are a person's, 采纳 in the column 已复核
    takes the suggested ones, and what is labelled stands whatever others said.

    Raises:
        UnknownColumns: no column of corrections.
        DataError: what `read_reports` raises.
    """
    headings: dict[str, str] | None = None
    for row in rows_of(source, plan, _columns_of(source, plan)):
        if isinstance(row, BadRow):
            yield row
            continue
        keys = [*row.extra]
        if headings is None:
            chosen = label_headings(keys, plan, source.name) if plan.labels else {}
            headings = chosen or changed_headings(keys, plan.taxonomy)
            if not headings:
                raise _no_corrections(source, keys, plan.taxonomy)
        suspect = is_suspects(row.extra, plan.taxonomy)
        ticks = {row.extra[key].strip().casefold() for key in keys if normal_heading(key) in _DONE}
        accepted = suspect and bool(ticks & _ACCEPTED)
        before = _beside(row.extra, "", plan, blank_holds=not suspect)
        stands = before | (_beside(row.extra, PROPOSED, plan, blank_holds=False) if accepted else {})
        who = annotator_heading(keys, plan)
        report = _report(replace(row, extra={}), source, plan, row.extra)
        if isinstance(report, BadRow):
            yield report
            continue
        given = given_of(row.extra, headings, plan)
        yield Reading(
            source.name,
            report,
            _filled(given, stands, plan, accepted or bool(ticks & _YES)),
            annotator=row.extra[who].strip() if who else "",
            before=before,
            corrects=suspect,
        )


def overlooked_corrections(source: Source, plan: Plan) -> list[tuple[str, Axis]]:
    """Headings that `read_tagged_table` passes over though their cells look like corrections of an axis.

    None where the user named the columns.
    """
    if plan.labels:
        return []
    rows = islice(rows_of(source, plan, plan.columns), SAMPLE)
    try:
        some = [row.extra for row in rows if isinstance(row, Report)]
    except DataError:
        return []  # the text stands under our own heading alone
    ours = {
        f"{name}{mark}"
        for axis in plan.taxonomy.axes
        for name in (axis.name, axis.id)
        for mark in ("", PROPOSED)
    }
    keys = [key for key in dict.fromkeys(key for row in some for key in row) if key not in ours]
    return like_corrections(keys, some, plan)


def read_tagged_lines(source: Source, plan: Plan) -> Iterator[Reading | BadRow]:
    """Read predictions, one JSON object a line, with a key "corrected": {axis: [labels]}.

    "reviewed": true says that the tags of all other axes are right; "annotator" says who. A line that
    corrects an axis that there is not is rejected, so that no tag stands in the place of its correction. The
    text comes from `plan.reports` by the id, unless the line has one, as those of `petition bulk` do.

    Raises:
        DataError: what `objects_of` raises.
    """
    for made in objects_of(source):
        if isinstance(made, BadRow):
            yield made
            continue
        row, value = made
        intake = Intake(source.name, MAX_CHARS)
        corrected, tags = value.get("corrected"), value.get("tags")
        new = _corrections(corrected, plan.taxonomy)
        if new is None or not isinstance(tags, dict):
            axes = "、".join(axis.id for axis in plan.taxonomy.axes)
            advice = f"“tags”和“corrected”应当是对象：{{维度: [标签]}}，维度有 {axes}，请改正后重新导入"
            yield intake.bad(row, "bad_shape", advice, {"line": cell_text(value)})
            continue
        report = _report(_own(value, source, row, plan), source, plan, {"line": cell_text(value)})
        if isinstance(report, BadRow):
            yield report
            continue
        before = {
            axis.id: tuple(name for tag in given for name in texts(_label(tag)))
            for axis in plan.taxonomy.axes
            if isinstance(given := tags.get(axis.id), list)
        }
        done = cell_text(value.get("reviewed")).strip().casefold() in _YES
        yield Reading(
            source.name, report, _filled(new, before, plan, done),
            annotator=cell_text(value.get("annotator")), before=before,
        )  # fmt: skip


def _corrections(value: object, taxonomy: Taxonomy) -> dict[str, dict[str, str] | None] | None:
    """Give what a JSON line corrects on each axis; None where part of it cannot be understood."""
    new: dict[str, dict[str, str] | None] = {axis.id: None for axis in taxonomy.axes}
    if value is None:
        return new
    if not isinstance(value, dict):
        return None
    for name, said in value.items():
        axis = axis_named(taxonomy, str(name))
        if said is None or (isinstance(said, str) and is_blank(said)):
            continue
        labels = labels_in(said)
        if axis is None or labels is None:
            return None
        new[axis.id] = dict.fromkeys(labels, "")
    return new


def _beside(cells: Mapping[str, str], mark: str, plan: Plan, blank_holds: bool) -> dict[str, tuple[str, ...]]:
    """The labels in the columns called as the axes are; a blank cell means none holds, or is left out."""
    return {
        axis.id: tuple(split_cell(cell, axis.id, plan))
        for axis in plan.taxonomy.axes
        if (cell := cells.get(f"{axis.name}{mark}", cells.get(f"{axis.id}{mark}"))) is not None
        and (blank_holds or not is_blank(cell))
    }


def _label(tag: object) -> object:
    return tag.get("label") if isinstance(tag, dict) else None


def _own(value: Mapping[str, Any], source: Source, row: int, plan: Plan) -> Report:
    """Give what a line of JSON holds of its report; the text may be missing."""
    if any(name in value for name in HASHES):
        fields = {key: one for key, one in value.items() if key not in JSON_OURS | _SAID}
        made = report_of(source, row, fields, plan.columns, own_id=value.get("id"))
        if isinstance(made, Report):
            return replace(made, extra={}, row=row)
    text, title = cell_text(value.get("text")), cell_text(value.get("title"))
    return Report(cell_text(value.get("id")), text, title, row=row)


def _columns_of(source: Source, plan: Plan) -> Columns:
    """Say which headings are the report's: ours, or in an output of `petition bulk` those of its input.

    Whoever corrects a table may have taken columns out of it, all but the text.
    """
    try:
        first = next((r for r in rows_of(source, plan, plan.columns) if isinstance(r, Report)), None)
    except DataError:
        first = None  # the reading itself says what is wrong
    if first is not None and any(name in first.extra for name in HASHES):
        return replace(plan.columns, without=TAGGED_AT)
    ours = _columns(plan.columns)
    try:
        next(rows_of(source, plan, ours), None)
    except UnknownColumns as error:
        gone = [
            field for field, heading in HEADINGS.items()
            if field != "text" and getattr(plan.columns, field) is None and heading not in error.headings
        ]  # fmt: skip
        found_by_name: dict[str, Any] = dict.fromkeys(gone)
        return replace(ours, **found_by_name)
    return ours


def _columns(named: Columns) -> Columns:
    """Our own headings, so that a column of the input is not taken for the text again."""
    return Columns(
        text=named.text or HEADINGS["text"],
        title=named.title or HEADINGS["title"],
        id=named.id or HEADINGS["id"],
        time=named.time or HEADINGS["time"],
        region=named.region or HEADINGS["region"],
        channel=named.channel or HEADINGS["channel"],
    )


def _filled(
    given: dict[str, dict[str, str] | None], stands: Mapping[str, tuple[str, ...]], plan: Plan, done: bool
) -> dict[str, dict[str, str] | None]:
    """Put what stands there where nothing was corrected and somebody said that it is right."""
    if not done and plan.blank is not Blank.before:
        return given
    right = {axis: dict.fromkeys(labels, "") for axis, labels in stands.items()}
    return {**right, **{axis: labels for axis, labels in given.items() if labels is not None}}


def _report(report: Report, source: Source, plan: Plan, raw: Mapping[str, str]) -> Report | BadRow:
    """Give the report as it was received: whole, and without the marks that a spreadsheet needs."""
    intake = Intake(source.name, MAX_CHARS)
    report = replace(
        report, text=_ARMED.sub("", report.text, 1) if _ARMED.match(report.text) else report.text
    )
    cut = report.text.endswith(CUT_MARK)
    if report.text.strip() and not cut:
        return report
    if plan.reports is not None and report.id in plan.reports:
        found = plan.reports.by_id(report.id)
        if found is not None:
            return replace(found, extra={}, row=report.row)
        advice = "这个编号在原件里有不止一件，请改用不重复的编号"
        return intake.bad(report.row, "two_reports", advice, raw)
    if cut:
        return intake.bad(report.row, "cut_text", "正文被表格截短了，请用 --reports 给出原件", raw)
    advice = (
        "没有正文，原件里也没有这个编号" if plan.reports is not None else "没有正文，请用 --reports 给出原件"
    )
    return intake.bad(report.row, "no_report", advice, raw)


def _no_corrections(source: Source, headings: list[str], taxonomy: Taxonomy) -> UnknownColumns:
    wanted = ", ".join(f"{axis.name}（更正）" for axis in taxonomy.axes)
    return UnknownColumns(
        f"{source.name}: an output of petition tag without a column of corrections; add {wanted}, or name "
        f"it with --label-column AXIS=HEADING. Where the tags were corrected in their own column, and "
        f"every row was looked at, give --format table",
        headings,
    )
