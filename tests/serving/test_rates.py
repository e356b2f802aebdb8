"""Rates: what one is, and that whoever waits as long as is said finds room, and not much sooner."""

from __future__ import annotations

import random

import pytest

from serving.rates import Rates, parse_rate


@pytest.mark.parametrize(
    ("text", "amount", "seconds"),
    [
        ("1000/minute", 1000, 60),
        ("10 per 6 seconds", 10, 6),
        (" 1/2hours ", 1, 7200),
        ("60/Day", 60, 86_400),
    ],
)
def test_a_rate_is_a_number_in_a_time(text: str, amount: int, seconds: int) -> None:
    found = parse_rate(text)

    assert (found.amount, found.get_expiry()) == (amount, seconds)


@pytest.mark.parametrize(
    "text",
    ["", "lots", "10", "0/minute", "00/minute", "10/0minutes", "-1/minute", "1.5/minute", "10/fortnight",
     "1000/minute;5/second", "1000/minute,", "1000/minute|", "1000/minute 5/second", "9" * 5000 + "/day"],
)  # fmt: skip
def test_what_is_none_or_several_or_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="请写成 件数/时间"):
        parse_rate(text)


class Clock:
    """Stands for the time of day."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("time.time", clock)
    return clock


def test_a_list_is_told_when_there_is_room_for_all_of_it(clock: Clock) -> None:
    rates, rate = Rates(), parse_rate("10 per 6 seconds")
    clock.now += 6 - clock.now % 6
    assert rates.spend("hotline", rate, 10)

    # Half of the ten are counted until nine seconds have passed, one of them until twelve.
    assert [rates.wait("hotline", rate, reports) for reports in (1, 5, 10)] == [7, 9, 12]
    clock.now += 7
    assert rates.spend("hotline", rate, 1) and not rates.has_room("hotline", rate, 10)
    assert rates.wait("other", rate, 10) == 1


def test_whoever_waits_as_long_as_is_said_finds_room_and_a_second_earlier_none(clock: Clock) -> None:
    dice, waited = random.Random(7), 0
    for text in ("10 per 6 seconds", "7/minute", "1000/minute", "3/hour"):
        rates, rate = Rates(), parse_rate(text)
        for _ in range(300):
            clock.now += dice.expovariate(3 / rate.get_expiry())
            reports = dice.randint(1, rate.amount)
            if rates.spend("hotline", rate, reports):
                continue
            said, began = rates.wait("hotline", rate, reports), clock.now
            waited += 1
            clock.now = began + said - 1.02
            if clock.now >= began:
                assert not rates.has_room("hotline", rate, reports)
            clock.now = began + said
            assert rates.spend("hotline", rate, reports)
    assert waited > 300
