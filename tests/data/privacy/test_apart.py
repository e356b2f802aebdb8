"""Findings made disjoint: every place belongs to the surest finding that covers it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from data.privacy.entity import Entity, Finding
from data.privacy.recogniser import apart

FINDINGS = st.lists(
    st.builds(
        lambda entity, start, length, score: Finding(entity, start, start + length, score),
        st.sampled_from(list(Entity)),
        st.integers(0, 30),
        st.integers(1, 9),
        st.sampled_from([0.5, 0.7, 0.9]),
    ),
    max_size=9,
)


@given(FINDINGS)
def test_each_place_belongs_to_the_surest(findings: list[Finding]) -> None:
    kept = apart(findings)
    places = [place for finding in kept for place in range(finding.start, finding.end)]

    assert places == sorted({place for f in findings for place in range(f.start, f.end)})
    for finding in kept:
        for place in range(finding.start, finding.end):
            over = [f for f in findings if f.start <= place < f.end]
            best = max((f.score, f.end - f.start) for f in over)
            surest = {f.entity_type for f in over if (f.score, f.end - f.start) == best}
            assert finding.entity_type in surest and finding.score == best[0]
