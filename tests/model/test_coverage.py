"""Coverage: far points first, worth weighed in."""

from __future__ import annotations

import numpy as np

from model.coverage import spread, standardised

LINE = np.array([[0.0], [1.0], [2.0], [10.0], [11.0]], dtype=np.float32)
EVEN = np.ones(5, dtype=np.float32)


def test_the_farthest_from_all_chosen_comes_next() -> None:
    assert spread(LINE, EVEN, 3) == [0, 4, 2]


def test_points_near_those_that_are_covered_already_come_last() -> None:
    assert spread(LINE, EVEN, 5, taken=np.array([[10.5]], dtype=np.float32))[0] == 0


def test_worth_weighs_in() -> None:
    assert spread(LINE, np.array([1, 1, 1, 1, 0.1], np.float32), 2) == [0, 3]


def test_no_point_is_chosen_twice_even_where_all_are_one() -> None:
    same = np.zeros((4, 2), dtype=np.float32)

    assert sorted(spread(same, np.array([0, 0.2, 0.9, 0.5], np.float32), 9)) == [0, 1, 2, 3]
    assert spread(same, np.array([0, 0.2, 0.9, 0.5], np.float32), 2) == [2, 3]


def test_nothing_to_choose_from_is_no_choice() -> None:
    assert spread(LINE[:0], EVEN[:0], 3) == [] and spread(LINE, EVEN, 0) == []


def test_a_dimension_without_spread_stays_finite() -> None:
    assert np.isfinite(standardised(np.ones((3, 2), dtype=np.float32))).all()
