"""Figure: a number or a switch in the manifest of an Export, or an error that names it and what it may be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

STEEPEST = 1e6
"""Of a slope or an offset: beyond, scores are steps, and large logits overflow float32."""


class BadFigure(ValueError):
    """Not such a figure; the message names the field."""


def figure(shape: Mapping[str, Any], name: str, place: str, least: float = 0.0, most: float = 1.0) -> float:
    """Read a number from `least` to `most`.

    Args:
        place: of the shape in the file, for the message.

    Raises:
        KeyError: there is none.
        BadFigure: it is something else, or lies outside.
    """
    value = shape[name]
    # Python takes true for 1; not a number fails both comparisons.
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise BadFigure(f"{_named(place, name)} is {_shown(value)}, not a number from {least:g} to {most:g}")
    return float(value)


def whole(
    shape: Mapping[str, Any], name: str, place: str = "", least: int = 0, most: int | None = None
) -> int:
    """Read a whole number of at least `least`, and at most `most` where that is given.

    Raises:
        KeyError: there is none.
        BadFigure: it is something else, or lies outside.
    """
    value = shape[name]
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or value < least
        or (most is not None and value > most)
    ):
        wanted = f"from {least} to {most}" if most is not None else f"of at least {least}"
        raise BadFigure(f"{_named(place, name)} is {_shown(value)}, not a whole number {wanted}")
    return value


def switch(shape: Mapping[str, Any], name: str, place: str = "") -> bool:
    """Read true or false; false where there is none.

    Raises:
        BadFigure: it is something else.
    """
    value = shape.get(name, False)
    if not isinstance(value, bool):
        raise BadFigure(f"{_named(place, name)} is {_shown(value)}, not true or false")
    return value


def refuse_endless(shape: object, place: str = "") -> None:
    """Refuse NaN and infinity anywhere: JSON has none, and an answer that shows them cannot be written.

    Raises:
        BadFigure: names the first.
    """
    for where, value in _floats(shape, place):
        if not math.isfinite(value):
            raise BadFigure(f"{where} is {value}, not a finite number")


def _floats(shape: object, place: str) -> Iterator[tuple[str, float]]:
    if isinstance(shape, float):
        yield place, shape
    elif isinstance(shape, Mapping):
        for name, inner in shape.items():
            yield from _floats(inner, _named(place, str(name)))
    elif isinstance(shape, list | tuple):
        for number, inner in enumerate(shape):
            yield from _floats(inner, f"{place}[{number}]")


def _named(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _shown(value: object) -> str:
    """A value that may be anything, as short as a message needs it."""
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."
