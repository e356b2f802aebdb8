"""Minimum functionality (Ribeiro et al. 2020): short invented reports with labels beyond doubt, by kind.

They measure. No model need meet them all, but none that ships may meet fewer than floors.yaml says.
"""

from __future__ import annotations

import pytest

from tests.behaviour.cases import AXES, kinds
from tests.behaviour.floors import Floors
from tests.behaviour.measure import Counts

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("kind", kinds())
def test_as_many_cases_are_met_as_before(kind: str, axis: str, minimum: Counts, floors: Floors) -> None:
    count = minimum[kind][axis]
    assert count.passed >= floors["minimum"][kind][axis], "\n".join(count.failures)
