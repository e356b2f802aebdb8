"""Invariance: what says nothing about the matter must change no tag of the sample reports."""

from __future__ import annotations

import pytest

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
