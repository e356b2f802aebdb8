"""The paired bootstrap tells a real difference between two models from one that chance explains."""

from __future__ import annotations

import numpy as np
import pytest

from training.evaluate import calibration_error
from training.paired import Answers, compare
from training.scores import f1


def answers(truth: np.ndarray, wrong: float, seed: int) -> Answers:
    """A model that errs on this share of the cells, and is as sure as it is right."""
    rng = np.random.default_rng(seed)
    given = (truth == 1) ^ (rng.random(truth.shape) < wrong)
    return Answers(np.where(given, 0.9, 0.1).astype(np.float32), given)


@pytest.fixture
def truth() -> np.ndarray:
    return (np.random.default_rng(1).random((300, 3)) < [0.5, 0.3, 0.1]).astype(np.float32)


def test_figures_are_those_of_evaluate(truth: np.ndarray) -> None:
    one, other = answers(truth, 0.1, 2), answers(truth, 0.2, 3)
    found = compare(one, other, truth, samples=50)

    assert found.macro.before == pytest.approx(f1(truth, one.given), abs=1e-6)
    assert found.micro.after == pytest.approx(f1(truth, other.given, "micro"), abs=1e-6)
    errors = [calibration_error(s, y) for s, y in zip(one.scores.T, truth.T, strict=True)]
    assert found.calibration.before == pytest.approx(float(np.mean(errors)), abs=1e-5)


def test_a_model_is_no_different_from_itself(truth: np.ndarray) -> None:
    one = answers(truth, 0.1, 2)
    found = compare(one, one, truth, samples=50)

    assert (found.macro.low, found.macro.difference, found.macro.high) == (0, 0, 0)


def test_much_worse_is_significant(truth: np.ndarray) -> None:
    found = compare(answers(truth, 0.1, 2), answers(truth, 0.35, 4), truth)

    assert found.macro.high < 0
    assert all(change is not None and change.high < 0 for change in found.labels)


def test_of_equally_good_models_few_differ_significantly(truth: np.ndarray) -> None:
    pairs = [
        compare(answers(truth, 0.1, seed), answers(truth, 0.1, seed + 1), truth, samples=100).macro
        for seed in range(0, 80, 2)
    ]
    assert sum(pair.low <= 0 <= pair.high for pair in pairs) >= 35  # of 40; 38 where 95 % is 95 %


def test_more_reports_narrow_the_interval(truth: np.ndarray) -> None:
    many = np.tile(truth, (4, 1))
    few = compare(answers(truth, 0.1, 2), answers(truth, 0.2, 3), truth).macro
    more = compare(answers(many, 0.1, 2), answers(many, 0.2, 3), many).macro

    assert more.high - more.low < 0.7 * (few.high - few.low)


def test_a_label_that_no_report_holds_is_left_out(truth: np.ndarray) -> None:
    truth[:, 2] = 0
    one = answers(truth, 0.1, 2)
    found = compare(one, one, truth, samples=20)

    assert found.labels[2] is None
    assert found.macro.before == pytest.approx(f1(truth[:, :2], one.given[:, :2]), abs=1e-6)
    with pytest.raises(ValueError, match="no label holds"):
        compare(one, one, truth * 0)


def test_the_same_seed_gives_the_same_interval(truth: np.ndarray) -> None:
    one, other = answers(truth, 0.1, 2), answers(truth, 0.2, 3)

    assert compare(one, other, truth, samples=300) == compare(one, other, truth, samples=300)
    assert compare(one, other, truth, samples=300) != compare(one, other, truth, samples=300, seed=1)
