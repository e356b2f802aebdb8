"""Nested: objects and lists inside one cell, as JSON and Parquet have them; a key there is a heading too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from data.columns import count_known
from data.privacy.headings import entity_of

Leaf = Callable[[str, object], object]
# Forms are exported as {"label": "姓名", "value": "…"}: then the heading stands beside the value.
_LABELS = ("key", "name", "label", "field", "title", "字段", "字段名", "名称", "标签")
_VALUES = frozenset({"value", "val", "content", "text", "值", "字段值", "内容"})


def parsed(cell: str) -> object:
    """The object or list that a cell holds as JSON; None where it holds anything else."""
    if cell.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):  # words in brackets; a number of thousands of digits; an attack
        return None
    return value if isinstance(value, dict | list) else None


def inside(cell: str) -> Iterator[str]:
    """All words in the object or list that a cell holds as JSON, keys too."""
    found: list[object] = [parsed(cell)]
    while found:  # however deep
        value = found.pop()
        if isinstance(value, dict):
            found += value.items()
        elif isinstance(value, list | tuple):
            found += value
        elif isinstance(value, str):
            yield value
            found.append(parsed(value))


def remade(heading: str, value: object, leaf: Leaf) -> object:
    """The same value with another in place of each leaf.

    Args:
        heading: of the column or key that holds it.
        value: of any depth.
        leaf: takes a heading and a value that is neither object nor list.

    Raises:
        RecursionError: it is too deep.
    """
    if isinstance(value, dict):
        label = _label(value)
        return {
            name: inner if name == label
            else remade(value[label] if label and name in _VALUES else _within(heading, name), inner, leaf)
            for name, inner in value.items()
        }  # fmt: skip
    if isinstance(value, list | tuple):
        if len(value) == 2 and isinstance(value[0], str) and entity_of(value[0]):  # an entry of a map
            made = [value[0], remade(value[0], value[1], leaf)]
        else:
            made = [remade(heading, inner, leaf) for inner in value]
        return tuple(made) if isinstance(value, tuple) else made
    return leaf(heading, value)


def told(heading: str, value: object) -> Iterator[tuple[str, str]]:
    """All words inside a value, each under its heading."""
    found: list[tuple[str, str]] = []

    def keep(under: str, leaf: object) -> object:
        if isinstance(leaf, str):
            found.append((under, leaf))
        return leaf

    remade(heading, value, keep)
    return iter(found)


def _within(heading: str, key: object) -> str:
    """What a key inside an object calls its value: one of no known meaning what the object is called."""
    name = str(key)
    return name if count_known([name]) or not entity_of(heading) else heading


def _label(value: dict[str, object]) -> str:
    """The key of an object under which the heading of its value stands; "" where there is none."""
    if _VALUES.isdisjoint(value):
        return ""
    for name in _LABELS:
        words = value.get(name)
        if isinstance(words, str) and entity_of(words):
            return name
    return ""
