"""The index is small where nothing has moved, at every size, and large where something has."""

from __future__ import annotations

import numpy as np
import pytest

from model.drift.shift import shift


def test_its_chance_is_what_it_says_where_nothing_has_moved() -> None:
    rng = np.random.default_rng(1)
    found = [shift(rng.beta(0.2, 2, 300), rng.beta(0.2, 2, 500)) for _ in range(300)]
    chances = np.array([one.p for one in found if one is not None])

    assert 0.01 <= (chances < 0.05).mean() <= 0.10 and 0.4 <= chances.mean() <= 0.6


def test_a_move_of_one_standard_deviation_is_seen() -> None:
    rng = np.random.default_rng(2)
    found = shift(rng.normal(0, 1, 400), rng.normal(1, 1, 400))

    assert found is not None and found.psi > 0.5 and found.p < 1e-6
    assert sum(found.before) == pytest.approx(1) and sum(found.after) == pytest.approx(1)
    assert len(found.edges) == 9 and found.before == pytest.approx([0.1] * 10)


def test_equal_values_share_a_bin() -> None:
    same = shift(np.zeros(100), np.zeros(50))
    half = shift(np.zeros(100), np.r_[np.zeros(50), np.ones(50)])

    assert same is not None and (same.psi, same.p) == (0.0, 1.0)
    assert half is not None and half.psi > 1 and half.p < 1e-6
    assert shift(np.zeros(0), np.zeros(3)) is None
