"""Calibration and thresholds keep their promises."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.taxonomy import Axis, Label, Taxonomy
from training.calibrate import calibrate, platt, review_border, smooth_threshold, temperature


def noisy(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits of slope 2 and offset -1, and the truth they foretell."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, count).astype(np.float32)
    return logits, (rng.random(count) < 1 / (1 + np.exp(-(2 * logits - 1)))).astype(np.float32)


def test_platt_finds_slope_and_offset() -> None:
    slope, offset = platt(*noisy(4000))

    assert slope == pytest.approx(2, abs=0.2) and offset == pytest.approx(-1, abs=0.2)


def test_platt_never_reverses_the_order() -> None:
    logits, truth = noisy(200)
    slope, offset = platt(-logits, truth)
    scores = 1 / (1 + np.exp(-(slope * -logits + offset)))

    assert slope > 0
    assert scores == pytest.approx(truth.mean(), abs=0.02)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_label_without_both_kinds_is_damped(value: float) -> None:
    assert platt(np.zeros(9, np.float32), np.full(9, value, np.float32)) == (1.0, -4.0)


def test_temperature_cools_overconfident_logits() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, (4000, 4))
    truth = np.eye(4)[[rng.choice(4, p=p) for p in np.exp(logits) / np.exp(logits).sum(1, keepdims=True)]]

    assert temperature((logits * 5).astype(np.float32), truth.astype(np.float32)) == pytest.approx(
        0.2, abs=0.02
    )


def test_a_threshold_parts_what_can_be_parted() -> None:
    scores = np.array([0.1, 0.2, 0.3, 0.8, 0.9, 0.95] * 5, np.float32)
    threshold = smooth_threshold(scores, (scores > 0.5).astype(np.float32))

    assert 0.5 < threshold < 0.8
    assert smooth_threshold(scores, 0 * scores) == 0.5


def test_the_review_border_catches_what_it_states() -> None:
    # Two labels; of 300 draws of dev and new reports, the mean share caught is at least as stated.
    rng = np.random.default_rng(0)
    caught = []
    for _ in range(300):
        truth = rng.random((160, 2)) < 0.3
        scores = rng.beta(2 + 3 * truth, 4).astype(np.float32)
        border = review_border(scores[:80], truth[:80].astype(np.float32), caught=0.9)
        real = truth[80:].any(1)
        caught.append(float((scores[80:].max(1)[real] >= border).mean()))

    assert 0.9 - 0.006 < np.mean(caught) < 0.95


def test_too_few_reports_to_promise_anything_send_all_to_a_reader() -> None:
    scores = np.linspace(0.1, 0.9, 18, dtype=np.float32)[:, None]

    assert review_border(scores, np.ones((18, 1), np.float32)) == 0.0
    assert review_border(np.vstack([scores, [[0.05]]]), np.ones((19, 1), np.float32)) == pytest.approx(0.05)


TAXONOMY = Taxonomy(
    "t",
    (
        Axis("domain", "领域", "many", (Label("a", "甲"), Label("b", "乙"))),
        Axis("misconduct", "问题", "many", (Label("c", "丙"),)),
        Axis("purpose", "目的", "one", (Label("d", "丁"), Label("e", "戊"))),
    ),
)


def table(count: int = 120) -> tuple[np.ndarray, np.ndarray]:
    columns = [noisy(count, seed) for seed in range(5)]
    logits, targets = (np.stack(c, 1) for c in zip(*columns, strict=True))
    targets[:, 4] = 1 - targets[:, 3]
    return logits, targets


def test_each_axis_gets_its_decision_and_only_the_screened_one_a_border() -> None:
    decisions = calibrate(*table(), TAXONOMY)

    assert list(decisions) == ["domain", "misconduct", "purpose"]
    assert [d.review_above is not None for d in decisions.values()] == [False, True, False]
    assert [d.review_when_empty for d in decisions.values()] == [True, False, False]
    assert (decisions["purpose"].slope > 0).all()
    for decision in decisions.values():
        assert ((decision.thresholds >= 0) & (decision.thresholds <= 0.95)).all()


def test_a_taxonomy_may_say_which_axis_gets_the_border() -> None:
    renamed = tuple(replace(axis, id=f"of-{axis.id}") for axis in TAXONOMY.axes)
    marked = tuple(replace(axis, screened=axis.id != "of-domain") for axis in renamed)
    plain, said = (calibrate(*table(), Taxonomy("t", axes)) for axes in (renamed, marked))

    assert not any(decision.review_above for decision in plain.values())
    # An axis of kind `one` always gives a label.
    assert [d.review_above is not None for d in said.values()] == [False, True, False]


def test_rows_without_the_axis_change_nothing() -> None:
    logits, targets = table()
    more = np.vstack([logits, logits[:10] * 9]), np.vstack([targets, np.full((10, 5), np.nan)])

    for a, b in zip(
        calibrate(logits, targets, TAXONOMY).values(), calibrate(*more, TAXONOMY).values(), strict=True
    ):
        np.testing.assert_array_equal(a.slope, b.slope)
        np.testing.assert_array_equal(a.thresholds, b.thresholds)


def test_an_axis_that_dev_never_labels_promises_nothing() -> None:
    logits, targets = table()
    targets[:, 2:] = np.nan
    decisions = calibrate(logits, targets.astype(np.float32), TAXONOMY)

    assert decisions["misconduct"].review_above is None
    scores = decisions["misconduct"].scores(logits[:, 2:3], "many")
    assert not decisions["misconduct"].given(scores, "many")[logits[:, 2] < 3].any()
    assert decisions["purpose"].given(decisions["purpose"].scores(logits[:, 3:], "one"), "one").sum() == 120
