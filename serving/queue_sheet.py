"""Queue's sheet: reports to be labelled, with the model's tags and empty columns for a person's labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from data.imports.tagged import CORRECTED, DONE
from data.taxonomy import Taxonomy
from serving.chosen import Chosen
from serving.labelling_book import REVIEWER, LabellingBook
from serving.sheet import Cell
from serving.spreadsheet import INPUT
from serving.wording import BETWEEN, evidence_text

NOTES = (
    "怎么用：逐件看原文。模型的标签都对，在“已复核”填“是”；不对，在“（更正）”栏写正确的标签，几个之间用；隔开，"
    "没有标签成立写“无”，再在“已复核”填“是”。没有看过的行不要填。",
    "填完导入：petition import 本表.xlsx --to 新的标注.jsonl。没有填的行不会当作标注。",
)


def write_queue(path: Path, queue: Sequence[Chosen], taxonomy: Taxonomy) -> list[str]:
    """Write the sheet; give remarks on what could not be written as it is."""
    labels = [
        heading
        for axis in taxonomy.axes
        for heading in (axis.name, f"{axis.name}分数", f"{axis.name}{CORRECTED}")
    ]
    headings = [
        INPUT["id"], INPUT["title"], INPUT["text"], *labels, DONE, REVIEWER, "证据", "选取理由",
        INPUT["channel"], INPUT["time"], INPUT["region"], "模型版本",
    ]  # fmt: skip
    book = LabellingBook(path, taxonomy, headings, NOTES)
    for chosen in queue:
        book.write(_row(chosen, taxonomy))
    return book.close()


def _row(chosen: Chosen, taxonomy: Taxonomy) -> list[Cell]:
    report, prediction = chosen.report, chosen.prediction
    labels: list[Cell] = []
    for axis in taxonomy.axes:
        tags = prediction.tags.get(axis.id, ())
        labels += [
            BETWEEN.join(tag.name for tag in tags), BETWEEN.join(f"{tag.score:.2f}" for tag in tags), "",
        ]  # fmt: skip
    return [
        report.id, report.title, report.text, *labels, "", "", evidence_text(prediction), chosen.reason,
        report.channel, report.time, report.region, prediction.model,
    ]  # fmt: skip
