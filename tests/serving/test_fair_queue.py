"""The fair queue: short reports pass long ones, batches are full and even, dropped work is not done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from data.report import Report
from model.export import Export
from model.tagger import Tagger
from model.work import Job
from serving.fair_queue import FairQueue, Flow, Waiting


@pytest.fixture
def tagger(make_export: Callable[..., Export]) -> Tagger:
    return Tagger(make_export(), 1)


def put(queue: FairQueue, flow: Flow, *texts: str) -> None:
    for place, work in enumerate(flow.tagger.begin([Report(str(i), text) for i, text in enumerate(texts)])):
        for index in range(len(work.windows)):
            queue.put(Waiting(flow, place, Job(work, index), 0.0))


def test_a_short_report_is_read_before_the_rest_of_a_long_one(tagger: Tagger) -> None:
    queue, long, short = FairQueue(), Flow(tagger), Flow(tagger, due=0.01)
    put(queue, long, "学校收费" * 200)
    first = queue.take(24)
    put(queue, short, "学校收费" * 5)

    assert [w.flow for w in first] == [long]
    assert short in [w.flow for w in queue.take(24)]


def test_a_long_report_is_read_although_short_ones_keep_coming(tagger: Tagger) -> None:
    queue, long = FairQueue(), Flow(tagger)
    put(queue, long, "学校收费" * 40)
    for tenth in range(20):
        put(queue, Flow(tagger, due=tenth / 10), "学校收费" * 5)
        queue.take(24)

    assert long.tokens == 0


def test_a_batch_keeps_to_the_budget_with_its_padding(tagger: Tagger) -> None:
    queue = FairQueue()
    for length in range(1, 40):
        put(queue, Flow(tagger), "学校" * length)
    total, taken = queue.tokens, 0
    while batch := queue.take(96):
        sizes = [w.job.tokens for w in batch]
        taken += sum(sizes)
        assert max(sizes) * len(sizes) <= 96
        assert max(sizes) <= 2.25 * min(sizes)

    assert (taken, queue.tokens) == (total, 0)


def test_a_window_is_read_with_those_of_its_length_and_not_with_the_next(tagger: Tagger) -> None:
    queue = FairQueue()
    for length in (8, 10, 9, 8, 10, 8):
        put(queue, Flow(tagger), "学校" * length)
    sizes = [w.job.tokens for w in queue.take(36)]

    assert len(sizes) == 3 and len(set(sizes)) == 1  # by turn it would be two of two lengths


def test_a_window_larger_than_the_budget_is_taken_alone(tagger: Tagger) -> None:
    queue = FairQueue()
    put(queue, Flow(tagger), "学校" * 30, "学校" * 30)

    assert [len(queue.take(1)) for _ in range(5)] == [1, 1, 1, 1, 0]


def test_windows_of_a_dropped_request_are_never_taken(tagger: Tagger) -> None:
    queue, gone, stays = FairQueue(), Flow(tagger), Flow(tagger)
    put(queue, gone, "学校收费" * 100)
    put(queue, stays, "学校")
    queue.drop(gone)

    assert queue.tokens == stays.tokens
    assert [w.flow for w in queue.take(1000)] == [stays]
    assert queue.take(1000) == [] and queue.oldest() is None


def test_windows_of_two_models_never_share_a_batch(
    tagger: Tagger, make_export: Callable[..., Export]
) -> None:
    queue, other = FairQueue(), Tagger(make_export(folder="other"), 1)
    for each in (tagger, other, tagger):
        put(queue, Flow(each), "学校")

    assert sorted(len(queue.take(1000)) for _ in range(2)) == [1, 2]
