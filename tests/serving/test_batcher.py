"""The batcher: the Tagger's own answers, refusals before the queue overflows, nobody's work done in vain."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from data.report import Report
from model.export import Export
from model.tagger import Tagger
from model.work import Job
from serving.answer import Answer
from serving.batcher import Batcher
from serving.refusal import Busy, Draining, Expired, Failed, Oversize
from serving.ticket import Ticket
from tests.serving.conftest import PLANTED

Make = Callable[..., Export]
LONG = "领导推诿没人处理，学校收费。" * 60
MANY = [Report(f"m{i}", "学校收费，没人处理。") for i in range(1000)]


class Gate:
    """Holds the engine until it is opened, and notes whose windows it reads."""

    def __init__(self, tagger: Tagger) -> None:
        self.open, self.read = threading.Event(), tagger.read
        self.order: list[str] = []
        self.entered = threading.Event()
        tagger.read = self  # type: ignore[method-assign,assignment]

    def __call__(self, jobs: list[Job]) -> None:
        self.entered.set()
        assert self.open.wait(20)
        self.order += [job.work.report.id for job in jobs]
        self.read(jobs)


class Seen:
    def __init__(self) -> None:
        self.batches: list[tuple[int, int]] = []
        self.reasons: list[str] = []

    def batch(self, windows: int, tokens: int, seconds: float) -> None:
        self.batches.append((windows, tokens))

    def dropped(self, reason: str) -> None:
        self.reasons.append(reason)


@asynccontextmanager
async def running(tagger: Tagger, **options: object) -> AsyncIterator[Batcher]:
    batcher = Batcher(tagger, **{"budget": 96, "queue": 4000, **options})  # type: ignore[arg-type]
    batcher.start()
    try:
        yield batcher
    finally:
        await batcher.stop()


async def cut(batcher: Batcher) -> Ticket:
    """Wait until of the one request under way as much has been cut as may be while nothing is read."""
    (ticket,), before = batcher._open, -1
    while ticket.total != before:
        before = ticket.total
        await asyncio.sleep(0.1)
    return ticket


def invented(count: int) -> list[Report]:
    return [Report(f"r{i}", "学校收费，没人处理。" * (i % 13), "路灯" if i % 3 else "") for i in range(count)]


def test_answers_are_those_of_the_tagger_whoever_else_asks(make_export: Make) -> None:
    tagger, reports = Tagger(make_export(), 1), invented(60)

    async def ask() -> None:
        async with running(tagger, queue=100_000) as batcher:
            pieces = [reports[:1], reports[1:2], reports[2:40], reports[40:]]
            answers = await asyncio.gather(*(batcher.tag(piece, "all") for piece in pieces))
            for piece, answer in zip(pieces, answers, strict=True):
                assert answer.predictions == tagger.tag(piece, "all")
                assert answer.tokens > 0 and min(vars(answer.timing).values()) >= 0
            assert batcher.admission.pending == 0

    asyncio.run(ask())


def test_careful_evidence_is_the_taggers_own_and_frees_the_queue(make_export: Make) -> None:
    tagger, reports = Tagger(make_export(), 1), [*invented(14), Report("none", "路灯")]

    async def ask() -> None:
        async with running(tagger, queue=100_000) as batcher:
            careful, plain = await asyncio.gather(
                batcher.tag(reports, "careful"), batcher.tag(reports, "all")
            )
            assert careful.predictions == tagger.tag(reports, "careful")
            assert plain.predictions == tagger.tag(reports, "all")
            assert careful.tokens > 3 * plain.tokens and batcher.admission.pending == 0

    asyncio.run(ask())


def test_careful_evidence_counts_for_what_it_takes(make_export: Make) -> None:
    async def ask() -> None:
        async with running(Tagger(make_export(), 1), queue=1200) as batcher:
            assert (await batcher.tag([Report("1", LONG)], "all")).predictions
            with pytest.raises(Oversize):
                await batcher.tag([Report("1", LONG)], "careful")

    asyncio.run(ask())


def test_a_short_report_does_not_wait_behind_careful_evidence(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)
    gate = Gate(tagger)

    async def ask() -> None:
        async with running(tagger, budget=24, queue=100_000) as batcher:
            long = asyncio.create_task(batcher.tag([Report("1", LONG)], "careful"))
            gate.open.set()
            while len(gate.order) < 60:
                await asyncio.sleep(0)
            gate.open.clear()
            short = asyncio.create_task(batcher.tag([Report("2", "学校收费，没人处理。")]))
            await asyncio.sleep(0.05)
            before = len(gate.order)
            gate.open.set()
            await asyncio.gather(short, long)
            assert gate.order.index("2") - before <= 4 and len(gate.order) > before + 20

    asyncio.run(ask())


def test_no_reports_give_no_predictions(make_export: Make) -> None:
    async def ask() -> None:
        async with running(Tagger(make_export(), 1)) as batcher:
            assert (await batcher.tag([])).predictions == []

    asyncio.run(ask())


def test_a_budget_smaller_than_one_window_is_refused_at_the_start(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)

    with pytest.raises(ValueError, match="23 is smaller than one window of 24"):
        Batcher(tagger, budget=23)
    with pytest.raises(ValueError, match="queue of 50 tokens is smaller"):
        Batcher(tagger, budget=96, queue=50)


def test_a_full_queue_refuses_and_says_when_to_come_back(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)
    gate = Gate(tagger)

    async def ask() -> None:
        async with running(tagger, queue=1500) as batcher:
            first = asyncio.create_task(batcher.tag([Report("1", LONG)]))
            await asyncio.sleep(0.05)
            before = batcher.admission.pending
            with pytest.raises(Busy) as refused:
                await batcher.tag([Report("2", LONG)])
            assert refused.value.retry_after >= 1
            assert batcher.admission.pending == before
            gate.open.set()
            await first

    asyncio.run(ask())


def test_what_never_fits_is_too_large_and_not_busy(make_export: Make) -> None:
    async def ask() -> None:
        async with running(Tagger(make_export(), 1), queue=200) as batcher:
            with pytest.raises(Oversize):
                await batcher.tag([Report("1", LONG)])

    asyncio.run(ask())


async def place_of_a_short_one(batcher: Batcher, gate: Gate, before: asyncio.Task[Answer]) -> int:
    """How many were read before a short report that comes while another request is held at the gate."""
    short = asyncio.create_task(batcher.tag([Report("2", "学校收费，没人处理。")]))
    await asyncio.sleep(0.05)
    gate.open.set()
    await asyncio.gather(short, before)
    return gate.order.index("2")


def test_a_short_report_does_not_wait_behind_a_long_one(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)
    gate = Gate(tagger)

    async def ask() -> None:
        async with running(tagger, budget=24) as batcher:
            long = asyncio.create_task(batcher.tag([Report("1", LONG)]))
            await asyncio.to_thread(gate.entered.wait, 5)
            assert await place_of_a_short_one(batcher, gate, long) <= 4 and len(gate.order) > 20

    asyncio.run(ask())


def test_a_list_that_takes_most_of_the_deadline_shuts_nobody_out(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)
    gate = Gate(tagger)

    async def ask() -> None:
        async with running(tagger, queue=100_000) as batcher:
            batcher.admission.speed.learn(450, 1.0, full=True)
            many = asyncio.create_task(batcher.tag(MANY))
            await asyncio.to_thread(gate.entered.wait, 5)
            left = (await cut(batcher)).tokens_left
            assert left / batcher.admission.speed.mean > batcher.admission.deadline / 2
            batcher.refuse_early()
            assert await place_of_a_short_one(batcher, gate, many) < len(MANY) / 2

    asyncio.run(ask())


def test_a_short_report_that_comes_late_does_not_wait_for_the_rest_of_a_list(
    make_export: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    tagger = Tagger(make_export(), 1)
    gate, clock, later = Gate(tagger), time.perf_counter, [0.0]
    monkeypatch.setattr("serving.batcher.time", SimpleNamespace(perf_counter=lambda: clock() + later[0]))

    async def ask() -> None:
        async with running(tagger, queue=100_000) as batcher:
            batcher.admission.speed.learn(450, 1.0, full=True)
            many = asyncio.create_task(batcher.tag(MANY))
            await asyncio.to_thread(gate.entered.wait, 5)
            await cut(batcher)
            # More than a quarter of the deadline, and less than half of the time that the list takes.
            later[0] = 8.0
            assert await place_of_a_short_one(batcher, gate, many) < len(MANY) / 2

    asyncio.run(ask())


def test_what_has_been_read_is_no_longer_under_way(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)
    gate = Gate(tagger)

    async def ask() -> None:
        async with running(tagger, queue=400_000) as batcher:
            many = asyncio.create_task(batcher.tag(MANY))
            await asyncio.to_thread(gate.entered.wait, 5)
            await cut(batcher)
            whole = batcher.admission.pending
            gate.open.set()
            while len(gate.order) < 500:
                await asyncio.sleep(0)
            gate.open.clear()
            await asyncio.sleep(0.05)
            assert batcher.admission.pending <= 0.55 * whole and not many.done()
            gate.open.set()
            await many
            assert batcher.admission.pending == 0

    asyncio.run(ask())


def test_a_large_list_is_taken_beside_others_where_it_can_be_read_in_time(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)
    gate = Gate(tagger)

    async def ask() -> None:
        async with running(tagger, queue=100_000) as batcher:
            batcher.admission.speed.learn(450, 1.0, full=True)
            short = asyncio.create_task(batcher.tag([Report("2", "学校")]))
            await asyncio.to_thread(gate.entered.wait, 5)
            many = asyncio.create_task(batcher.tag(MANY))
            await asyncio.sleep(0.05)
            with pytest.raises(Busy) as refused:
                await batcher.tag(MANY)
            assert refused.value.retry_after > 15, "what is refused counts too"
            with pytest.raises(Oversize, match="13500 can be read within 30 s"):
                await batcher.tag([*MANY, *MANY])
            gate.open.set()
            await asyncio.gather(short, many)

    asyncio.run(ask())


def test_single_reports_tell_nothing_of_the_speed_of_lists(make_export: Make) -> None:
    async def ask() -> None:
        async with running(Tagger(make_export(), 1), queue=100_000) as batcher:
            for report in MANY[:20]:
                await batcher.tag([report])
            assert batcher.admission.speed.mean == 0
            await batcher.tag(MANY)
            assert batcher.admission.speed.best >= batcher.admission.speed.mean > 0

    asyncio.run(ask())


def test_work_of_a_client_that_has_gone_is_dropped(make_export: Make) -> None:
    tagger, seen = Tagger(make_export(), 1), Seen()
    gate = Gate(tagger)

    async def ask() -> None:
        async with running(tagger, budget=24, watch=seen) as batcher:
            gone = asyncio.create_task(batcher.tag([Report("1", LONG)]))
            await asyncio.to_thread(gate.entered.wait, 5)
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
            gate.open.set()
            await batcher.tag([Report("2", "学校")])
            assert len(gate.order) <= 2 and batcher.admission.pending == 0

    asyncio.run(ask())
    assert seen.reasons == ["gone"]


def test_a_request_past_its_deadline_ends_and_frees_the_queue(make_export: Make) -> None:
    tagger, seen = Tagger(make_export(), 1), Seen()
    gate = Gate(tagger)

    async def ask() -> None:
        async with running(tagger, deadline=1.0, watch=seen) as batcher:
            with pytest.raises(Expired):
                await batcher.tag([Report("1", LONG)])
            assert batcher.admission.pending == 0
            gate.open.set()
            assert (await batcher.tag([Report("2", "学校")])).predictions[0].id == "2"

    asyncio.run(ask())
    assert seen.reasons == ["expired"]


def test_an_engine_that_fails_ends_the_request_without_its_words(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)
    read = tagger.read

    def fail(jobs: list[Job]) -> None:
        raise RuntimeError(jobs[0].work.report.text)

    async def ask() -> None:
        async with running(tagger) as batcher:
            tagger.read = fail  # type: ignore[method-assign,assignment]
            with pytest.raises(Failed, match="RuntimeError") as failed:
                await batcher.tag([Report("1", PLANTED)])
            assert PLANTED not in str(failed.value)
            tagger.read = read  # type: ignore[method-assign]
            assert (await batcher.tag([Report("1", "学校")])).predictions

    asyncio.run(ask())


def test_a_fault_of_the_reading_itself_is_told_and_leaves_nobody_waiting(
    make_export: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def fail(budget: int) -> None:
        raise RuntimeError(PLANTED)

    async def ask() -> None:
        batcher = Batcher(Tagger(make_export(), 1), 96, queue=4000)
        monkeypatch.setattr(batcher._waiting, "take", fail)
        batcher.start(lambda: told.append("broken"))
        with pytest.raises(Failed, match="RuntimeError"):
            await batcher.tag([Report("1", PLANTED)])
        with pytest.raises(Draining):
            await batcher.tag([Report("2", PLANTED)])
        await batcher.stop()

    asyncio.run(ask())
    assert told == ["broken"]


def test_draining_answers_what_was_accepted_and_refuses_the_rest(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)
    gate = Gate(tagger)

    async def ask() -> None:
        async with running(tagger) as batcher:
            accepted = [asyncio.create_task(batcher.tag([Report(str(i), "学校")])) for i in range(5)]
            await asyncio.sleep(0.05)
            draining = asyncio.create_task(batcher.drain())
            await asyncio.sleep(0.02)
            with pytest.raises(Draining):
                await batcher.tag([Report("9", "学校")])
            assert not draining.done()
            gate.open.set()
            await draining
            assert [(await task).predictions[0].id for task in accepted] == ["0", "1", "2", "3", "4"]

    asyncio.run(ask())


def test_a_swap_leaves_requests_under_way_with_the_model_they_began_with(make_export: Make) -> None:
    old, new = Tagger(make_export(), 1), Tagger(make_export(folder="new"), 1)
    object.__setattr__(new.export, "version", "2")
    gate = Gate(old)

    async def ask() -> None:
        async with running(old) as batcher:
            before = asyncio.create_task(batcher.tag([Report("1", LONG)]))
            await asyncio.to_thread(gate.entered.wait, 5)
            batcher.swap(new)
            after = asyncio.create_task(batcher.tag([Report("2", "学校")]))
            await asyncio.sleep(0.02)
            gate.open.set()
            assert (await before).predictions[0].model == "tiny@1"
            assert (await after).predictions[0].model == "tiny@2"

    asyncio.run(ask())


def test_batches_are_shared_between_requests(make_export: Make) -> None:
    tagger, seen = Tagger(make_export(), 1), Seen()

    async def ask() -> None:
        async with running(tagger, watch=seen, wait=0.2) as batcher:
            await asyncio.gather(*(batcher.tag([Report(str(i), "学校收费")]) for i in range(12)))

    asyncio.run(ask())
    assert len(seen.batches) <= 3
    assert sum(windows for windows, _ in seen.batches) == 12
