"""Fitting the wide part."""

from __future__ import annotations

import numpy as np
import pytest

from model.wide import ngrams
from training.wide import feature_matrix, fit_buckets, fit_linear, out_of_fold, pack

TEXTS = ["学校收费", "学校老师", "医院收费", "医院挂号", "学校校服", "医院药费"] * 4
TARGETS = np.array([["学校" in t, "医院" in t, np.nan] for t in TEXTS], dtype=np.float32)


def test_a_bucket_of_one_text_is_left_out() -> None:
    buckets = fit_buckets(["学校老师", "学校"], 12)

    assert set(buckets.ids.tolist()) == set(ngrams("学校", 12)[0].tolist())
    assert buckets.idf.tolist() == pytest.approx([1] * 3, abs=1e-3)


def test_packed_weights_give_the_fitted_scores() -> None:
    buckets = fit_buckets(TEXTS, 12)
    features = feature_matrix(TEXTS, buckets)
    weights, bias = fit_linear(features, TARGETS)
    wide = pack(weights, bias, buckets)
    wanted = features @ weights + bias

    np.testing.assert_allclose([wide.logits(t) for t in TEXTS], wanted, atol=0.02)
    assert ((wanted[:, :2] > 0) == (TARGETS[:, :2] == 1)).all()
    assert not weights[:, 2].any() and bias[2] == 0  # a label that no row knows


def test_out_of_fold_scores_come_from_weights_that_did_not_see_the_row() -> None:
    rng = np.random.default_rng(0)
    letters = [chr(c) for c in range(0x4E00, 0x4E00 + 400)]
    texts = ["".join(rng.choice(letters, 12)) for _ in range(80)]
    truth = (rng.random((80, 1)) < 0.5).astype(np.float32)  # nothing to learn, all to remember
    features = feature_matrix(texts, fit_buckets(texts, 14, least=1))
    weights, bias = fit_linear(features, truth)
    seen, unseen = (
        ((s > 0) == (truth == 1)).mean() for s in (features @ weights + bias, out_of_fold(features, truth))
    )

    assert seen > 0.95 and unseen < 0.75


def test_rows_that_are_not_learnt_from_are_scored() -> None:
    features = feature_matrix(TEXTS, fit_buckets(TEXTS, 12))
    real = np.arange(len(TEXTS)) % 3 > 0
    wrong = TARGETS.copy()
    wrong[~real] = 1 - wrong[~real]

    np.testing.assert_array_equal(out_of_fold(features, wrong, real), out_of_fold(features, TARGETS, real))


def test_no_text_in_common_leaves_no_bucket_and_no_weights() -> None:
    features = feature_matrix(["学校", "医院"], fit_buckets(["学校", "医院"], 12))

    assert features.shape == (2, 0)
    weights, bias = fit_linear(features, np.eye(2, dtype=np.float32))
    assert not weights.size
    np.testing.assert_array_equal(pack(weights, bias, fit_buckets(["学校", "医院"], 12)).logits("学校"), bias)


def test_features_have_unit_length() -> None:
    features = feature_matrix([*TEXTS[:3], ""], fit_buckets(TEXTS, 12))

    np.testing.assert_allclose(
        np.asarray(features.multiply(features).sum(1)).ravel(), [1, 1, 1, 0], atol=1e-5
    )
