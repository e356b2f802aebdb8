"""MLflow's scoring protocol: every form that its clients send, and what is none of them."""

from __future__ import annotations

import asyncio
import io
import json
import random
import tracemalloc
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.report import Report
from model.export import Export
from model.tagger import Tagger
from serving.invocations import read_invocation
from serving.invocations_parquet import PARQUET
from serving.problem import Problem
from serving.settings import ServeSettings
from tests.serving.conftest import HOSPITAL, PLANTED, SCHOOL
from tests.serving.service import running

JSON = "application/json"


def parse(body: Any, kind: str = JSON) -> list[Report]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return asyncio.run(read_invocation(raw, kind, ServeSettings(max_chars=1000)))[0]


def packed(columns: dict[str, list[Any]], **how: Any) -> bytes:
    """A table as pandas writes it."""
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **how)
    return out.getvalue()


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


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"dataframe_split": {"columns": ["text"], "data": [["甲"], [None], [float("nan")], [7]]}}, JSON),
        ({"dataframe_records": [{"text": "甲"}, {"text": None}, {"text": float("nan")}, {"text": 7}]}, JSON),
        ({"instances": ["甲", None, [None], {"text": 7}]}, JSON),
        ({"inputs": {"text": ["甲", None, float("nan"), 7]}}, JSON),
        ('id,text\n,甲\n""\n,\n,7\n'.encode(), "text/csv"),
        (packed({"text": ["甲", None, None, "7"]}), PARQUET),
    ],
)
def test_an_empty_cell_does_not_sink_the_rows_around_it(body: Any, kind: str) -> None:
    assert parse(body, kind) == [Report("", text) for text in ("甲", "", "", "7")]


def test_one_text_is_a_report() -> None:
    assert parse({"inputs": "甲"}) == parse({"inputs": {"text": "甲"}}) == [Report("", "甲")]


def test_csv_becomes_reports() -> None:
    body = '\ufeffid,text,title\n1,"甲,\n乙",\n2,丙,题\n'.encode()

    assert parse(body, "text/csv; charset=utf-8") == [Report("1", "甲,\n乙"), Report("2", "丙", "题")]
    assert parse(b"text\n", "text/csv") == parse(b"text", "text/csv") == []


@pytest.mark.parametrize("how", [{}, {"use_dictionary": False}, {"compression": "zstd", "row_group_size": 1}])
def test_parquet_becomes_reports(how: dict[str, Any]) -> None:
    table = {"id": [1, 2], "text": ["甲", "乙"], "title": [None, "题"], "channel": ["x", "y"]}

    assert parse(packed(table, **how), PARQUET) == [Report("1", "甲"), Report("2", "乙", "题")]
    assert parse(packed({"text": ["甲"]}, **how), f"{PARQUET}; charset=utf-8") == [Report("", "甲")]


@pytest.mark.parametrize("how", [{}, {"use_dictionary": False}])
def test_a_small_parquet_file_may_not_unpack_to_a_large_one(how: dict[str, Any]) -> None:
    bomb = packed({"text": ["甲" * 90_000] * 1000}, compression="zstd", **how)
    assert len(bomb) < 400_000

    with pytest.raises(Problem) as refused:
        parse(bomb, PARQUET)
    assert refused.value.code == "too_large" and "unpacks" in refused.value.body("")["detail"]


def test_a_damaged_parquet_file_is_a_problem_and_nothing_else() -> None:
    sound = packed({"id": ["1", "2"], "text": [PLANTED, "乙"]})
    rng, refused = random.Random(0), list[Problem]()
    for _ in range(1000):
        spoilt = bytearray(sound)
        for _ in range(rng.choice((1, 1, 2, 8))):
            spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
        try:
            parse(bytes(spoilt[: rng.choice((len(spoilt), rng.randrange(len(spoilt))))]), PARQUET)
        except Problem as problem:
            refused.append(problem)

    assert len(refused) > 400 and {problem.code for problem in refused} >= {"malformed"}
    assert not any(PLANTED in json.dumps(each.body(""), ensure_ascii=False) for each in refused)


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
        ({"instances": [{"id": PLANTED}]}, JSON, "invalid"),
        ({"instances": [{"text": True}]}, JSON, "invalid"),
        ({"instances": [{"text": "甲", "id": [PLANTED]}]}, JSON, "invalid"),
        ({"instances": ["甲"], "params": {"evidence": PLANTED}}, JSON, "invalid"),
        ({"instances": ["甲"], "params": PLANTED}, JSON, "invalid"),
        ({"instances": ["甲"], "params": {"mask": True}}, JSON, "invalid"),
        ({"instances": ["甲"], "params": {"mask": [PLANTED]}}, JSON, "invalid"),
        ({"instances": ["甲"], "params": {PLANTED: 1}}, JSON, "invalid"),
        ({"instances": ["甲"], "params": {"Mask": "input"}}, JSON, "invalid"),
        ({"instances": ["甲"], "params": {"axes": PLANTED}}, JSON, "invalid"),
        ({"instances": ["甲"], "params": {"axes": [1]}}, JSON, "invalid"),
        ({"instances": ["甲"], "params": {"matters": "yes"}}, JSON, "invalid"),
        ({"instances": ["甲"], "mask": "input"}, JSON, "invalid"),
        ({"inputs": {"text": ["甲"], "id": ["1", "2"]}}, JSON, "invalid"),
        ({"inputs": {"id": [PLANTED]}}, JSON, "invalid"),
        ({"dataframe_split": {"columns": [PLANTED], "data": [["甲"]]}}, JSON, "invalid"),
        ({"dataframe_split": {"columns": ["text"], "data": [["甲", PLANTED]]}}, JSON, "invalid"),
        ({"dataframe_split": {"columns": [["text"], "text"], "data": [["甲", [1]]]}}, JSON, "invalid"),
        ({"dataframe_records": {"text": PLANTED}}, JSON, "invalid"),
        (b'{"inputs": "\\ud800"}', JSON, "invalid"),
        (b"id,title\n1,2\n", "text/csv", "invalid"),
        (b"id,title\n", "text/csv", "invalid"),
        ('text\n"甲'.encode(), "text/csv", "malformed"),
        ("text\n甲".encode("gbk"), "text/csv", "malformed"),
        (b"", "text/csv", "malformed"),
        (b"\xef\xbb\xbf", "text/csv", "malformed"),
        (b"\n", "text/csv", "invalid"),
        (b"", JSON, "malformed"),
        (b"", PARQUET, "malformed"),
        (b"text\n", "text/csv; charset=gbk", "wrong_type"),
        (PLANTED.encode(), PARQUET, "malformed"),
        (b"PAR1" * 9, PARQUET, "malformed"),
        (packed({"id": [PLANTED]}), PARQUET, "invalid"),
        (packed({"text": [{"text": PLANTED}]}), PARQUET, "invalid"),
        (packed({"text": [True]}), PARQUET, "invalid"),
        (packed({"text": [PLANTED.encode()]}), PARQUET, "invalid"),
        (packed({"text": ["甲"] * 1001}), PARQUET, "too_large"),
        ({"instances": [1] * 1001}, JSON, "too_large"),
        ({"inputs": [[]] * 1001}, JSON, "too_large"),
        ({"inputs": {"text": [1] * 1001}}, JSON, "too_large"),
        ({"dataframe_records": [1] * 1001}, JSON, "too_large"),
        ({"dataframe_split": {"columns": ["text"], "data": [1] * 1001}}, JSON, "too_large"),
        (b"text\n" + b"a\n" * 1001, "text/csv", "too_large"),
        (b"x", "", "wrong_type"),
    ],
)  # fmt: skip
def test_what_is_none_of_the_forms_is_a_problem_without_words(body: Any, kind: str, code: str) -> None:
    with pytest.raises(Problem) as refused:
        parse(body, kind)

    assert refused.value.code == code
    assert PLANTED not in json.dumps(refused.value.body(""), ensure_ascii=False)


def test_a_table_of_millions_of_rows_is_refused_before_they_are_made() -> None:
    rows, table = b"a\n" * 2_000_000, json.dumps({"instances": [""] * 500_000}).encode()
    for body, kind, times in ((b"text\n" + rows, "text/csv", 12), (table, JSON, 12)):
        tracemalloc.start()
        with pytest.raises(Problem):
            parse(body, kind)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < times * len(body)


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


def test_params_ask_for_what_v1_tag_is_asked_for(export: Export) -> None:
    text = f"{SCHOOL}电话13800138000。医院名单造假。"
    wanted = {"evidence": "all", "mask": "output", "axes": ["domain"], "matters": True}

    async def ask() -> None:
        async with running(export) as at:
            tagged = (await at.client.post("/v1/tag", json={"text": text, **wanted})).json()
            body = {"instances": [text], "params": wanted}
            found = (await at.client.post("/invocations", json=body)).json()
            assert [{"index": 0, **row} for row in found["predictions"]] == tagged["predictions"]
            assert (
                list(found["predictions"][0]["tags"]) == ["domain"] and "matters" in found["predictions"][0]
            )

            every = {"instances": [text], "params": {"axes": [], "matters": False}}
            (row,) = (await at.client.post("/invocations", json=every)).json()["predictions"]
            assert set(row["tags"]) == {axis.id for axis in export.taxonomy.axes} and "matters" not in row
            body["params"] = {"axes": ["domain", PLANTED]}
            refused = await at.client.post("/invocations", json=body)
            assert refused.status_code == 422 and PLANTED not in refused.text
            assert refused.json()["errors"][0]["field"] == "params.axes[1]"

    asyncio.run(ask())
