"""Rejects: the rows that could not be read, counted and kept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from data.report import BadRow
from serving.whole_file import is_device, open_text, whole_file


class Rejects:
    """Rows that could not be read: counted, and kept in a file beside the output where there is one."""

    def __init__(self, path: Path | None, stack: ExitStack, raw: bool = True) -> None:
        """Take the file's path, or None; the file is made with the first row and ends with the stack.

        Without `raw` the file names the rows and holds none of their words: in a row whose cells stand in the
        wrong columns nobody can say what to mask.
        """
        self.path, self.count = path, 0
        self._raw = raw
        self._stack = stack
        self._out: TextIO | None = None

    def add(self, bad: BadRow) -> None:
        """Take one row."""
        self.count += 1
        if self.path is None:
            return
        if self._out is None:
            part = self._stack.enter_context(whole_file(self.path, private=True))
            self._out = self._stack.enter_context(open_text(part))
        self._out.write(reject_line(reject_shape(bad, self._raw)))

    def forget_earlier(self) -> None:
        """Remove the file of an earlier run where this one rejected nothing: it would mislead."""
        if self.path is not None and not self.count and self.path.is_file():
            self.path.unlink()


def reject_shape(bad: BadRow, raw: bool = True) -> dict[str, Any]:
    """JSON shape of a rejected row; without `raw` its cells are left out."""
    shape = {"file": bad.file, "row": bad.row, "reason": bad.reason, "message": bad.message}
    return {**shape, "raw": dict(bad.raw)} if raw else shape


def reject_line(shape: dict[str, Any]) -> str:
    """One line of a file of rejected rows."""
    return json.dumps(shape, ensure_ascii=False) + "\n"


def rejects_path(target: Path | None) -> Path | None:
    """Where the rejected rows of an output go; None where there is no file to stand beside."""
    if target is None or is_device(target):
        return None
    return target.with_name(f"{target.name}.rejects.jsonl")


def count_rejects(targets: Sequence[Path]) -> dict[str, int]:
    """Count the rejected rows beside outputs: reason -> rows."""
    counts: Counter[str] = Counter()
    for target in targets:
        path = rejects_path(target)
        if path is None or not path.is_file():
            continue
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    counts[str(json.loads(line)["reason"])] += 1
                except (ValueError, KeyError, TypeError):
                    counts["?"] += 1
    return dict(counts.most_common())
