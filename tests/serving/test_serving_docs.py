"""docs/serving.md shows the tables that the code has, and every route, setting and metric."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from serving.app import review_routes, routes
from serving.metrics import Metrics
from serving.problem import problem_table
from serving.settings import settings_table

FILE = Path(__file__).parents[2] / "docs" / "serving.md"
PAGE = FILE.read_text(encoding="utf-8")
TABLES = {"problems": problem_table, "settings": settings_table}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_that_of_the_code(name: str) -> None:
    found = PAGE.split(f"<!-- {name} -->")[1].split(f"<!-- /{name} -->")[0].strip()

    assert found == TABLES[name](), "run python -m tests.serving.test_serving_docs"


def test_every_route_is_named() -> None:
    for route in (*routes.routes, *review_routes.routes):
        assert f"{route.path}`" in PAGE  # type: ignore[attr-defined]


def test_every_metric_is_named() -> None:
    named = set(re.findall(r"`(petition_\w+)`", PAGE))
    shown = {line.split()[2] for line in Metrics().text().decode().splitlines() if line.startswith("# TYPE")}

    assert {name for name in shown if not name.endswith("_created")} == named


def test_json_on_the_page_is_json() -> None:
    for block in re.findall(r"^```json$(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        json.loads(block)


if __name__ == "__main__":
    for each, table in TABLES.items():
        before, rest = PAGE.split(f"<!-- {each} -->")
        after = rest.split(f"<!-- /{each} -->")[1]
        PAGE = f"{before}<!-- {each} -->\n{table()}\n<!-- /{each} -->{after}"
    FILE.write_text(PAGE, encoding="utf-8")
