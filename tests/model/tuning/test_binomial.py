"""The tails are exact, and no border promises more than they allow."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from model.tuning.binomial import chance_of_fewer, needed, promisable, rank


@pytest.mark.parametrize(("total", "share"), [(1, 0.5), (17, 0.05), (200, 0.1), (900, 0.02)])
def test_tails_are_those_of_whole_numbers(total: int, share: float) -> None:
    chances = [comb(total, j) * share**j * (1 - share) ** (total - j) for j in range(total + 1)]

    for k in {0, 1, 2, total // 20, total, total + 1}:
        assert chance_of_fewer(k, total, share) == pytest.approx(sum(chances[:k]), abs=1e-9)


def test_fifty_nine_reports_are_the_least_for_95_with_95() -> None:
    assert needed(0.95, 0.05) == 59  # Wilks' table
    assert needed(0.9, 0.05) == 29 and needed(0.99, 0.05) == 299 and needed(0.95, 0.025) == 72
    assert [rank(total, 0.95, 0.05) for total in (0, 58, 59, 92, 93)] == [0, 0, 1, 1, 2]


@pytest.mark.parametrize("total", [1, 5, 59, 60, 400])
def test_what_is_offered_is_accepted_and_no_more(total: int) -> None:
    most = promisable(total, 0.05)

    assert rank(total, most - 1e-6, 0.05) == 1 and rank(total, most + 1e-6, 0.05) == 0
    assert needed(most - 1e-9, 0.05) == total
    assert promisable(0, 0.05) == 0


def test_the_rank_is_the_largest_that_the_tail_allows() -> None:
    for total in (59, 150, 345, 1000):
        k = rank(total, 0.9, 0.1)
        assert chance_of_fewer(k, total, 0.1) <= 0.1 < chance_of_fewer(k + 1, total, 0.1)


@pytest.mark.parametrize("caught", [0.8, 0.95])
def test_the_promise_fails_as_seldom_as_it_says(caught: float) -> None:
    rng, doubt, total, fails = np.random.default_rng(5), 0.1, 120, 0
    k = rank(total, caught, doubt)
    for _ in range(2000):
        border = np.sort(rng.uniform(size=total))[k - 1]  # uniform: the share below a border is the border
        fails += border > 1 - caught

    assert fails / 2000 == pytest.approx(chance_of_fewer(k, total, 1 - caught), abs=0.02)
    assert fails / 2000 <= doubt + 0.02
