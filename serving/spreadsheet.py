"""Spreadsheet: reports and their predictions as rows of CSV or of a workbook, safe to open."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, TextIO

from data.report import Report
from data.taxonomy import Taxonomy
from model.prediction import Prediction, Tag
from serving.sheet import BookSheet, Cell, CsvSheet
from serving.wording import BETWEEN, evidence_text, matters_text, nearest_text, reasons, several_text

INPUT = {"id": "编号", "title": "标题", "text": "内容", "channel": "渠道", "time": "时间", "region": "区域"}
STATE = ("证据", "需人工复核", "复核原因", "未读字数", "模型版本")
HELD = 512  # rows looked at before the headings are fixed: objects of one JSONL file may differ in keys


MORE: dict[str, Callable[[Report, Prediction], str]] = {
    "相近件": nearest_text,
    "一件多诉": several_text,
    "分句标签": matters_text,
}
"""Columns that stand behind the others where they are asked for."""


class Layout:
    """The columns of a table: those of the input, then those of the prediction."""

    def __init__(self, taxonomy: Taxonomy, extras: Sequence[str], more: Sequence[str] = ()) -> None:
        """Fix the headings; an extra column whose heading is one of ours gets （原） behind it."""
        self._taxonomy, self._more = taxonomy, more
        ours = [*tag_headings(taxonomy), *more]
        taken = {*INPUT.values(), *ours}
        self._extras: dict[str, str] = {}
        for heading in extras:
            name = heading
            while name in taken:
                name += "（原）"
            taken.add(name)
            self._extras[heading] = name
        self.headings = [*INPUT.values(), *self._extras.values(), *ours]
        self.lost: set[str] = set()

    def row(self, report: Report, prediction: Prediction) -> list[Cell]:
        """Give the cells of one report; remember keys that have no column in `lost`."""
        self.lost.update(report.extra.keys() - self._extras.keys())
        row: list[Cell] = [getattr(report, field) for field in INPUT]
        row += [report.extra.get(heading, "") for heading in self._extras]
        row += tag_cells(prediction, self._taxonomy)
        return row + [MORE[name](report, prediction) for name in self._more]


def tag_headings(taxonomy: Taxonomy) -> list[str]:
    """The headings of `tag_cells`."""
    return [name for axis in taxonomy.axes for name in (axis.name, f"{axis.name}分数")] + list(STATE)


def tag_cells(prediction: Prediction, taxonomy: Taxonomy) -> list[Cell]:
    """A prediction as an officer reads it, one cell a heading."""
    row: list[Cell] = []
    for axis in taxonomy.axes:
        tags = prediction.tags.get(axis.id, ())
        row += [BETWEEN.join(tag.name for tag in tags), scores_cell(tags)]
    review = "是" if prediction.needs_review else "否"
    row += [evidence_text(prediction), review, BETWEEN.join(reasons(prediction, taxonomy))]
    return [*row, prediction.unread_chars, prediction.model]


def scores_cell(tags: Sequence[Tag], between: str = BETWEEN) -> Cell:
    """The scores of one axis; a single one is a number, so that a spreadsheet can sort and filter by it."""
    found = [round(tag.score, 4) for tag in tags]
    return found[0] if len(found) == 1 else between.join(str(score) for score in found)


class _TableWriter:
    """What CSV and XLSX share: the headings wait for the first reports."""

    def __init__(self, taxonomy: Taxonomy, more: Sequence[str]) -> None:
        self._taxonomy, self._more = taxonomy, more
        self._held: list[tuple[Report, Prediction]] = []
        self._begun: tuple[Layout, CsvSheet | BookSheet] | None = None

    def write(self, report: Report, prediction: Prediction) -> None:
        """Write one row."""
        if self._begun is not None:
            layout, sheet = self._begun
            sheet.row(layout.row(report, prediction))
            return
        self._held.append((report, prediction))
        if len(self._held) == HELD:
            self._begin()

    def close(self) -> list[str]:
        """Write what waits and finish."""
        layout, sheet = self._begun or self._begin()
        remarks = sheet.close()
        if layout.lost:
            lost = f"有 {len(layout.lost)} 个字段在前 {HELD} 件之后才出现，没有写入表格"
            remarks.insert(0, f"{lost}；需要时请用编号对照原件。")
        return remarks

    def _begin(self) -> tuple[Layout, CsvSheet | BookSheet]:
        extras = dict.fromkeys(heading for report, _ in self._held for heading in report.extra)
        layout = Layout(self._taxonomy, list(extras), self._more)
        sheet = self._sheet(layout.headings)
        for report, prediction in self._held:
            sheet.row(layout.row(report, prediction))
        self._held.clear()
        self._begun = layout, sheet
        return self._begun

    @abstractmethod
    def _sheet(self, headings: Sequence[str]) -> CsvSheet | BookSheet: ...


class CsvWriter(_TableWriter):
    """Reports and predictions as CSV."""

    def __init__(self, out: TextIO, taxonomy: Taxonomy, more: Sequence[str] = ()) -> None:
        super().__init__(taxonomy, more)
        self._out = out

    def _sheet(self, headings: Sequence[str]) -> CsvSheet:
        return CsvSheet(self._out, headings)


class XlsxWriter(_TableWriter):
    """Reports and predictions as a workbook."""

    def __init__(self, out: Path | BinaryIO, taxonomy: Taxonomy, more: Sequence[str] = ()) -> None:
        super().__init__(taxonomy, more)
        self._out = out

    def _sheet(self, headings: Sequence[str]) -> BookSheet:
        return BookSheet(self._out, headings)
