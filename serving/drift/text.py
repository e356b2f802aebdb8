"""Text: the figures of drift for a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from data.survey.rules import Level
from model.drift.compare import Drift
from model.drift.rules import Finding
from serving.drift.words import apart_words, finding_words, tables, verdict
from serving.survey_text import show_table
from serving.typeset import plain

_COLOURS = {Level.fail: "bold red", Level.warn: "yellow", None: "green"}


def drift_text(console: Console, found: Drift, findings: Sequence[Finding], names: Sequence[str]) -> None:
    """Print every table, and what is beyond its limit at the end, where it is seen."""
    for table in tables(found, names):
        show_table(console, table)
    console.print(Text(plain(apart_words(found))), soft_wrap=True)
    console.print()
    said, level = verdict(findings)
    console.print(Text(said, _COLOURS[level]), soft_wrap=True)
    for finding in findings:
        words = plain(finding_words(finding, found.before.taxonomy))
        console.print(Text(f"  {words}", _COLOURS[finding.level]), soft_wrap=True)
