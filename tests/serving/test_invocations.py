"""MLflow's scoring protocol: every form that its clients send, and what is none of them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from data.report import Report
from model.export import Export
from model.tagger import Tagger
from serving.invocations import parse_invocation
from serving.problem import Problem
from tests.serving.conftest import HOSPITAL, PLANTED, SCHOOL
from tests.serving.service import running

JSON = "application/json"


def parse(body: Any, kind: str = JSON) -> list[Report]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_invocation(raw, kind, 1000)[0]


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"index": [0, 1], "columns": ["id", "text"], "data": [["1", "甲"], ["2", "乙"]]}},
        {"dataframe_records": [{"id": "1", "text": "甲"}, {"id": "2", "text": "乙", "channel": "x"}]},
        {"instances": [{"id": 1, "text": "甲"}, {"id": 2, "text": "乙", "title": None}]},
        {"inputs": {"id": ["1", "2"], "text": ["甲", "乙"]}},
        {"inputs": [{"id": "1", "text": "甲"}, {"id": "2", "text": "乙", "title": float("nan")}]},
    ],
)
def test_tables_become_reports(body: dict[str, Any]) -> None:
    assert parse(body) == [Report("1", "甲"), Report("2", "乙")]


@pytest.mark.parametrize(
    "body", [{"instances": ["甲", "乙"]}, {"inputs": ["甲", "乙"]}, {"instances": [["甲"], ["乙"]]},
             {"inputs": {"text": ["甲", "乙"]}},
             {"dataframe_split": {"columns": ["text"], "data": [["甲"], ["乙"]]}}]
)  # fmt: skip
def test_lists_of_texts_become_reports(body: dict[str, Any]) -> None:
    assert parse(body) == [Report("", "甲"), Report("", "乙")]


def test_one_text_is_a_report() -> None:
    assert parse({"inputs": "甲"}) == parse({"inputs": {"text": "甲"}}) == [Report("", "甲")]


def test_csv_becomes_reports() -> None:
    body = '\ufeffid,text,title\n1,"甲,\n乙",\n2,丙,题\n'.encode()

    assert parse(body, "text/csv; charset=utf-8") == [Report("1", "甲,\n乙"), Report("2", "丙", "题")]
    assert parse(b"text\n", "text/csv") == parse(b"", "text/csv") == []


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"{", JSON, "malformed"),
        (b"[" * 100_000, JSON, "malformed"),
        (b"\xff", JSON, "malformed"),
        ([PLANTED], JSON, "malformed"),
        ({"inputs": [], "instances": []}, JSON, "malformed"),
        ({"data": [PLANTED]}, JSON, "malformed"),
        ({"instances": PLANTED}, JSON, "malformed"),
        ({"instances": [1]}, JSON, "invalid"),
        ({"instances": [{"text": None}]}, JSON, "invalid"),
        ({"instances": [{"text": "甲", "id": [PLANTED]}]}, JSON, "invalid"),
        ({"instances": ["甲"], "params": {"evidence": PLANTED}}, JSON, "invalid"),
        ({"instances": ["甲"], "params": PLANTED}, JSON, "invalid"),
        ({"inputs": {"text": ["甲"], "id": ["1", "2"]}}, JSON, "invalid"),
        ({"inputs": {"id": [PLANTED]}}, JSON, "invalid"),
        ({"dataframe_split": {"columns": [PLANTED], "data": [["甲"]]}}, JSON, "invalid"),
        ({"dataframe_split": {"columns": ["text"], "data": [["甲", PLANTED]]}}, JSON, "invalid"),
        ({"dataframe_split": {"columns": [["text"], "text"], "data": [["甲", 1]]}}, JSON, "invalid"),
        ({"dataframe_records": {"text": PLANTED}}, JSON, "invalid"),
        (b'{"inputs": "\\ud800"}', JSON, "invalid"),
        (b"id,title\n1,2\n", "text/csv", "invalid"),
        (b"id,title\n", "text/csv", "invalid"),
        ('text\n"甲'.encode(), "text/csv", "malformed"),
        ("text\n甲".encode("gbk"), "text/csv", "malformed"),
        (b"text\n", "text/csv; charset=gbk", "wrong_type"),
        (b"x", "application/vnd.apache.parquet", "wrong_type"),
        (b"x", "", "wrong_type"),
    ],
)  # fmt: skip
def test_what_is_none_of_the_forms_is_a_problem_without_words(body: Any, kind: str, code: str) -> None:
    with pytest.raises(Problem) as refused:
        parse(body, kind)

    assert refused.value.code == code
    assert PLANTED not in json.dumps(refused.value.body(""), ensure_ascii=False)


def test_the_answer_is_that_of_mlflow_and_of_the_tagger(export: Export) -> None:
    body = {"dataframe_records": [{"text": SCHOOL}, {"text": HOSPITAL}], "params": {"evidence": "all"}}

    async def ask() -> None:
        async with running(export) as at:
            found = (await at.client.post("/invocations", json=body)).json()
            wanted = Tagger(export, 1).tag([Report("", SCHOOL), Report("", HOSPITAL)], "all")
            assert found == {"predictions": [p.to_dict() for p in wanted]}
            broken = (await at.client.post("/invocations", json={})).json()
            assert broken["error_code"] == "MALFORMED" and broken["message"]
            for path in ("/ping", "/health", "/version"):
                assert (await at.client.get(path)).status_code == 200
            long = {"inputs": [PLANTED * 20_000]}
            assert (await at.client.post("/invocations", json=long)).status_code == 422

    asyncio.run(ask())
