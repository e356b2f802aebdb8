"""Pairs of invented reports, and which way a score must move from the first to the second."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from data.report import Report
from data.taxonomy import Taxonomy

DIRECTIONS = Path(__file__).with_name("directions.yaml")
UP, DOWN = 1, -1


@dataclass(frozen=True)
class Pair:
    """Two reports that differ in one thing.

    Attributes:
        group: what is counted together: a label, "private_actor" or "denied".
        first, second: the reports.
        labels: the largest of these labels' scores is watched.
        way: UP or DOWN, from first to second.
    """

    group: str
    first: Report
    second: Report
    labels: tuple[str, ...]
    way: int


def groups(path: Path = DIRECTIONS) -> list[str]:
    """Names of the groups, in the order of the file."""
    shape = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [*shape["raise"], "private_actor", "denied"]


def read_pairs(taxonomy: Taxonomy, path: Path = DIRECTIONS) -> list[Pair]:
    """All pairs of directions.yaml; every label of the taxonomy has some."""
    shape = yaml.safe_load(path.read_text(encoding="utf-8"))
    pairs = []
    for axis in taxonomy.axes:
        for label in axis.labels:
            for base in shape["bases"][axis.id]:
                for more in shape["raise"][label.id]:
                    pairs.append(_pair(label.id, base, base + more, (label.id,), UP))
    misconduct = tuple(label.id for axis in taxonomy.axes if axis.id == "misconduct" for label in axis.labels)
    for template in shape["private_actor"]:
        for public, private in template["actors"]:
            texts = (template["text"].format(actor=actor) for actor in (public, private))
            pairs.append(_pair("private_actor", *texts, misconduct, DOWN))
    for item in shape["denied"]:
        pairs.append(_pair("denied", item["said"], item["denied"], (item["label"],), DOWN))
    return pairs


def _pair(group: str, first: str, second: str, labels: tuple[str, ...], way: int) -> Pair:
    return Pair(group, Report(group, first), Report(group, second), labels, way)
