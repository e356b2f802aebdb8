"""Invariance: what says nothing about the matter must change no tag of the sample reports."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.fairness import share
from benchmarks.swapped import PAIRS
from model.tagger import Tagger
from tests.behaviour.cases import AXES
from tests.behaviour.floors import Floors
from tests.behaviour.measure import Counts, count_same_input, labels_of, sample_reports
from tests.behaviour.perturbations import EXACT, NEUTRAL

FEW = 20  # every so many sample reports, where equal input was already shown on all


@pytest.mark.parametrize("perturbation", EXACT)
def test_what_cleaning_undoes_never_reaches_the_model(perturbation: str, tagger: Tagger) -> None:
    count = count_same_input(tagger, perturbation, sample_reports(tagger.export.taxonomy))
    assert count.of > 50 and count.failures == []


SAME = 0.96
"""Of 29 sample reports whose surnames are changed one does not read the same: 楼上任某家, which may be
somebody who came to office."""


@pytest.mark.parametrize("change", [name for name in PAIRS if "unlisted" not in name])
def test_who_writes_and_from_where_never_reaches_the_model(change: str, tagger: Tagger) -> None:
    first, second = PAIRS[change]
    reports = sample_reports(tagger.export.taxonomy)
    pairs = [(first(one) if first is not None else one, second(one)) for one in reports]
    changed = [(one, other) for one, other in pairs if one != other]
    if change == "ethnic groups swapped":
        assert not changed, "no sample report names one; 汉族 / 维吾尔族 puts one before each"
        return
    read = [tagger.encoder.encode(list(side)) for side in zip(*changed, strict=True)]
    same = sum(
        one.plain == other.plain and np.array_equal(one.ids, other.ids)
        for one, other in zip(*read, strict=True)
    )

    assert same >= (SAME if change == "names swapped" else 1) * len(changed) > 0


def test_a_share_of_no_reports_is_no_figure() -> None:
    assert share(np.zeros(0, bool)) is None and share(np.array([True, False])) == 0.5


@pytest.mark.slow
@pytest.mark.parametrize("perturbation", EXACT)
def test_what_cleaning_undoes_changes_no_tag(perturbation: str, tagger: Tagger) -> None:
    reports = sample_reports(tagger.export.taxonomy)[::FEW]
    edited = {report: new for report in reports if (new := EXACT[perturbation](report))}
    before, after = (tagger.tag(list(side), "none") for side in (edited, edited.values()))
    assert [labels_of(p) for p in before] == [labels_of(p) for p in after]


@pytest.mark.slow
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("perturbation", NEUTRAL)
def test_other_words_about_nothing_change_no_more_tags_than_before(
    perturbation: str, axis: str, invariance: Counts, floors: Floors
) -> None:
    count = invariance[perturbation][axis]
    assert count.passed >= floors["invariance"][perturbation][axis], "\n".join(count.failures)
