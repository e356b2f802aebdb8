"""Masking and the watch list in the service: after admission, within the deadline, in nobody else's way."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from data.privacy.masked_report import Masking
from data.report import Report
from model.export import Export
from model.guard import Case
from tests.serving.conftest import PLANTED, SCHOOL
from tests.serving.service import Running, running
from tests.serving.test_app import problem

PHONE = "13800138000"


class Slow:
    """The service's Guard, which takes its time for each report and keeps who asked it."""

    def __init__(self, at: Running, seconds: float = 0.0) -> None:
        self.seconds, self.admit, self.calls = seconds, at.service.guard.admit, list[str]()
        at.service.guard.admit = self  # type: ignore[method-assign,assignment]

    def __call__(self, report: Report, masking: Masking = Masking.none) -> Case:
        self.calls.append(threading.current_thread().name)
        time.sleep(self.seconds)
        return self.admit(report, masking)


def go(export: Export, ask: Callable[[Running], Awaitable[Any]], **settings: object) -> None:
    async def work() -> None:
        async with running(export, **settings) as at:  # type: ignore[arg-type]
            await ask(at)

    asyncio.run(work())


@pytest.mark.parametrize("guarded", ["mask", "watch_list"])
def test_what_is_refused_is_not_masked_first(export: Export, tmp_path: Path, guarded: str) -> None:
    names = tmp_path / "names.txt"
    names.write_text(f"{PLANTED}\n", encoding="utf-8")
    settings: dict[str, object] = {"mask": "output"} if guarded == "mask" else {"watch_list": names}

    async def ask(at: Running) -> None:
        guard = Slow(at)
        problem(await at.client.post("/v1/tag", json={"text": SCHOOL * 1000}), "too_large")
        at.service.batcher.admission.pending = 19_999
        problem(await at.client.post("/v1/tag", json={"texts": [SCHOOL] * 40}), "busy")
        assert not guard.calls
        at.service.batcher.admission.pending = 0
        assert (await at.client.post("/v1/tag", json={"texts": [SCHOOL] * 40})).status_code == 200
        assert len(guard.calls) == 40

    go(export, ask, **settings)


def test_masking_counts_against_the_queue_and_ends_with_the_deadline(export: Export) -> None:
    async def ask(at: Running) -> None:
        guard = Slow(at, 0.02)
        asked = asyncio.create_task(at.client.post("/v1/tag", json={"texts": [SCHOOL] * 200}))
        while not guard.calls:
            await asyncio.sleep(0.01)
        assert at.service.batcher.admission.pending > 0
        began = time.perf_counter()
        problem(await asked, "expired")
        assert time.perf_counter() - began < 2
        assert at.service.batcher.admission.pending == 0
        await asyncio.sleep(1)  # what was begun is ended
        begun = len(guard.calls)
        await asyncio.sleep(0.2)
        assert len(guard.calls) == begun < 100

    go(export, ask, mask="output", deadline_s=0.5, list_deadline_s=0.5)


def test_masking_ends_where_the_client_has_gone(export: Export) -> None:
    async def ask(at: Running) -> None:
        guard = Slow(at, 0.02)
        reports = [Report(str(i), SCHOOL) for i in range(200)]
        gone = asyncio.create_task(at.service.tag(reports, "none"))
        while not guard.calls:
            await asyncio.sleep(0.01)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        await asyncio.sleep(1)
        assert len(guard.calls) < 100 and at.service.batcher.admission.pending == 0

    go(export, ask, mask="output")


def test_masking_takes_no_thread_that_a_reload_needs_and_a_short_report_passes_a_long_list(
    export: Export,
) -> None:
    async def ask(at: Running) -> None:
        guard = Slow(at, 0.02)
        lists = [
            asyncio.create_task(at.client.post("/v1/tag", json={"texts": [SCHOOL] * 60})) for _ in range(8)
        ]
        while not guard.calls:
            await asyncio.sleep(0.01)
        await asyncio.wait_for(at.service.reload(), 5)
        assert (await at.client.post("/v1/tag", json={"text": SCHOOL})).status_code == 200
        assert not all(each.done() for each in lists)
        assert {response.status_code for response in await asyncio.gather(*lists)} == {200}
        assert {name.rpartition("_")[0] for name in guard.calls} == {"guard"}

    go(export, ask, mask="output", queue_tokens=200_000)


def test_a_masked_list_comes_back_in_order_with_what_a_person_is_to_handle(
    export: Export, tmp_path: Path
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("赵大海\n", encoding="utf-8")
    texts = [f"学校收费，电话{PHONE}，第{i}件" + ("，赵大海" if i % 7 == 0 else "") for i in range(150)]

    async def ask(at: Running) -> None:
        found = (
            await at.client.post("/v1/tag", json={"texts": texts, "mask": "output", "evidence": "all"})
        ).json()
        by_hand = [i for i, p in enumerate(found["predictions"]) if "handle_by_hand" in p["review_reasons"]]
        assert by_hand == list(range(0, 150, 7)) and len(found["predictions"]) == 150
        assert PHONE not in str(found)
        only = await at.client.post("/v1/tag", json={"texts": ["赵大海"] * 40})
        assert all(p["review_reasons"] == ["handle_by_hand"] for p in only.json()["predictions"])

    go(export, ask, watch_list=names, queue_tokens=2000)
