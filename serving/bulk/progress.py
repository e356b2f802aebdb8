"""Progress: how far a job is, for a person at a terminal, for a log, or for a scheduler."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn

from serving.bulk.choices import Shown
from serving.terminal import duration, say

LOG_S = 60.0  # between two lines of a log
JSON_S = 1.0  # between two JSON lines
BEAT_S = 10.0  # between two looks at whether a line is due although no row has passed
WORDS = {
    "check": "核对文件", "count": "清点行数", "known": "读入原结果", "tag": "打标", "write": "写出结果",
    "publish": "交付结果",
}  # fmt: skip


class Watch:
    """Takes what happens in a job and shows it."""

    def __init__(self, messages: Console, shown: Shown) -> None:
        """Choose: auto is a bar on a terminal, else lines for a log."""
        self._messages = messages
        if shown is Shown.auto:
            shown = Shown.bar if messages.is_terminal else Shown.log
        self.shown = shown
        self._bar: Progress | None = None
        self._phase, self._total, self._rows, self._first, self._rejects = "", 0, 0, 0, 0
        self._began = self._told = 0.0
        self._telling = threading.Lock()

    @contextmanager
    def phase(self, name: str, total: int = 0) -> Iterator[None]:
        """Show one phase of the job: of `total` rows; 0 is an unknown number."""
        self._phase, self._total = name, total
        self._rows = self._first = self._rejects = 0
        self._began = self._told = time.monotonic()
        self._event("phase")
        if self.shown is not Shown.bar:
            over = threading.Event()
            beat = threading.Thread(target=self._beat, args=(over,), daemon=True)
            beat.start()
            try:
                yield
            finally:
                over.set()
                beat.join()
            return
        self._bar = _bar(self._messages)
        task = self._bar.add_task(WORDS[name], total=total or None, said="")
        try:
            with self._bar:
                yield
        finally:
            self._bar.remove_task(task)
            self._bar = None

    def rows(self, rows: int, rejects: int, before: bool = False) -> None:
        """So many more rows are done, so many of them rejects; `before`: by an earlier run, not by this."""
        self._rows += rows
        self._first += rows if before else 0
        self._rejects += rejects
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self._rows, said=self._said())
        else:
            self._tell()

    def _beat(self, over: threading.Event) -> None:
        """Tell also where no row passes: files are hashed, a workbook is packed."""
        while not over.wait(BEAT_S):
            with suppress(OSError):
                self._tell()

    def _tell(self) -> None:
        """Give a line, where the last one is long enough ago."""
        with self._telling:
            now = time.monotonic()
            if self.shown is Shown.json and now - self._told >= JSON_S:
                self._told = now
                self._event("progress")
            elif self.shown is Shown.log and now - self._told >= LOG_S:
                self._told = now
                of = f"/{self._total}" if self._total else ""
                said = f"{self._rows}{of} 行，{self._said()}" if self._rows else "还在进行"
                say(self._messages, f"{WORDS[self._phase]}：{said}")

    def remark(self, line: str) -> None:
        """Say something (Chinese) that the user should know; JSON lines have it too."""
        if self.shown is Shown.json:
            self._write({"event": "remark", "text": line})
        else:
            say(self._messages, line)

    def end(self, shape: dict[str, Any]) -> None:
        """Give the last JSON line."""
        if self.shown is Shown.json:
            self._write({"event": "end", **shape})

    @property
    def rate(self) -> float:
        """Rows a second in this phase, without those that were done before."""
        spent = time.monotonic() - self._began
        return (self._rows - self._first) / spent if spent > 0 else 0.0

    def _left(self) -> float | None:
        return (self._total - self._rows) / self.rate if self._total and self.rate else None

    def _said(self) -> str:
        left = self._left()
        parts = [f"每秒 {self.rate:.1f} 行"]
        if left is not None:
            parts.append(f"还需 {duration(left)}")
        if self._rejects:
            parts.append(f"读不了 {self._rejects} 行")
        return "，".join(parts)

    def _event(self, event: str) -> None:
        if self.shown is not Shown.json:
            return
        left = self._left()
        shape = {"event": event, "phase": self._phase, "rows": self._rows, "total": self._total or None}
        more = {"rejects": self._rejects, "rows_per_second": round(self.rate, 1)}
        self._write({**shape, **more, "seconds_left": None if left is None else round(left)})

    def _write(self, shape: dict[str, Any]) -> None:
        sys.stderr.write(json.dumps(shape, ensure_ascii=False) + "\n")
        sys.stderr.flush()


def _bar(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.completed} 行  {task.fields[said]}"),
        console=console, transient=True, redirect_stdout=False, redirect_stderr=False,
    )  # fmt: skip
