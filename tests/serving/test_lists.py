"""Lists larger than the queue: taken whole, let in by parts, dropped with their client, in nobody's way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest

from data.report import Report
from model.export import Export
from model.tagger import Tagger
from model.work import Job
from serving.batcher import Batcher
from serving.refusal import Busy, Draining, Expired, Failed, Oversize
from tests.serving.test_batcher import LONG, Gate, invented, running

Make = Callable[..., Export]
QUEUE = 4000
LARGE = [Report(f"l{i}", "学校收费，没人处理。" * (i % 13)) for i in range(300)]
"""Six times what the queue holds."""
SHORT = Report("short", "学校收费，没人处理。")


def list_under_way(batcher: Batcher) -> int:
    """Tokens of lists that are cut and wait for the engine, or are being cut."""
    return sum(ticket.inside for ticket in batcher._open if ticket.plan.by_parts)


@pytest.mark.parametrize("evidence", ["none", "all", "careful"])
def test_a_list_larger_than_the_queue_is_the_taggers_own_and_never_under_way_whole(
    make_export: Make, evidence: str
) -> None:
    tagger = Tagger(make_export(), 1)
    reports = LARGE if evidence != "careful" else invented(60)
    most: list[int] = []

    async def ask() -> None:
        async with running(tagger, queue=QUEUE) as batcher:
            ours = asyncio.create_task(batcher.tag(reports, evidence))  # type: ignore[arg-type]
            await asyncio.sleep(0)
            assert batcher.admission.outside > (QUEUE if evidence != "careful" else 0)
            while not ours.done():
                most.append(list_under_way(batcher))
                assert batcher.admission.pending <= QUEUE
                await asyncio.sleep(0)
            answer = await ours
            assert answer.predictions == tagger.tag(reports, evidence)  # type: ignore[arg-type]
            assert answer.tokens > QUEUE and min(vars(answer.timing)[n] for n in ("cut", "queue")) >= 0
            assert (batcher.admission.pending, batcher.admission.outside) == (0, 0)

    asyncio.run(ask())
    assert max(most) <= QUEUE / 2  # more than its window, since what careful evidence takes is estimated


def test_whoever_comes_while_a_list_is_read_is_read_before_its_rest(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)
    gate = Gate(tagger)

    async def ask() -> None:
        async with running(tagger, queue=QUEUE) as batcher:
            batcher.admission.speed.learn(1000, 1.0, full=True)
            large = asyncio.create_task(batcher.tag(LARGE))
            await asyncio.to_thread(gate.entered.wait, 5)
            await asyncio.sleep(0.2)
            batcher.refuse_early()
            shorts = [asyncio.create_task(batcher.tag([SHORT])) for _ in range(20)]
            await asyncio.sleep(0.1)
            gate.open.set()
            await asyncio.gather(*shorts)
            assert not large.done()
            await large
            last = max(place for place, id in enumerate(gate.order) if id == "short")
            assert last < len(gate.order) / 4

    asyncio.run(ask())


def test_lists_share_half_of_the_queue_and_no_more(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)
    gate = Gate(tagger)

    async def ask() -> None:
        async with running(tagger, queue=QUEUE) as batcher:
            lists = [asyncio.create_task(batcher.tag(LARGE)) for _ in range(8)]
            await asyncio.sleep(0.2)
            refused = [each for each in lists if each.done()]
            assert 1 <= len(lists) - len(refused) <= 4
            assert all(isinstance(each.exception(), Busy) for each in refused)
            assert batcher.admission.pending <= QUEUE / 2
            short = asyncio.create_task(batcher.tag([SHORT]))
            gate.open.set()
            assert (await short).predictions
            await asyncio.gather(*lists, return_exceptions=True)
            assert (batcher.admission.pending, batcher.admission.outside) == (0, 0)

    asyncio.run(ask())


def test_nothing_more_is_cut_of_a_list_whose_client_has_gone(make_export: Make) -> None:
    tagger, cut = Tagger(make_export(), 1), list[str]()
    gate, begin = Gate(tagger), tagger.begin

    def note(reports: Sequence[Report]) -> object:
        cut.extend(report.id for report in reports)
        return begin(reports)

    tagger.begin = note  # type: ignore[method-assign,assignment]

    async def ask() -> None:
        async with running(tagger, queue=QUEUE) as batcher:
            gone = asyncio.create_task(batcher.tag(LARGE))
            await asyncio.to_thread(gate.entered.wait, 5)
            await asyncio.sleep(0.1)
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
            assert (batcher.admission.pending, batcher.admission.outside) == (0, 0)
            gate.open.set()
            await batcher.tag([SHORT])

    asyncio.run(ask())
    assert len(cut) < len(LARGE) / 4


def test_a_list_ends_with_the_failure_of_one_part_and_not_with_its_deadline(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)

    def fail(jobs: list[Job]) -> None:
        raise RuntimeError(jobs[0].work.report.text)

    tagger.read = fail  # type: ignore[method-assign,assignment]

    async def ask() -> None:
        async with running(tagger, queue=QUEUE) as batcher:
            with pytest.raises(Failed, match="RuntimeError"):
                await asyncio.wait_for(batcher.tag(LARGE), 5)
            assert (batcher.admission.pending, batcher.admission.outside) == (0, 0)

    asyncio.run(ask())


def test_a_list_has_more_time_than_a_single_report_and_not_for_ever(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)
    read = tagger.read

    def slowly(jobs: list[Job]) -> None:
        threading.Event().wait(0.01)
        read(jobs)

    tagger.read = slowly  # type: ignore[method-assign,assignment]

    async def ask() -> None:
        async with running(tagger, queue=QUEUE, deadline=0.8, list_deadline=60.0) as batcher:
            assert len((await batcher.tag(LARGE)).predictions) == len(LARGE)
        async with running(tagger, queue=QUEUE, deadline=0.8, list_deadline=1.0) as batcher:
            with pytest.raises(Expired, match="within 1 s"):
                await batcher.tag(LARGE)

    asyncio.run(ask())


def test_a_report_that_does_not_fit_into_the_queue_fits_into_no_list(make_export: Make) -> None:
    async def ask() -> None:
        async with running(Tagger(make_export(), 1), queue=800) as batcher:
            with pytest.raises(Oversize, match="in one report, and the queue holds 800"):
                await batcher.tag([Report("1", LONG), SHORT])
            assert (await batcher.tag([Report("1", "学校" * 300), *LARGE[:90]])).predictions

    asyncio.run(ask())


def test_an_accepted_list_is_answered_to_its_end_by_a_service_that_is_ending(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)
    gate = Gate(tagger)

    async def ask() -> None:
        async with running(tagger, queue=QUEUE) as batcher:
            large = asyncio.create_task(batcher.tag(LARGE))
            await asyncio.to_thread(gate.entered.wait, 5)
            draining = asyncio.create_task(batcher.drain())
            await asyncio.sleep(0.05)
            with pytest.raises(Draining):
                await batcher.tag(LARGE)
            gate.open.set()
            await draining
            assert len((await large).predictions) == len(LARGE)

    asyncio.run(ask())


def test_a_list_is_the_work_of_one_model_though_another_comes_meanwhile(make_export: Make) -> None:
    old, new = Tagger(make_export(), 1), Tagger(make_export(folder="new"), 1)
    object.__setattr__(new.export, "version", "2")
    gate = Gate(old)

    async def ask() -> None:
        async with running(old, queue=QUEUE) as batcher:
            large = asyncio.create_task(batcher.tag(LARGE))
            await asyncio.to_thread(gate.entered.wait, 5)
            batcher.swap(new)
            gate.open.set()
            answer = await large
            assert {p.model for p in answer.predictions} == {"tiny@1"} == {answer.export.model}
            assert (await batcher.tag(LARGE)).export.model == "tiny@2"

    asyncio.run(ask())
