"""The format is what was asked for, else what the suffix says, else what suits the reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.faults import WrongUse
from serving.formats import Format, choose_format


@pytest.mark.parametrize(
    ("given", "target", "terminal", "chosen"),
    [
        (None, None, True, Format.table),
        (None, None, False, Format.jsonl),
        (Format.csv, None, True, Format.csv),
        (None, "a.CSV", True, Format.csv),
        (None, "a.ndjson", True, Format.jsonl),
        (None, "a.xlsx", False, Format.xlsx),
        (Format.table, "a.txt", False, Format.table),
        (Format.jsonl, "a.csv", False, Format.jsonl),
    ],
)
def test_a_format_is_chosen(given: Format | None, target: str | None, terminal: bool, chosen: Format) -> None:
    assert choose_format(given, Path(target) if target else None, terminal) is chosen


@pytest.mark.parametrize(("given", "target"), [(Format.xlsx, None), (None, "a.txt"), (None, "a")])
def test_no_format_is_guessed(given: Format | None, target: str | None) -> None:
    with pytest.raises(WrongUse):
        choose_format(given, Path(target) if target else None, True)
