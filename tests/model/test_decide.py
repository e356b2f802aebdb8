"""Logits become scores, tags and the wish to be read."""

from __future__ import annotations

import json

import numpy as np
import pytest

from data.taxonomy import Taxonomy
from model.decide import AxisDecision


def decision(above: float | None = None, when_empty: bool = False) -> AxisDecision:
    row = np.array([1, 2], np.float32), np.array([0, -1], np.float32), np.array([0.5, 0.7], np.float32)
    return AxisDecision(*row, above, when_empty)


def table(*rows: list[float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def test_on_an_axis_of_many_each_label_has_its_own_slope_offset_and_threshold() -> None:
    scores = decision().scores(table([0, 1], [2, 0]), "many")

    np.testing.assert_allclose(scores, 1 / (1 + np.exp(-table([0, 1], [2, -1]))), atol=1e-6)
    assert decision().given(scores, "many").tolist() == [[True, True], [True, False]]


def test_a_score_at_the_threshold_is_given() -> None:
    assert decision().given(table([0.5, 0.69]), "many").tolist() == [[True, False]]


def test_on_an_axis_of_one_scores_sum_to_one_and_the_largest_is_given() -> None:
    scores = decision().scores(table([3, 1], [0, 3], [-500, -500]), "one")

    np.testing.assert_allclose(scores.sum(1), 1, atol=1e-6)
    assert (decision().given(scores, "one").sum(1) == 1).all()
    assert decision().given(scores, "one")[:2].tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize("kind", ["many", "one"])
def test_extreme_logits_give_finite_scores(kind: str) -> None:
    scores = decision().scores(table([1e30, -1e30], [-1e30, 1e30], [1e4, 1e4]), kind)

    assert np.isfinite(scores).all() and (scores >= 0).all() and (scores <= 1).all()


def test_an_untagged_report_near_the_border_asks_for_a_reader() -> None:
    scores = table([0.6, 0.1], [0.3, 0.1], [0.3, 0.4], [0.1, 0.2])
    screened = decision(above=0.3)

    assert screened.doubtful(scores, screened.given(scores, "many")) == ["", *["low_confidence"] * 2, ""]


def test_an_axis_may_ask_for_a_reader_whenever_it_is_empty() -> None:
    scores = table([0.6, 0.1], [0.3, 0.1])
    dispatched, both = decision(when_empty=True), decision(above=0.2, when_empty=True)

    assert dispatched.doubtful(scores, dispatched.given(scores, "many")) == ["", "no_label"]
    assert both.doubtful(scores, both.given(scores, "many")) == ["", "low_confidence"]
    assert decision().doubtful(scores, decision().given(scores, "many")) == ["", ""]


@pytest.mark.parametrize("above", [None, 0.25])
def test_a_decision_survives_json(taxonomy: Taxonomy, above: float | None) -> None:
    axis = taxonomy.axes[0]
    back = AxisDecision.from_dict(json.loads(json.dumps(decision(above, True).to_dict(axis))), axis)

    for name in ("slope", "offset", "thresholds"):
        np.testing.assert_array_equal(getattr(back, name), getattr(decision(), name))
    assert back.review_above == above and back.review_when_empty


def test_a_missing_label_is_named(taxonomy: Taxonomy) -> None:
    shape = decision().to_dict(taxonomy.axes[0])

    with pytest.raises(KeyError, match="inaction"):
        AxisDecision.from_dict(shape, taxonomy.axes[1])
