"""Direction: a sentence that alleges, denies or names a private actor must move the score that it concerns.

A score has moved when its odds have at least doubled, or halved.
"""

from __future__ import annotations

import pytest

from tests.behaviour.directions import groups
from tests.behaviour.floors import Floors
from tests.behaviour.measure import Counts

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("group", groups())
def test_as_many_scores_move_the_right_way_as_before(group: str, directions: Counts, floors: Floors) -> None:
    count = directions[group]["pairs"]
    assert count.passed >= floors["directions"][group]["pairs"], "\n".join(count.failures)
