"""What is said of a chosen report: of which label the model is least sure."""

from __future__ import annotations

import numpy as np

from data.taxonomy import Taxonomy
from model.uncertainty import uncertainty
from serving.chosen import reason
from tests.conftest import plain_decisions


def test_the_least_sure_axis_comes_first_with_its_label_nearest_to_the_threshold(taxonomy: Taxonomy) -> None:
    scores = np.array([[0.1, 0.2, 0.45, 0, 0.9, 0.1]], dtype=np.float32)
    unsure = uncertainty(scores, plain_decisions(taxonomy), taxonomy)
    by_axis = {"domain": [0.1, 0.2], "misconduct": [0.45, 0.0], "purpose": [0.9, 0.1]}

    assert (
        reason(unsure, 0, by_axis, taxonomy) == "把握最小：问题“不作为”0.45，领域“医疗”0.20，目的“投诉”0.90"
    )
