"""Formats: in which form the predictions are written, and how that is chosen."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from serving.faults import WrongUse


class Format(StrEnum):
    """Forms of output of `petition tag`."""

    table = "table"
    jsonl = "jsonl"
    csv = "csv"
    xlsx = "xlsx"


SUFFIXES = {".jsonl": Format.jsonl, ".ndjson": Format.jsonl, ".csv": Format.csv, ".xlsx": Format.xlsx}


def choose_format(given: Format | None, target: Path | None, terminal: bool) -> Format:
    """Choose: what was asked for, else what the output's suffix says, else what suits a reader or a program.

    Args:
        given: --format.
        target: the output file; None is standard output.
        terminal: standard output is one.

    Raises:
        WrongUse: the suffix says nothing, or a workbook is to go to standard output.
    """
    if target is None:
        if given is Format.xlsx:
            raise WrongUse("xlsx 要写到文件，请加 -o 文件名.xlsx")
        return given or (Format.table if terminal else Format.jsonl)
    found = given or SUFFIXES.get(target.suffix.lower())
    if found is None:
        raise WrongUse(f"看不出 {target.name} 是什么格式；请用 .jsonl、.csv、.xlsx 或加 --format")
    return found
