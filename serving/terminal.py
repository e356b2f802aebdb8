"""Terminal: consoles, messages and the progress bar; messages never go where the predictions go."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from serving.typeset import plain

PLAIN_WIDTH = 100  # cells of a table in a file or pipe


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # rich would end the program with the code of rejected rows


def output_console() -> Console:
    """Standard output: a terminal at its own width, a pipe at a fixed one."""
    return _Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)


def message_console() -> Console:
    """Standard error."""
    return _Console(stderr=True, highlight=False)


def say(messages: Console, line: str) -> None:
    """Show one line as it is."""
    messages.print(plain(line), markup=False, soft_wrap=True)


def progress_bar(console: Console, shown: bool) -> Progress:
    """A bar that goes away at the end. A task with a total shows its share; each has a field `said`."""
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.completed} 件  {task.fields[said]}"), TimeElapsedColumn(),
        console=console, transient=True, disable=not shown, redirect_stdout=False, redirect_stderr=False,
    )  # fmt: skip


def duration(seconds: float) -> str:
    """A time to wait, as a person says it."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "不到 1 分钟"
    if minutes < 60:
        return f"{minutes} 分钟"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} 小时 {minutes} 分钟" if hours < 48 else f"{hours // 24} 天 {hours % 24} 小时"


def spinner(console: Console, text: str) -> AbstractContextManager[object]:
    """A sign of life while something takes long; nothing where nobody watches."""
    return console.status(text) if console.is_terminal else nullcontext()
