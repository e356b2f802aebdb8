"""Whatever an object holds, an import ends well or in an error that quotes no report."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from data.errors import DataError
from data.imports.formats import Format, find_format, read_labels
from data.imports.line import to_line
from data.imports.merge import merge
from data.imports.plan import Plan
from data.imports.reading import Reading
from data.imports.settle import settle
from data.imports.source import Source

WORDS = "独角鲸穿过玻璃桥"
OBJECTS: list[dict[str, Any]] = [
    {"id": 7, "text": WORDS, "label": ["住建", "不作为"], "Comments": []},
    {"id": 7, "data": WORDS, "labels": [[0, 3, "住建"]]},
    {"id": 1, "text": WORDS, "annotations": [{"label": "住建", "user": 1}]},
    {"id": 1, "data": {"text": WORDS}, "annotations": [{"completed_by": 1, "result": [
        {"from_name": "domain", "type": "choices", "value": {"choices": ["教育"]}}]}]},
    {"id": 1, "text": WORDS, "annotator": 1, "annotation_id": 2, "domain": {"choices": ["教育"]}},
    {"id": 1, "fields": {"text": WORDS}, "responses": {"domain": [{"value": ["教育"], "user_id": "u"}]}},
    {"id": 1, "text": WORDS, "domain.responses": [["教育"]], "domain.responses.users": ["u"]},
    {"id": 1, "text": WORDS, "domain": {"教育": "鲸"}, "readings": {"a": {"domain": ["教育"]}}},
    {"id": 1, "text": WORDS, "tags": {"domain": [{"label": "education"}]}, "corrected": {"domain": ["教育"]}},
]  # fmt: skip
ODD: list[Any] = [
    None, "", 5, 1.5, True, [], {}, [[]], [{}], [None], {"a": None}, "教育", {"教育": 1}, "\ud800",
    {"choices": [None, {}]}, {"value": {"choices": 5}}, [["教育", ["鲸"]]],
]  # fmt: skip


def spoilt(value: Any, chance: random.Random) -> Any:
    """Put something odd somewhere in a value."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice([*value])
        return {**value, key: spoilt(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        return [spoilt(value[0], chance), *value[1:]]
    return chance.choice(ODD)


@pytest.mark.parametrize("seed", range(40))
def test_odd_objects_end_well(tmp_path: Path, plan: Plan, seed: int) -> None:
    chance = random.Random(seed)
    for shape in OBJECTS:
        path = tmp_path / "a.jsonl"
        path.write_text("\n".join(json.dumps(spoilt(shape, chance)) for _ in range(3)), encoding="utf-8")
        source = Source.at(path)
        said = ""
        try:
            format = find_format(source, plan) if seed % 2 else chance.choice([*Format])
            readings = [row for row in read_labels(source, format, plan) if isinstance(row, Reading)]
            for one in merge(settle(readings, plan.names).votes, plan.taxonomy).reports:
                to_line(one, plan.taxonomy)
        except DataError as error:
            said = str(error)
        assert WORDS not in said
