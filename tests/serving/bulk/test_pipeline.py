"""Steps overlap, keep the order, pass errors on and end when nobody listens."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator

import pytest

from serving.bulk.pipeline import overlap


def test_items_keep_their_order_through_steps_that_overlap() -> None:
    met = threading.Barrier(2, timeout=10)  # passes only when both steps are at work at once

    def first(item: int) -> int:
        if item == 1:
            met.wait()
        return item * 10

    def second(item: int) -> int:
        if item == 0:
            met.wait()
        return item + 1

    assert list(overlap(range(20), first, second)) == [n * 10 + 1 for n in range(20)]


def test_an_error_of_a_step_comes_after_the_items_before_it() -> None:
    def step(item: int) -> int:
        if item == 3:
            raise OSError(28, "full")
        return item

    got: list[int] = []
    with pytest.raises(OSError, match="full"):
        got.extend(overlap(range(9), step, lambda item: item))
    assert got == [0, 1, 2]


def test_an_error_of_the_source_is_raised() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise ValueError("row")

    with pytest.raises(ValueError, match="row"):
        list(overlap(source(), lambda item: item))


def test_threads_end_when_the_caller_goes_away() -> None:
    before = threading.active_count()
    stream = overlap(iter(int, 1), lambda item: item, lambda item: item)
    assert next(stream) == 0
    stream.close()  # type: ignore[attr-defined]

    assert threading.active_count() == before


def test_few_items_are_under_way_at_once() -> None:
    made = itertools.count()
    stream = overlap(iter(made), lambda item: item)
    next(stream)
    time.sleep(0.2)

    assert next(made) < 10
    stream.close()  # type: ignore[attr-defined]
