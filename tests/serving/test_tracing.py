"""Tracing: off by default; a span for a request and its stages, with no word of it, sent to the collector."""

from __future__ import annotations

import asyncio
import sys

import httpx
import pytest

from model.export import Export
from serving.settings import BadSettings, ServeSettings
from serving.tracing import open_tracing
from tests.serving.collector import Collected
from tests.serving.conftest import PLANTED, SCHOOL
from tests.serving.service import listening, running

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the extra traces is not installed")
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_request_and_its_stages_reach_the_collector_without_a_word_of_it(
    export: Export, collector: Collected
) -> None:
    address, taken = collector

    async def ask() -> None:
        async with running(export, traces=address) as at:
            sent = {"traceparent": PARENT, "tracestate": f"x={PLANTED.encode().hex()}"}
            body = {"reports": [{"id": PLANTED, "title": PLANTED, "text": SCHOOL}]}
            assert (await at.client.post(f"/v1/tag?q={PLANTED}", json=body, headers=sent)).is_success
            assert (await at.client.post("/v1/tag", json={PLANTED: PLANTED})).status_code == 422
            assert (await at.client.get(f"/{PLANTED}")).status_code == 404
            assert (await at.client.get("/livez")).is_success

    asyncio.run(ask())
    sent = b"".join(taken)
    for part in (b"/v1/tag", b"cut", b"queue", b"inference", b"petition.tokens", b"petition-tagger"):
        assert part in sent
    assert bytes.fromhex("0af7651916cd43dd8448eb211c80319c") in sent
    assert PLANTED.encode() not in sent and PLANTED.encode().hex().encode() not in sent
    assert b"/livez" not in sent and "学校".encode() not in sent


def test_nothing_is_sent_by_default_nor_by_the_framework(
    export: Export, collector: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, taken = collector
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", address)

    with listening(export) as site:
        assert httpx.post(f"{site}v1/tag", json={"text": SCHOOL}).is_success
    assert taken == []


def test_a_collector_that_is_away_costs_no_answer(export: Export) -> None:
    async def ask() -> None:
        async with running(export, traces="http://127.0.0.1:9/v1/traces") as at:
            assert (await at.client.post("/v1/tag", json={"text": SCHOOL})).is_success

    asyncio.run(ask())


def test_a_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)

    with pytest.raises(BadSettings, match=r"petition-tagger\[traces\]"):
        open_tracing(ServeSettings(traces="http://localhost:4318/v1/traces"))


@pytest.mark.parametrize("address", ["localhost:4318", "ftp://x", "http://"])
def test_an_address_that_leads_nowhere_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="完整地址"):
        ServeSettings(traces=address)
