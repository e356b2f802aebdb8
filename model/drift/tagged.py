"""Tagged: an output of `petition tag` as a Sample: what was given, not how sure the model was of the rest."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from data.encoding import find_encoding
from data.errors import BrokenFile
from data.taxonomy import Taxonomy
from model.drift.sample import Sample

_KEYS = {"tags", "needs_review", "model"}


def is_tagged(path: Path) -> bool:
    """Tell by its first line whether a file holds predictions, one a line."""
    if path.suffix.lower() not in (".jsonl", ".ndjson") or not path.is_file() or not path.stat().st_size:
        return False
    with path.open(encoding=find_encoding(path)) as file:
        return _prediction(next((line for line in file if line.strip("\ufeff \t\r\n")), "")) is not None


def read_tagged(path: Path, taxonomy: Taxonomy) -> Sample:
    """Read predictions; lines that are none count as rejected.

    Args:
        taxonomy: of the model that made them.

    Raises:
        BrokenFile: of several models, or with labels that the taxonomy does not have.
    """
    places = {
        key: place
        for place, key in enumerate((axis.id, label) for axis in taxonomy.axes for label in axis.label_ids)
    }
    rows: list[list[int]] = []
    review: list[bool] = []
    reasons: Counter[str] = Counter()
    models: set[str] = set()
    rejected = 0
    with path.open(encoding=find_encoding(path)) as file:
        for number, line in enumerate(file, 1):
            if not line.strip("\ufeff \t\r\n"):
                continue
            found = _prediction(line)
            if found is None or not found["model"]:  # without a model: nobody but a person has read it
                rejected += 1
                continue
            models.add(found["model"])
            try:
                rows.append(
                    [places[axis, tag["label"]] for axis, tags in found["tags"].items() for tag in tags]
                )
            except (KeyError, TypeError):
                raise BrokenFile(
                    f"{path}, line {number}: a label that the model's taxonomy does not have; give --model "
                    "the Export that made the file"
                ) from None
            review.append(bool(found["needs_review"]))
            reasons.update(str(reason) for reason in found.get("review_reasons") or ())
    if len(models) > 1:
        raise BrokenFile(f"{path}: tagged by several models ({', '.join(sorted(models))}); tag it with one")
    given = np.zeros((len(rows), len(places)), dtype=bool)
    for row, columns in enumerate(rows):
        given[row, columns] = True
    return Sample(
        next(iter(models), ""), "", taxonomy, len(rows), rejected, given, np.array(review, dtype=bool),
        dict(reasons.most_common()),
    )  # fmt: skip


def _prediction(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line.strip("\ufeff \t\r\n"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not value.keys() >= _KEYS or not isinstance(value["tags"], dict):
        return None
    return value
