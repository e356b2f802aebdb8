"""Ticket: a request's reports are let in as its window has room for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from model.export import Export
from model.tagger import Tagger
from serving.refusal import Failed
from serving.ticket import Plan, Ticket

Make = Callable[..., Export]


@pytest.fixture
def tagger(make_export: Make) -> Tagger:
    return Tagger(make_export(), 1)


@pytest.mark.parametrize(
    ("costs", "sizes"),
    [
        ([], []),
        ([1] * 7, [3, 3, 1]),
        ([50] * 5, [2, 2, 1]),
        ([1, 200, 1, 1], [1, 1, 2]),
    ],
)
def test_few_reports_are_cut_at_once_where_they_are_long(
    tagger: Tagger, costs: list[int], sizes: list[int]
) -> None:
    async def ask() -> None:
        ticket = Ticket(tagger, plan=Plan(costs, 1000, 1.0))
        found = list(ticket.chunks(3, 100))
        assert [len(places) for places in found] == sizes
        assert [place for places in found for place in places] == list(range(len(costs)))
        assert ticket.done.done() == (not costs)

    asyncio.run(ask())


def test_what_finds_no_room_in_the_window_waits_until_something_is_read(tagger: Tagger) -> None:
    async def ask() -> None:
        ticket = Ticket(tagger, plan=Plan([60, 30, 40, 200], 100, 1.0))
        assert await ticket.let_in(range(0, 2))
        assert (ticket.inside, ticket.outside, ticket.wanted) == (90, 240, 100)
        third = asyncio.create_task(ticket.let_in(range(2, 3)))
        await asyncio.sleep(0)
        ticket.owe(0, 50)  # cut: fewer than was thought
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not third.done()
        ticket.read(0, 50)
        assert await third and (ticket.inside, ticket.outside) == (70, 200)
        for place in (1, 2):
            ticket.tell(place, None)
        assert await ticket.let_in(range(3, 4)), "alone, a report larger than the window is let in"
        assert ticket.wanted == ticket.inside == 200

    asyncio.run(ask())


def test_nothing_is_let_in_where_it_has_failed(tagger: Tagger) -> None:
    async def ask() -> None:
        ticket = Ticket(tagger, plan=Plan([60, 60], 100, 1.0))
        assert await ticket.let_in(range(0, 1))
        second = asyncio.create_task(ticket.let_in(range(1, 2)))
        await asyncio.sleep(0)
        ticket.fail(Failed("RuntimeError"))
        assert not await asyncio.wait_for(second, 5)
        with pytest.raises(Failed):
            await ticket.done

    asyncio.run(ask())
