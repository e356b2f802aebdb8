"""Uncertainty: near the threshold is unsure, whichever side; misconduct counts most."""

from __future__ import annotations

import numpy as np

from data.taxonomy import Taxonomy
from model.decide import AxisDecision
from model.uncertainty import uncertainty
from tests.conftest import plain_decisions


def test_a_score_on_its_threshold_is_unsure_and_one_at_the_end_is_sure(taxonomy: Taxonomy) -> None:
    decisions = plain_decisions(taxonomy, threshold=0.2)
    scores = np.array([[0.2, 0, 0, 1, 1, 0], [0, 1, 0, 0.6, 0.5, 0.5]], dtype=np.float32)
    found = uncertainty(scores, decisions, taxonomy)

    assert np.allclose(found.axes["domain"], [1, 0])
    assert np.allclose(found.axes["misconduct"], [0, 0.5])
    assert np.allclose(found.axes["purpose"], [0, 1])
    assert found.nearest["domain"][0] == 0 and found.nearest["misconduct"][1] == 1


def test_misconduct_counts_twice(taxonomy: Taxonomy) -> None:
    scores = np.array([[0.5, 0, 0, 0, 1, 0], [0, 0, 0.5, 0, 1, 0]], dtype=np.float32)
    found = uncertainty(scores, plain_decisions(taxonomy), taxonomy)

    assert np.allclose(found.total, [0.25, 0.5])


def test_a_threshold_at_the_very_end_divides_by_nothing(taxonomy: Taxonomy) -> None:
    ones = np.ones(2, dtype=np.float32)
    decisions = {
        axis.id: AxisDecision(ones, 0 * ones, np.array([0, 1], np.float32)) for axis in taxonomy.axes
    }
    found = uncertainty(np.full((1, 6), 0.5, dtype=np.float32), decisions, taxonomy)

    assert np.isfinite(found.total).all() and (found.total >= 0).all()
