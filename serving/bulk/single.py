"""Single: what fails for all reports at once is done for each alone, so that one bad report costs itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
_FULL = ("bad_alloc", "allocate memory")


@dataclass(frozen=True)
class Failed:
    """What stands in the place of a report that cannot be worked on; `error` is a type, never a message."""

    error: str


def each(step: Callable[[list[T]], Sequence[R]], items: Sequence[T]) -> list[R | Failed]:
    """Do a step for all items; where that fails, for each alone.

    Raises:
        MemoryError, OSError: of the machine, not of a report.
    """
    if not items:
        return []
    try:
        return list(step(list(items)))
    except BaseException as error:
        if not _of_a_report(error):
            raise
        if len(items) == 1:
            return [Failed(type(error).__name__)]
    return [found for item in items for found in each(step, [item])]


def _of_a_report(error: BaseException) -> bool:
    # What a library in Rust meets unforeseen is no Exception.
    panic = type(error).__name__ == "PanicException"
    # Engines have no MemoryError; they say it in words.
    full = isinstance(error, MemoryError) or any(words in str(error) for words in _FULL)
    return panic or (isinstance(error, Exception) and not full and not isinstance(error, OSError))
