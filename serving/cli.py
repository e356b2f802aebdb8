"""The `petition` command: from the shell to the parts that do the work, and from errors to exit codes."""

from __future__ import annotations

import io
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from serving.commands.audit import audit
from serving.commands.bulk import BulkCommand, bulk
from serving.commands.doctor import doctor
from serving.commands.drift import drift
from serving.commands.import_labels import import_labels
from serving.commands.key import keys
from serving.commands.mask import mask
from serving.commands.migrate import migrate
from serving.commands.queue import queue
from serving.commands.retraining import models, promote, retrain, rollback
from serving.commands.reviews import reviews
from serving.commands.serve import serve
from serving.commands.survey import survey
from serving.commands.suspects import suspects
from serving.commands.tag import tag
from serving.commands.taxonomy import taxonomies
from serving.commands.training import TrainCommand, evaluate, train
from serving.commands.tune import tune
from serving.faults import Code, end
from serving.help import HelpedCommand, HelpedGroup, option
from serving.sealed import STORING, refuse_sealed

app = typer.Typer(cls=HelpedGroup, add_completion=False, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def petition(
    context: typer.Context,
    version: Annotated[bool, option("--version", help="显示版本号。", is_eager=True)] = False,
) -> None:
    """信访件、留言、12345 工单的自动打标：领域、作风与违纪问题，附原文证据。全部在本机运行，不联网。"""
    if version:
        from serving.version import package_version

        typer.echo(f"petition-tagger {package_version()}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(Code.WRONG_USE)
    if context.invoked_subcommand in STORING:
        refuse_sealed(context.invoked_subcommand)


app.command(cls=HelpedCommand)(tag)
app.command(cls=BulkCommand)(bulk)
app.command(cls=HelpedCommand)(mask)
app.command(cls=HelpedCommand)(doctor)
app.command(cls=HelpedCommand)(serve)
app.add_typer(taxonomies, name="taxonomy")
app.add_typer(keys, name="key")
app.add_typer(audit, name="audit")
app.add_typer(reviews, name="reviews")
# The options of `train` are those of training's own command; `retrain` hands on what it does not know.
_THROUGH = {"ignore_unknown_options": True, "allow_extra_args": True}
app.command(cls=TrainCommand, context_settings=_THROUGH)(train)
app.command(cls=HelpedCommand)(evaluate)
app.command(cls=HelpedCommand)(tune)
app.command(cls=HelpedCommand, context_settings=_THROUGH)(retrain)
app.add_typer(models, name="models")
app.command(cls=HelpedCommand)(promote)
app.command(cls=HelpedCommand)(rollback)
app.command("import", cls=HelpedCommand)(import_labels)
app.command(cls=HelpedCommand)(survey)
app.command(cls=HelpedCommand)(migrate)
app.command(cls=HelpedCommand)(drift)
app.command(cls=HelpedCommand)(suspects)
app.command(cls=HelpedCommand)(queue)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; give the exit code. Every error becomes one line, without a report's words."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a character is no reason to stop
    try:
        with _ended_by_signal():
            code = int(app(arguments, prog_name="petition", standalone_mode=False) or 0)
        return end(KeyboardInterrupt()) if code == Code.INTERRUPTED else code
    except (Exception, KeyboardInterrupt) as error:
        return end(error)


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Let the signal that ends a container clean up as Ctrl-C does: no half file, no lone child."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, frame: Any) -> None:
        raise SystemExit(Code.TERMINATED)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
