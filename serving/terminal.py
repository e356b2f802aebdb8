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
    TimeRemainingColumn,
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
    """A bar that goes away at the end; of a task with a total it shows the share and the time left."""
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.completed} 件"), TimeElapsedColumn(), TimeRemainingColumn(),
        console=console, transient=True, disable=not shown, redirect_stdout=False, redirect_stderr=False,
    )  # fmt: skip


def spinner(console: Console, text: str) -> AbstractContextManager[object]:
    """A sign of life while something takes long; nothing where nobody watches."""
    return console.status(text) if console.is_terminal else nullcontext()
