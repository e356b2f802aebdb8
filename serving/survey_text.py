"""Survey text: the figures about labelled data for a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from data.survey.rules import Finding, Level
from data.survey.survey import Survey
from data.survey.words import Table, finding_words, tables
from serving.typeset import plain

_WIDEST = 40  # cells of one column
_COLOURS = {Level.fail: "bold red", Level.warn: "yellow"}


def survey_text(console: Console, found: Survey, findings: Sequence[Finding]) -> None:
    """Print every table, and the broken rules at the end, where they are seen."""
    for table in tables(found):
        show_table(console, table)
    console.print(Text("检查结果", "bold"), soft_wrap=True)
    for finding in findings:
        console.print(Text(f"  {plain(finding_words(finding))}", _COLOURS[finding.level]), soft_wrap=True)
    if not findings:
        console.print(Text("  没有发现问题。", "green"), soft_wrap=True)


def show_table(console: Console, table: Table) -> None:
    """Print one table, its columns as wide as what is in them."""
    console.print(Text(plain(table.heading), "bold"), soft_wrap=True)
    cells = [[plain(cell) for cell in row] for row in table.rows]
    widths = [min(_WIDEST, max(cell_len(cell) for cell in column)) for column in zip(*cells, strict=True)]
    for number, row in enumerate(cells):
        line = "  ".join(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True))
        console.print(Text(f"  {line}".rstrip(), "" if number else "dim"), soft_wrap=True)
    console.print()
