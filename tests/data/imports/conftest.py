"""Files of labels on invented reports, and the whole way from a file to labelled reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.imports.formats import Format, find_format, read_labels
from data.imports.merge import Merger, Tie, merge
from data.imports.names import Names
from data.imports.plan import Plan
from data.imports.reading import Reading
from data.imports.settle import settle
from data.imports.source import Source
from data.report import BadRow
from data.taxonomy import Taxonomy

LAMP = "幸福路的路灯坏了半年，打了三次热线都没人来修。"
QUEUE = "人民医院挂号排队要三个小时。"
STAMP = "村委会给材料盖章要收二十元。"

Read = Callable[..., tuple[list[Reading], list[BadRow]]]
Labels = Callable[..., Merger]


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return Taxonomy.default()


@pytest.fixture
def plan(taxonomy: Taxonomy) -> Plan:
    return Plan(Names(taxonomy))


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Write a file: text as it is, a list as JSON lines (or as one list, where the suffix is .json)."""

    def write(name: str, content: Any, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        if isinstance(content, list) and path.suffix != ".json":
            content = "\n".join(json.dumps(one, ensure_ascii=False) for one in content) + "\n"
        if not isinstance(content, str):
            content = json.dumps(content, ensure_ascii=False)
        path.write_text(content, encoding=encoding)
        return path

    return write


@pytest.fixture
def read(plan: Plan) -> Read:
    """Read a file, its format found out or given: readings and bad rows."""

    def run(path: Path, format: Format | None = None, plan: Plan = plan) -> Any:
        source = Source.at(path)
        rows = list(read_labels(source, format or find_format(source, plan), plan))
        bad = [row for row in rows if isinstance(row, BadRow)]
        return [row for row in rows if isinstance(row, Reading)], bad

    return run


@pytest.fixture
def labels(read: Read, plan: Plan) -> Labels:
    """Read files to merged reports."""

    def run(*paths: Path, plan: Plan = plan, tie: Tie = Tie.unlabelled, format: Format | None = None) -> Any:
        readings = [one for path in paths for one in read(path, format, plan)[0]]
        return merge(settle(readings, plan.names).votes, plan.taxonomy, tie)

    return run


def held(merged: Merger) -> list[dict[str, set[str] | None]]:
    """The labels of each report, as plain sets."""
    return [
        {axis: None if one is None else set(one) for axis, one in report.labelled.labels.items()}
        for report in merged.reports
    ]
