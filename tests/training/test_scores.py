"""Thresholds and F1 by hand."""

from __future__ import annotations

import numpy as np
import pytest

from data.taxonomy import Axis, Label, Taxonomy
from training.scores import best_threshold, cross_fitted, decide, f1, fit_thresholds, macro_f1

MANY = Axis("domain", "领域", "many", (Label("a", "甲"), Label("b", "乙")))
ONE = Axis("purpose", "目的", "one", (Label("c", "丙"), Label("d", "丁"), Label("e", "戊")))
TAXONOMY = Taxonomy("t", (MANY, ONE))


def floats(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32)


@pytest.mark.parametrize(
    ("scores", "truth", "threshold"),
    [([0.1, 0.4, 0.6, 0.9], [0, 0, 1, 1], 0.5), ([0.1, 0.4, 0.6, 0.9], [1, 1, 1, 1], 0.05),
     ([0.2, 0.4, 0.6, 0.8], [0, 1, 0, 1], 0.3)],
)  # fmt: skip
def test_the_best_threshold_lies_half_way_between_two_scores(
    scores: list[float], truth: list[float], threshold: float
) -> None:
    assert best_threshold(np.array(scores), np.array(truth)) == pytest.approx(threshold)


def test_a_label_without_positives_has_no_threshold() -> None:
    assert fit_thresholds(floats([0.1], [0.9]), floats([0], [0])).tolist() == [np.inf]


def test_an_axis_of_one_gives_its_largest_label() -> None:
    given = decide(floats([1, 3, 2], [5, 0, 0]), ONE, np.zeros(3, np.float32))

    assert given.tolist() == [[False, True, False], [True, False, False]]


def test_f1_by_hand() -> None:
    truth = floats([1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0])
    given = floats([1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 0]).astype(bool)

    assert f1(truth, given, "macro") == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    assert f1(truth, given, "micro") == pytest.approx(2 * 2 / (3 + 3))


def test_f1_of_one_label_is_that_labels() -> None:
    truth, given = floats([1], [1], [0], [0]), floats([1], [0], [0], [1]).astype(bool)

    assert f1(truth, given, "macro") == f1(truth, given, "micro") == 0.5


def test_cross_fitted_decisions_do_not_see_their_own_truth() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random((60, 2)).astype(np.float32)
    truth = (rng.random((60, 2)) < scores).astype(np.float32)
    given = cross_fitted(scores, truth, MANY)
    fold = np.random.default_rng(0).permutation(60) % 5
    other = truth.copy()
    other[fold == 2] = 1 - other[fold == 2]

    np.testing.assert_array_equal(cross_fitted(scores, other, MANY)[fold == 2], given[fold == 2])


def test_perfect_logits_score_one_and_an_unlabelled_axis_is_left_out() -> None:
    truth = np.tile(np.eye(2, dtype=np.float32), (20, 1))
    logits = np.hstack([truth * 6 - 3, np.zeros((40, 3), np.float32)])
    targets = np.hstack([truth, np.full((40, 3), np.nan, np.float32)])

    assert macro_f1(logits, targets, TAXONOMY) == {"domain": 1.0}
