"""The YAML form of a taxonomy: strict in, readable out."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from data.errors import BadTaxonomy
from data.taxonomy import Axis, Label, Taxonomy

_TOP = ("version", "axes")
_AXIS = ("id", "name", "name_en", "kind", "screened", "labels")
_LABEL = ("id", "name", "name_en", "definition", "holds", "excludes", "aliases", "parent", "was")


class _Loader(yaml.SafeLoader):
    """SafeLoader that refuses a key written twice, which YAML would silently overwrite, and references.

    References to references make a few lines as large as the memory, and no taxonomy needs one.
    """

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(None, None, "a reference (*name); write it out", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"key {', '.join(twice)} stands twice", node.start_mark
            )
        return super().construct_mapping(node, deep)


def load_taxonomy(path: Path) -> Taxonomy:
    """Read a taxonomy file.

    Raises:
        BadTaxonomy: missing, not UTF-8 YAML, unknown or ill-typed keys, or against a rule of Taxonomy.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadTaxonomy(f"{path}: cannot be read ({type(error).__name__}); check the path") from None
    except UnicodeDecodeError as error:
        raise BadTaxonomy(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    return parse_taxonomy(text, str(path))


def parse_taxonomy(text: str, source: str = "taxonomy") -> Taxonomy:
    """Read a taxonomy from YAML text; `source` names it in errors.

    Raises:
        BadTaxonomy: see `load_taxonomy`.
    """
    try:
        tree = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise BadTaxonomy(f"{source}{place}: not valid YAML: {getattr(error, 'problem', error)}") from None
    except (RecursionError, ValueError):
        raise BadTaxonomy(f"{source}: not valid YAML: nested too deep, or a broken value") from None
    top = _mapping(tree, _TOP, source)
    axes = []
    for order, item in enumerate(_list(top, "axes", source), 1):
        fields = _mapping(item, _AXIS, f"{source}, axis {order}")
        where = f"{source}, axis {fields.get('id', order)}"
        labels = tuple(
            _label(label, f"{where}, label {number}")
            for number, label in enumerate(_list(fields, "labels", where), 1)
        )
        # Taxonomy itself refuses a kind that is neither.
        kind: Any = _text(fields, "kind", where, needed=True)
        axes.append(
            Axis(
                id=_text(fields, "id", where, needed=True),
                name=_text(fields, "name", where, needed=True),
                name_en=_text(fields, "name_en", where),
                kind=kind,
                labels=labels,
                screened=_flag(fields, "screened", where),
            )
        )
    return Taxonomy(_text(top, "version", source, needed=True), tuple(axes), source)


def to_yaml(taxonomy: Taxonomy) -> str:
    """Write a taxonomy as YAML, empty fields left out."""
    tree = {
        "version": taxonomy.version,
        "axes": [
            {
                **_filled(axis, ("id", "name", "name_en", "kind", "screened")),
                "labels": [_filled(label, _LABEL) for label in axis.labels],
            }
            for axis in taxonomy.axes
        ],
    }
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, width=110)


def _filled(noun: Axis | Label, fields: tuple[str, ...]) -> dict[str, Any]:
    pairs = ((name, getattr(noun, name)) for name in fields)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in pairs if value}


def _label(item: object, where: str) -> Label:
    fields = _mapping(item, _LABEL, where)
    where = f"{where} ({fields['id']})" if isinstance(fields.get("id"), str) else where
    return Label(
        id=_text(fields, "id", where, needed=True),
        name=_text(fields, "name", where, needed=True),
        name_en=_text(fields, "name_en", where),
        definition=_text(fields, "definition", where),
        holds=_texts(fields, "holds", where),
        excludes=_texts(fields, "excludes", where),
        aliases=_texts(fields, "aliases", where),
        parent=_text(fields, "parent", where) or None,
        was=_texts(fields, "was", where),
    )


def _mapping(value: object, known: tuple[str, ...], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadTaxonomy(f"{where}: must be a mapping with the keys {', '.join(known)}")
    unknown = [str(key) for key in value if key not in known]
    if unknown:
        raise BadTaxonomy(f"{where}: unknown key {', '.join(unknown)}; known are {', '.join(known)}")
    return value


def _list(fields: dict[str, Any], key: str, where: str) -> list[Any]:
    value = fields.get(key)
    if not isinstance(value, list) or not value:
        raise BadTaxonomy(f"{where}: {key} must be a list with at least one entry")
    return value


def _text(fields: dict[str, Any], key: str, where: str, needed: bool = False) -> str:
    value = fields.get(key)
    if value is None:
        value = ""
    if not isinstance(value, str):
        # `version: 2026.10` is the number 2026.1 and `id: no` is false.
        raise BadTaxonomy(f"{where}: {key} must be text; put it in quotes")
    if needed and not value.strip():
        raise BadTaxonomy(f"{where}: {key} is missing")
    return value.strip()


def _flag(fields: dict[str, Any], key: str, where: str) -> bool:
    value = fields.get(key, False)
    if not isinstance(value, bool):
        raise BadTaxonomy(f"{where}: {key} must be true or false")
    return value


def _texts(fields: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = fields.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise BadTaxonomy(f"{where}: {key} must be a list of texts; put numbers and yes/no in quotes")
    return tuple(item.strip() for item in value)
