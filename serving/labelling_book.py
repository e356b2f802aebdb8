"""Labelling book: a workbook for people to fill in labels, with a sheet that says what the labels mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from data.imports.tagged import CORRECTED, DONE
from data.taxonomy import Taxonomy
from serving.cell import CELL_LIMIT, printable
from serving.sheet import Cell, pack, put_words

REVIEWER = "复核人"
_WIDTHS = {"内容": 70, "证据": 45, "疑点": 40, "最相近的件": 30, "标题": 24, "编号": 14, "选取理由": 34}
_TOP = {"text_wrap": True, "valign": "top"}
_FILL = {"bg_color": "#FFF2CC"}  # where something is to be filled in
_QUOTED = {"quote_prefix": True}  # else a formula would come alive when someone edits the cell


class LabellingBook:
    """Two sheets: the reports, and the labels with their definitions and how to fill in."""

    def __init__(self, path: Path, taxonomy: Taxonomy, headings: Sequence[str], notes: Sequence[str]) -> None:
        """Begin a workbook.

        Args:
            path: where `close` saves it.
            taxonomy: shown on the second sheet.
            headings: of the first; corrections, and whether a row was read, are coloured.
            notes: sentences above the labels.
        """
        # In memory: what waits on disk would be words of reports outside the output.
        self._book = xlsxwriter.Workbook(str(path), {"in_memory": True})
        self._plain, self._quoted = self._book.add_format(_TOP), self._book.add_format(_TOP | _QUOTED)
        self._fill, self._bold = self._book.add_format(_TOP | _FILL), self._book.add_format({"bold": True})
        self._taxonomy, self._notes, self._headings = taxonomy, notes, list(headings)
        self._cut, self._rows = 0, 1
        self._sheet = self._book.add_worksheet("待核")
        self._sheet.freeze_panes(1, 3)
        for place, heading in enumerate(self._headings):
            self._sheet.set_column(place, place, _WIDTHS.get(heading, max(12, 2 * len(heading) + 4)))
            self._sheet.write_string(0, place, heading, self._bold)

    def write(self, row: Sequence[Cell]) -> None:
        """Write one report."""
        for place, (heading, cell) in enumerate(zip(self._headings, row, strict=True)):
            if not isinstance(cell, str):
                self._sheet.write_number(self._rows, place, cell, self._plain)
            elif heading.endswith(CORRECTED) or heading == DONE:
                self._sheet.write_blank(self._rows, place, None, self._fill)
            elif cell:
                self._cut += put_words(self._sheet, self._rows, place, cell, self._plain, self._quoted)
        self._rows += 1

    def close(self) -> list[str]:
        """Write the second sheet and save; give remarks.

        Raises:
            OSError: it cannot be written.
        """
        sheet = self._book.add_worksheet("标签")
        for place, width in enumerate((18, 22, 60, 60, 60)):
            sheet.set_column(place, place, width)
        for row, note in enumerate(self._notes):
            sheet.write_string(row, 0, note)
        row = len(self._notes) + 1
        for place, heading in enumerate(("维度", "标签", "定义", "包括", "不包括")):
            sheet.write_string(row, place, heading, self._bold)
        for axis in self._taxonomy.axes:
            for label in axis.labels:
                row += 1
                held, not_held = "；".join(label.holds), "；".join(label.excludes)
                for place, cell in enumerate((axis.name, label.name, label.definition, held, not_held)):
                    sheet.write_string(row, place, printable(cell), self._plain)
        pack(self._book)
        if not self._cut:
            return []
        return [
            f"有 {self._cut} 个单元格超过 {CELL_LIMIT} 字的上限，已截短并注明；"
            "导入时请用 --reports 给出原件。"
        ]
