"""Suspects' sheet: reports whose labels are likely wrong, with empty columns for the right ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data.imports.tagged import CORRECTED, DONE, DOUBT, NOTHING, PROPOSED
from data.labelled import LabelledReport
from data.privacy.masked_report import Masking
from data.report import Report
from data.taxonomy import Axis, Taxonomy
from model.guard import Case, Guard
from serving.labelling_book import REVIEWER, LabellingBook
from serving.sheet import Cell
from serving.spreadsheet import INPUT
from serving.wording import BETWEEN

NOTES = (
    "怎么用：逐件看“疑点”和“证据”。给的标签都对，在“已复核”填“是”；建议的都对，填“采纳”；"
    "都不对，在“（更正）”栏写正确的标签，几个之间用；隔开，没有标签成立写“无”。没有看过的行不要填。",
    "改完导入：petition import 原来的标注.jsonl 本表.xlsx --to 新的标注.jsonl。更正过的以本表为准，"
    "其余不变。",
    "可疑程度从 0 到 1，越大越可疑；“疑为标错”是置信学习判定的，其余也可能只是难判的件。",
)

COVERED = "本表里的身份证号、电话、姓名等已遮盖。请与原来的标注一起导入，更正会记在原来的件上，文字不变。"

Suspect = Mapping[str, Any]
"""One line of what training.suspects writes."""


def write_suspects(
    path: Path,
    suspects: Sequence[Suspect],
    rows: Sequence[LabelledReport],
    taxonomy: Taxonomy,
    guard: Guard,
) -> list[str]:
    """Write the sheet; give remarks on what could not be written as it is.

    Args:
        path: of the workbook.
        suspects: likeliest errors first; none that the guard withholds.
        rows: the labelled reports, in the order that the suspects count in.
        taxonomy: their labels.
        guard: how much of the reports is covered.
    """
    headings = [
        INPUT["id"], INPUT["title"], INPUT["text"], DOUBT,
        *(heading for axis in taxonomy.axes for heading in _headings(axis)),
        DONE, REVIEWER, "证据", "最相近的件", "可疑程度", INPUT["channel"], INPUT["time"], INPUT["region"],
    ]  # fmt: skip
    notes = NOTES if guard.masking is Masking.none else (*NOTES, COVERED)
    book = LabellingBook(path, taxonomy, headings, notes)
    for suspect in suspects:
        book.write(_row(suspect, rows, taxonomy, guard))
    return book.close()


def _headings(axis: Axis) -> tuple[str, str, str]:
    return axis.name, f"{axis.name}{PROPOSED}", f"{axis.name}{CORRECTED}"


def _row(suspect: Suspect, rows: Sequence[LabelledReport], taxonomy: Taxonomy, guard: Guard) -> list[Cell]:
    labelled = rows[suspect["row"]]
    case = guard.admit(labelled.report)
    report = case.shown
    axes = {one["axis"]: one for one in suspect["axes"]}
    labels: list[Cell] = []
    for axis in taxonomy.axes:
        given = labelled.labels[axis.id]
        found = axes.get(axis.id)
        labels += [
            "" if given is None else names(axis, given),
            names(axis, found["suggested"]) if found else "",
            "",
        ]
    return [
        report.id if own_id(labelled.report) else "", report.title, report.text,
        "\n".join(_doubt(taxonomy.axis(one["axis"]), one) for one in suspect["axes"]),
        *labels, "", "",
        "\n".join(_evidence(suspect, labelled, taxonomy, case)),
        _near(suspect, rows, taxonomy, guard), round(1 - suspect["quality"], 3),
        report.channel, report.time, report.region,
    ]  # fmt: skip


def own_id(report: Report) -> str:
    """The report's id, or "" where a reader made it of file and row: the sheet is another file."""
    name, _, row = report.id.rpartition(":")
    return "" if name.endswith((".jsonl", ".json")) and row.isdigit() else report.id


def names(axis: Axis, labels: Sequence[str] | frozenset[str]) -> str:
    """Names of labels in the order of the taxonomy; 无 where there are none."""
    return BETWEEN.join(label.name for label in axis.labels if label.id in labels) or NOTHING


def _doubt(axis: Axis, found: Mapping[str, Any]) -> str:
    by_id = {label.id: label.name for label in axis.labels}
    given, scores = set(found["given"]), found["scores"]
    said = [
        f"{'给了' if label in given else '没给'}“{by_id[label]}”，没见过这一件的模型给 {score:.2f}"
        for label, score in sorted(scores.items(), key=lambda one: abs(one[1] - (one[0] not in given)))
    ]
    sure = "疑为标错" if found["flagged"] else "有出入"
    return f"{axis.name}{sure}：{BETWEEN.join(said)}"


def _evidence(suspect: Suspect, labelled: LabelledReport, taxonomy: Taxonomy, case: Case) -> list[str]:
    """What speaks for labels that are suggested; what a reader marked for those that are doubted."""
    lines = []
    for found in suspect["axes"]:
        axis = taxonomy.axis(found["axis"])
        for label in axis.labels:
            if label.id not in found["scores"]:
                continue
            if label.id in found["given"]:
                words = _marked(labelled.evidence.get(axis.id, {}).get(label.id, ""), labelled.report, case)
                lines += [f"{label.name}（标注的原文）：{words}"] if words else []
                continue
            spans = suspect["evidence"].get(axis.id, {}).get(label.id, ())
            shown = [_shown(part, a, b, labelled.report, case) for part, a, b in spans]
            if shown:
                lines.append(f"{label.name}：" + "".join(f"“{' '.join(one.split())}”" for one in shown))
    return lines


def _marked(words: str, report: Report, case: Case) -> str:
    """Words that a reader marked, as they may be shown; none where they do not stand in the report."""
    if case.masked is None:
        return words
    for part, whole in (("text", report.text), ("title", report.title)):
        at = whole.find(words) if words else -1
        if at >= 0:
            return _shown(part, at, at + len(words), report, case)
    return ""


def _shown(part: str, start: int, end: int, report: Report, case: Case) -> str:
    """The words of a span as they may be shown."""
    if case.masked is None:
        return (report.title if part == "title" else report.text)[start:end]
    masked = case.masked.part(part)
    return masked.text[slice(*masked.inside(start, end))]


def _near(suspect: Suspect, rows: Sequence[LabelledReport], taxonomy: Taxonomy, guard: Guard) -> str:
    if suspect["near"] is None:
        return ""
    other = rows[suspect["near"]]
    labels = [
        f"{axis.name} {names(axis, given)}"
        for axis in taxonomy.axes
        if (given := other.labels[axis.id]) is not None
    ]
    return f"{guard.admit(other.report).shown.id}（相似度 {suspect['share']:.2f}）：{BETWEEN.join(labels)}"
