"""Tuned decisions keep the wish on new reports, change nothing else, and say what they cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.taxonomy import Taxonomy
from model.decide import AxisDecision
from model.promise import By
from model.tuning.tune import TooFew, caught, tune
from model.tuning.wish import Wish
from tests.conftest import plain_decisions

ANY = Wish("misconduct", "", 0.9)
LABEL = Wish("misconduct", "falsification", 0.8)
COLUMNS = {"domain": slice(0, 2), "misconduct": slice(2, 4), "purpose": slice(4, 6)}
Table = np.ndarray


def invented(rows: int, seed: int) -> tuple[Table, Table]:
    """Scores that know the truth somewhat [rows, 6 labels]; the last axis sums to one."""
    rng = np.random.default_rng(seed)
    truth = (rng.random((rows, 6)) < 0.3).astype(np.float32)
    truth[:, 5] = 1 - truth[:, 4]
    scores = 1 / (1 + np.exp(-(2.2 * truth - 1.8 + rng.normal(0, 1.3, truth.shape))))
    scores[:, 5] = 1 - scores[:, 4]
    return scores.astype(np.float32), truth


def missed(
    decisions: dict[str, AxisDecision], taxonomy: Taxonomy, wish: Wish, scores: Table, truth: Table
) -> float:
    """Share of the reports that have what is wished for and are not caught."""
    axis = taxonomy.axis(wish.axis)
    mine, real = scores[:, COLUMNS[wish.axis]], truth[:, COLUMNS[wish.axis]] > 0
    has = real[:, axis.label_ids.index(wish.label)] if wish.label else real.any(axis=1)
    return float((has & ~caught(decisions[wish.axis], axis, mine, wish).any).sum() / has.sum())


@pytest.mark.parametrize("by", ["review", "tag"])
@pytest.mark.parametrize("wish", [ANY, LABEL, Wish("domain", "medical", 0.95)])
def test_the_promise_holds_on_new_reports_as_often_as_it_says(taxonomy: Taxonomy, wish: Wish, by: By) -> None:
    plain = plain_decisions(taxonomy, 0.6)
    new = invented(20_000, 0)
    broken = 0
    for seed in range(1, 201):
        tuned, _ = tune(plain, *invented(400, seed), taxonomy, [wish], 0.9, by)
        broken += missed(tuned, taxonomy, wish, *new) > 1 - wish.caught

    assert broken / 200 <= 0.1 + 0.05
    assert missed(plain, taxonomy, wish, *new) > 1 - wish.caught  # the wish asks for something


def test_a_label_of_an_axis_of_one_can_be_caught_by_review(taxonomy: Taxonomy) -> None:
    wish, plain = Wish("purpose", "complaint", 0.95), plain_decisions(taxonomy)
    tuned, (promise,) = tune(plain, *invented(1000, 1), taxonomy, [wish])

    assert missed(plain, taxonomy, wish, *invented(20_000, 0)) > 0.05
    assert missed(tuned, taxonomy, wish, *invented(20_000, 0)) < 0.05
    assert promise.border is not None and promise.border < 0.5


def test_several_wishes_hold_together_and_cost_more_reports(taxonomy: Taxonomy) -> None:
    plain, new = plain_decisions(taxonomy, 0.6), invented(20_000, 0)
    broken = 0
    for seed in range(1, 101):
        tuned, _ = tune(plain, *invented(400, seed), taxonomy, [ANY, LABEL], 0.8)
        broken += any(missed(tuned, taxonomy, w, *new) > 1 - w.caught for w in (ANY, LABEL))
    alone, both = (
        tune(plain, *invented(400, 1), taxonomy, wishes, 0.8)[1][0] for wishes in ([ANY], [ANY, LABEL])
    )

    assert broken / 100 <= 0.2 + 0.05
    assert alone.border is not None and both.border is not None and both.border <= alone.border


def test_other_axes_and_the_tags_stay_as_they_were(taxonomy: Taxonomy) -> None:
    scores, truth = invented(600, 3)
    plain = plain_decisions(taxonomy)
    tuned, _ = tune(plain, scores, truth, taxonomy, [ANY, LABEL])
    lowered, _ = tune(plain, scores, truth, taxonomy, [LABEL], by="tag")

    assert tuned["domain"] is plain["domain"]
    np.testing.assert_array_equal(tuned["misconduct"].thresholds, plain["misconduct"].thresholds)
    assert lowered["misconduct"].thresholds[0] == 0.5 and lowered["misconduct"].thresholds[1] < 0.5
    assert lowered["misconduct"].review_above is None


def test_a_wish_that_tags_already_keep_sends_nobody_to_a_person(taxonomy: Taxonomy) -> None:
    plain = plain_decisions(taxonomy, 0.001)
    for by in ("review", "tag"):
        tuned, (promise,) = tune(plain, *invented(600, 3), taxonomy, [ANY], by=by)  # type: ignore[arg-type]

        assert promise.missed == 0 and promise.marked == 0 and promise.border in (None, 1.0)
        np.testing.assert_array_equal(tuned["misconduct"].thresholds, plain["misconduct"].thresholds)


def test_a_wish_takes_nobody_from_those_who_go_to_a_person(taxonomy: Taxonomy) -> None:
    plain = plain_decisions(taxonomy)
    own = {**plain, "misconduct": replace(plain["misconduct"], review_above=0.01)}
    scores, truth = invented(600, 3)
    for before, few in ((own, Wish("misconduct", "", 0.9)), (own, Wish("misconduct", "", 0.5))):
        tuned, (promise,) = tune(before, scores, truth, taxonomy, [few])

        assert tuned["misconduct"].review_above == promise.border == 0.01
        assert promise.marked > 0


def test_what_only_a_person_would_see_is_not_caught_by_a_tag(taxonomy: Taxonomy) -> None:
    plain = plain_decisions(taxonomy)
    own = {**plain, "misconduct": replace(plain["misconduct"], review_above=0.01)}
    scores, truth = invented(600, 3)
    with_border, without = (tune(one, scores, truth, taxonomy, [ANY], by="tag")[1] for one in (own, plain))

    assert with_border == without and with_border[0].missed > 0


def test_the_figures_are_those_of_the_file(taxonomy: Taxonomy) -> None:
    scores, truth = invented(600, 3)
    truth[:100, 2:4] = np.nan  # not labelled on this axis
    tuned, (promise,) = tune(plain_decisions(taxonomy), scores, truth, taxonomy, [ANY], file_hash="f")
    mine, real = scores[100:, 2:4], truth[100:, 2:4].any(axis=1)
    tagged = (mine >= 0.5).any(axis=1)
    read = tagged | (mine.max(axis=1) >= promise.border)
    reasons = tuned["misconduct"].doubtful(mine, tuned["misconduct"].given(mine, "many"))

    assert (promise.reports, promise.positives) == (500, real.sum()) and promise.file_hash == "f"
    assert promise.missed == (real & ~read).sum() and promise.read == pytest.approx(read.mean())
    assert promise.precision == pytest.approx(real[read].mean())
    assert promise.marked == pytest.approx(np.mean([r == "low_confidence" for r in reasons]))


def test_too_few_reports_are_refused_with_the_number_that_would_do(taxonomy: Taxonomy) -> None:
    scores, truth = invented(100, 3)
    truth[:, 3] = np.arange(100) < 20
    with pytest.raises(TooFew) as refused:
        tune(plain_decisions(taxonomy), scores, truth, taxonomy, [Wish("misconduct", "falsification", 0.95)])

    assert (refused.value.positives, refused.value.needed) == (20, 59)
    assert refused.value.promisable == pytest.approx(0.05 ** (1 / 20))
    offered = Wish("misconduct", "falsification", refused.value.promisable - 1e-3)
    assert tune(plain_decisions(taxonomy), scores, truth, taxonomy, [offered])[1][0].positives == 20
