"""Intervals and tests agree with published examples, and with each other."""

from __future__ import annotations

import numpy as np
import pytest

from model.drift.intervals import chi_square, fisher, holm, newcombe, welch, wilson


def test_wilson_as_newcombe_tabulates_it() -> None:
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def test_newcombe_as_he_tabulates_it() -> None:
    # 56 of 70 and 48 of 80: difference 0.2, interval 0.0524 to 0.3339; ours is the second minus the first.
    assert newcombe((48, 80), (56, 70)) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert newcombe((0, 10), (10, 10))[0] > 0.5


def test_fisher_on_the_lady_who_tastes_tea() -> None:
    assert fisher((3, 4), (1, 4)) == pytest.approx(0.4857, abs=1e-4)
    assert fisher((0, 500), (15, 500)) == pytest.approx(5.4e-5, rel=0.02)
    assert fisher((5, 100), (5, 100)) == fisher((0, 10), (0, 10)) == 1.0


def test_a_chi_square_as_in_every_table() -> None:
    assert chi_square(16.92, 9) == pytest.approx(0.05, abs=1e-3)
    assert chi_square(21.67, 9) == pytest.approx(0.01, abs=1e-3)
    assert chi_square(0.0, 9) == chi_square(3.0, 0) == 1.0


def test_welch_is_the_normal_law() -> None:
    assert welch(1.96, 1.0) == pytest.approx(0.05, abs=1e-4)
    assert (welch(0.0, 0.0), welch(1.0, 0.0)) == (1.0, 0.0)


def test_holm_lets_through_what_is_small_among_many() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def test_the_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    pairs = [(int(a), int(b)) for a, b in rng.binomial((300, 200), 0.07, (400, 2))]
    inside = [low <= 0 <= high for low, high in (newcombe((a, 300), (b, 200)) for a, b in pairs)]
    found = sum(fisher((a, 300), (b, 200)) < 0.05 for a, b in pairs)

    assert 0.92 <= np.mean(inside) <= 0.98
    assert found <= 0.05 * 400 + 9  # two standard deviations; Fisher errs on the quiet side
