"""Exports: loading the folder that the user named, with whatever is wrong in it as one kind of error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import DataError
from model.export import DEFAULT, BrokenExport, Export
from model.figure import BadFigure
from model.golden import GoldenMismatch
from model.tagger import BUDGET, Tagger
from serving.engine_choice import Choice, choose
from serving.faults import WrongUse
from serving.help import Wanted


def load_export(folder: Path | None) -> Export:
    """Load an Export's folder; None is the one that ships.

    Raises:
        BrokenExport: the folder cannot be used.
    """
    with _broken(folder or DEFAULT):
        return Export.load(folder or DEFAULT)


def load_tagger(folder: Path | None, threads: int = 0, max_tokens: int = 0) -> Tagger:
    """Load the Tagger of an Export's folder on the engine of choice; None is the Export that ships.

    Raises:
        BrokenExport: the folder, its graph or tokenizer cannot be used.
        GoldenMismatch, WrongUse: the engine that the environment asks for cannot be used.
    """
    return chosen_tagger(load_export(folder), threads, max_tokens).tagger


def chosen_tagger(
    export: Export,
    threads: int = 0,
    max_tokens: int = 0,
    budget: int = 0,
    wanted: Wanted | None = None,
) -> Choice:
    """The Tagger of an Export with the reason for its engine.

    `wanted` is asked for instead of what the environment says; raises as load_tagger.
    """
    with _broken(export.folder):
        return choose(export, threads, max_tokens, budget, wanted)


def bulk_tagger(model: Path | None, threads: int, wanted: Wanted | None) -> Tagger:
    """The Tagger of a bulk job, whose calls of the engine are of one size however many threads it has.

    Sums of a window may round otherwise beside a longer one, and a job's processes and machines, with threads
    of their own, make one output. Raises as load_tagger.
    """
    export = load_export(model)
    return chosen_tagger(export, threads, budget=max(BUDGET, export.window), wanted=wanted).tagger


@contextmanager
def _broken(folder: Path) -> Iterator[None]:
    try:
        yield
    except (BrokenExport, GoldenMismatch, WrongUse):
        raise
    except DataError as error:
        raise BrokenExport(str(error)) from None
    except BadFigure as error:
        raise BrokenExport(f"{folder}: {error}; export the model again") from None
    except OSError as error:
        raise BrokenExport(f"{error.filename or folder}: {error.strerror or type(error).__name__}") from None
    except Exception as error:
        # The engine and the tokenizer raise what they like for a file that is not one of theirs.
        kind = type(error).__name__
        advice = "copy the export again, or update onnxruntime"
        raise BrokenExport(f"{folder}: it cannot be loaded ({kind}); {advice}") from None
