"""A challenger reads along: silently, in idle time only, and what it leaves are counts."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from data.report import Report
from model.export import Export
from model.prediction import Prediction, Tag
from model.tagger import Tagger
from model.work import Job
from serving import shadow as shadow_module
from serving.service import Service
from serving.shadow import QUEUE, compare
from tests.conftest import speaking_tables
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL
from tests.serving.service import Running, running
from tests.serving.test_app import problem
from tests.serving.test_service import version

Make = Callable[..., Export]


@pytest.fixture
def challenger(make_export: Make, tokenizer: Tokenizer) -> Export:
    """学校 is medical here, where `export` says education; the rest is alike."""
    words = {"学校": 1, "医院": 1, "推诿": 2, "造假": 3}
    return make_export(speaking_tables(tokenizer, words), folder="challenger")


async def settled(service: Service, reports: int) -> None:
    """Wait until so many reports have been scored, dropped or failed."""
    assert service.shadow is not None
    for _ in range(500):
        counts = service.shadow.counts
        if counts.scored + counts.dropped + counts.failed >= reports:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the challenger does not come to an end")


async def tag(at: Running, *texts: str) -> list[str]:
    response = await at.client.post("/v1/tag", json={"texts": list(texts)})
    assert response.status_code == 200
    return [one["model"] for one in response.json()["predictions"]]


def test_who_gave_which_label_is_counted(export: Export, challenger: Export) -> None:
    async def ask() -> None:
        async with running(export, shadow=challenger.folder, shadow_share=1.0) as at:
            assert await tag(at, SCHOOL, HOSPITAL, HOSPITAL, QUIET) == ["tiny@1"] * 4
            await settled(at.service, 4)
            told = (await at.client.get("/v1/shadow")).json()
            text = at.service.metrics.text().decode()
        labels = {one["label"]: one for one in told["labels"] if one["axis"] != "purpose"}
        sides = {label: (one["both"], one["live"], one["shadow"]) for label, one in labels.items()}

        assert sides["education"] == (0, 1, 0) and sides["medical"] == (2, 0, 1)
        assert sides["inaction"] == (1, 0, 0) and sides["falsification"] == (2, 0, 0)
        assert (told["drawn"], told["scored"], told["alike"], told["same"]) == (4, 4, 3, False)
        assert labels["education"]["known_to"] == "both" and labels["education"]["name"] == "教育"
        assert 'petition_shadow_tags_total{axis="domain",label="education",side="live"} 1.0' in text
        assert 'petition_shadow_reports_total{outcome="scored"} 4.0' in text
        assert 'petition_shadow_info{live="tiny@1",shadow="tiny@1"} 1.0' in text
        assert PLANTED not in text and PLANTED not in str(told)

    asyncio.run(ask())


def test_who_asks_for_a_person_is_counted() -> None:
    def one(labels: str, axis: str = "domain") -> Prediction:
        return Prediction("1", {axis: tuple(Tag(x, x, 0.9) for x in labels)}, False, 0, "m")

    assert compare(one("ab"), one("bc")) == [
        ("domain", "a", "live"), ("domain", "b", "both"), ("domain", "c", "shadow"),
    ]  # fmt: skip
    assert compare(one("a"), one("a", "topic")) == [("domain", "a", "live"), ("topic", "a", "shadow")]
    assert compare(one(""), one("")) == []


def test_a_share_of_the_reports_is_drawn(export: Export, challenger: Export) -> None:
    async def ask() -> None:
        async with running(export, shadow=challenger.folder, shadow_share=0.3) as at:
            assert at.service.shadow is not None
            at.service.shadow._draw.seed(1)
            for _ in range(4):
                await tag(at, *["学校"] * 50)
            drawn = at.service.shadow.counts.drawn
            assert 40 <= drawn <= 80  # of 200; 60 are expected, with a spread of 6.5

    asyncio.run(ask())


def test_it_reads_only_when_no_request_is_under_way(export: Export, challenger: Export) -> None:
    order: list[str] = []
    entered, go_on = threading.Event(), threading.Event()

    def watched(tagger: Tagger, name: str) -> None:
        read = tagger.read

        def note(jobs: list[Job]) -> None:
            order.append(name)
            if name == "live" and order.count("live") == 2:
                entered.set()
                assert go_on.wait(20)
            read(jobs)

        tagger.read = note  # type: ignore[method-assign,assignment]

    async def ask() -> None:
        async with running(export, shadow=challenger.folder, shadow_share=1.0) as at:
            shadow = at.service.shadow
            assert shadow is not None
            begin = shadow.tagger.begin
            opened = threading.Event()

            def late(reports: list[Report]) -> object:
                assert opened.wait(20)
                return begin(reports)

            shadow.tagger.begin = late  # type: ignore[method-assign,assignment]
            watched(at.service.tagger, "live")
            watched(shadow.tagger, "shadow")
            await tag(at, "学校" * 30)
            second = asyncio.create_task(tag(at, "医院"))
            await asyncio.to_thread(entered.wait, 20)
            opened.set()  # the first report is cut now, and could be read
            await asyncio.sleep(0.1)
            assert "shadow" not in order
            go_on.set()
            await second
            await settled(at.service, 2)
            assert order[:2] == ["live", "live"] and order.count("shadow") >= 3
            assert max(1, order.count("shadow")) > order.count("live")  # one window at a time

    asyncio.run(ask())


def test_what_finds_no_time_is_dropped(
    export: Export, challenger: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow_module, "PATIENCE_S", 0.1)

    async def ask() -> None:
        async with running(export, shadow=challenger.folder, shadow_share=1.0) as at:
            assert at.service.shadow is not None
            at.service.batcher._open.add(object())  # type: ignore[arg-type]  # a request that never ends
            await tag(at, *["学校"] * (QUEUE + 20))
            await settled(at.service, QUEUE + 20)
            counts = at.service.shadow.counts
            assert (counts.drawn, counts.scored, counts.dropped) == (QUEUE + 20, 0, QUEUE + 20)
            assert 'outcome="dropped"} 84.0' in at.service.metrics.text().decode()

    asyncio.run(ask())


def test_a_challenger_that_fails_harms_nobody(export: Export, challenger: Export) -> None:
    def fail(jobs: list[Job]) -> None:
        raise RuntimeError(jobs[0].work.report.text)

    async def ask() -> None:
        async with running(export, shadow=challenger.folder, shadow_share=1.0) as at:
            assert at.service.shadow is not None
            at.service.shadow.tagger.read = fail  # type: ignore[method-assign,assignment]
            assert await tag(at, SCHOOL, HOSPITAL) == ["tiny@1"] * 2
            await settled(at.service, 2)
            assert await tag(at, QUIET) == ["tiny@1"]
            assert (await at.client.get("/v1/shadow")).json()["failed"] >= 2

    asyncio.run(ask())


def test_counts_begin_anew_when_a_model_is_swapped(
    export: Export, challenger: Export, tmp_path: Path
) -> None:
    current = tmp_path / "current"
    current.symlink_to(challenger.folder)

    async def ask() -> None:
        async with running(export, shadow=current, shadow_share=1.0) as at:
            assert at.service.shadow is not None
            await tag(at, SCHOOL)
            await settled(at.service, 1)
            current.unlink()
            current.symlink_to(version(challenger, "2", tmp_path / "two"))
            assert (await at.client.post("/v1/model/reload")).status_code == 200
            told = (await at.client.get("/v1/shadow")).json()
            assert (told["shadow"], told["scored"], told["drawn"]) == ("tiny@2", 0, 0)
            text = at.service.metrics.text().decode()
            assert 'shadow="tiny@2"} 1.0' in text and 'outcome="scored"' not in text
            await tag(at, SCHOOL)
            await settled(at.service, 1)
            assert at.service.shadow.counts.scored == 1

    asyncio.run(ask())


def test_a_challenger_that_is_broken_leaves_the_one_before_and_the_swap_goes_on(
    export: Export, challenger: Export, tmp_path: Path
) -> None:
    live = version(export, "2", tmp_path / "live")
    (tmp_path / "challenger-2").mkdir()
    folder = Path(shutil.copytree(challenger.folder, tmp_path / "challenger-2", dirs_exist_ok=True))

    async def ask() -> None:
        async with running(export, model=live, shadow=folder, shadow_share=1.0) as at:
            (folder / "model.onnx").write_bytes(b"")
            assert (await at.client.post("/v1/model/reload")).status_code == 200
            await tag(at, SCHOOL)
            await settled(at.service, 1)
            assert (await at.client.get("/v1/shadow")).json()["scored"] == 1

    asyncio.run(ask())


def test_a_model_is_not_compared_with_itself(export: Export, tmp_path: Path) -> None:
    async def ask() -> None:
        async with running(export, shadow=export.folder, shadow_share=1.0) as at:
            await tag(at, SCHOOL)
            told = (await at.client.get("/v1/shadow")).json()
            assert told["same"] and told["drawn"] == 0

    asyncio.run(ask())


def test_without_a_challenger_there_is_nothing_to_tell(export: Export) -> None:
    async def ask() -> None:
        async with running(export) as at:
            problem(await at.client.get("/v1/shadow"), "not_found")

    asyncio.run(ask())


def test_the_report_is_forgotten_once_it_is_counted(export: Export, challenger: Export) -> None:
    async def ask() -> None:
        async with running(export, shadow=challenger.folder, shadow_share=1.0) as at:
            await tag(at, SCHOOL)
            await settled(at.service, 1)
            assert at.service.shadow is not None and not at.service.shadow._waiting
            started = time.monotonic()
            await at.service.drain()
            assert time.monotonic() - started < 5

    asyncio.run(ask())


def test_sealed_mode_and_the_watch_list_keep_reports_from_it(
    export: Export, challenger: Export, tmp_path: Path
) -> None:
    (tmp_path / "names.txt").write_text("岭上医院\n", encoding="utf-8")

    async def ask() -> None:
        async with running(export, shadow=challenger.folder, shadow_share=1.0, sealed=True) as at:
            await tag(at, SCHOOL)
            problem(await at.client.get("/v1/shadow"), "not_found")
        watching = {"watch_list": tmp_path / "names.txt", "mask": "input"}
        async with running(export, shadow=challenger.folder, shadow_share=1.0, **watching) as at:
            await tag(at, "岭上医院名单造假", HOSPITAL, "岭上医院没人处理")
            await settled(at.service, 1)
            assert at.service.shadow is not None and at.service.shadow.counts.drawn == 1

    asyncio.run(ask())
