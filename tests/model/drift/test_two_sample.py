"""Two piles are told apart where they differ, and not where they do not."""

from __future__ import annotations

import numpy as np

from model.drift.two_sample import LEAST, tell_apart


def pile(rng: np.random.Generator, count: int, mean: float = 0.0) -> np.ndarray:
    """Columns on very different scales; the first one moves."""
    found = rng.standard_t(3, (count, 6)) * [1, 100, 0.01, 1, 1, 0]
    found[:, 0] += mean
    return found.astype(np.float32)


def test_alike_piles_are_called_different_no_more_often_than_they_should() -> None:
    rng = np.random.default_rng(0)
    found = [tell_apart(pile(rng, 120), pile(rng, 60), seed, shuffles=99) for seed in range(60)]
    chances = np.array([one.p for one in found if one is not None])

    assert len(chances) == 60
    assert (chances <= 0.1).mean() <= 0.2  # two standard deviations above 0.1
    assert 0.35 <= chances.mean() <= 0.65


def test_a_pile_that_has_moved_is_told_apart() -> None:
    rng = np.random.default_rng(1)
    found = tell_apart(pile(rng, 200), pile(rng, 150, 1.5), shuffles=99)

    assert found is not None and found.p == 0.01 and 0.7 < found.auc < 0.95 and found.noise < 0.6
    assert (found.before, found.after) == (200, 150)


def test_it_comes_out_the_same_each_time() -> None:
    one, other = pile(np.random.default_rng(2), 80), pile(np.random.default_rng(3), 90)

    assert tell_apart(one, other, shuffles=19) == tell_apart(one, other, shuffles=19)


def test_too_few_are_not_judged() -> None:
    rng = np.random.default_rng(4)

    assert tell_apart(pile(rng, LEAST - 1), pile(rng, 200)) is None
