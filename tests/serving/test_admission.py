"""Admission: how a request is let in, and which lists are too many."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from data.report import Report
from model.export import Export
from model.tagger import Tagger
from serving.admission import MOST_SHARE, Admission
from serving.refusal import Busy, Oversize
from serving.ticket import Plan, Ticket

Make = Callable[..., Export]


def reports(*lengths: int) -> list[Report]:
    return [Report(str(place), "字" * length) for place, length in enumerate(lengths)]


def admission(**options: float) -> Admission:
    return Admission(**{"queue": 16_000, "budget": 100, "deadline": 30, "list_deadline": 300, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lengths", "window", "deadline"),
    [
        ([], 0, 30),
        ([10] * 50, 600, 30),
        ([5000], 5002, 30),  # one report is let in whole
        ([98] * 11, 1000, 30),
        ([98] * 41, 1000, 60),  # into the second quarter of the queue
        ([98] * 1000, 1000, 300),
        ([98, 5000, 98], 5002, 60),  # its longest report has to fit into the window
    ],
)
def test_a_list_has_a_window_of_the_queue_and_time_as_it_is_long(
    lengths: list[int], window: int, deadline: float
) -> None:
    plan = admission().plan(reports(*lengths), "none", 24)

    assert (plan.window, plan.deadline) == (window, deadline)
    assert plan.by_parts == (sum(lengths) + 2 * len(lengths) > window)


def test_no_list_has_less_time_than_a_single_report() -> None:
    plan = admission(list_deadline=10).plan(reports(*[98] * 1000), "none", 24)

    assert plan.deadline == 30


def test_what_cannot_be_read_in_its_time_is_too_large() -> None:
    asked = admission()
    asked.refuse_oversize(asked.plan(reports(*[998] * 400), "none", 24))
    asked.speed.learn(1000, 1.0, full=True)
    asked.refuse_oversize(asked.plan(reports(*[998] * 290), "none", 24))

    with pytest.raises(Oversize, match="about 400000 tokens, and 300000 can be read within 300 s"):
        asked.refuse_oversize(asked.plan(reports(*[998] * 400), "none", 24))


@contextmanager
def entered(asked: Admission, tagger: Tagger, *plans: Plan) -> Iterator[list[Ticket]]:
    tickets, before = [Ticket(tagger, plan=plan) for plan in plans], (asked.pending, asked.outside)
    for ticket in tickets:
        asked.enter(ticket)
    yield tickets
    for ticket in tickets:
        asked.leave(ticket)
    assert (asked.pending, asked.outside) == before


def test_a_list_is_accepted_only_where_none_of_the_others_comes_too_late(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)

    async def ask() -> None:
        asked = admission(queue=160_000)
        asked.speed.learn(2000, 1.0, full=True)
        small, large = (asked.plan(reports(*[998] * count), "none", 24) for count in (13, 50))
        assert (small.deadline, large.deadline) == (30, 60)
        with entered(asked, tagger, small):
            asked.refuse_busy(small)
        with entered(asked, tagger, small, small):
            asked.refuse_busy(small)
            asked.refuse_busy(large)  # which takes no more from them than one as small would
        with entered(asked, tagger, small, small, small), pytest.raises(Busy):
            asked.refuse_busy(small)
        with entered(asked, tagger, large), pytest.raises(Busy):
            asked.refuse_busy(large)

    asyncio.run(ask())


def test_lists_share_what_of_the_speed_they_are_promised(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)

    async def ask() -> None:
        asked = admission(queue=160_000)
        asked.speed.learn(1000, 1.0, full=True)
        plan = asked.plan(reports(*[998] * 200), "none", 24)
        with entered(asked, tagger, plan, plan, plan) as tickets:
            for ticket in tickets:
                asked.set_pace(ticket)
            assert sum(ticket.pace for ticket in tickets) == pytest.approx(MOST_SHARE * 1000)
            # Beside them, whoever comes has a third of the speed, and half of its deadline to wait in.
            asked.refuse_busy(asked.plan(reports(4000), "none", 24))
            with entered(asked, tagger, asked.plan(reports(6000), "none", 24)), pytest.raises(Busy):
                asked.refuse_busy(asked.plan(reports(4000), "none", 24))

    asyncio.run(ask())


def test_of_lists_no_more_waits_outside_than_memory_holds(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)

    async def ask() -> None:
        asked = admission()
        plan = asked.plan(reports(*[998] * 150), "none", 24)  # almost ten queues
        asked.refuse_busy(plan)
        with entered(asked, tagger, plan), pytest.raises(Busy):
            asked.refuse_busy(plan)

    asyncio.run(ask())
