"""Folds: no report is scored by a model that saw it, nor by one that saw its copy."""

from __future__ import annotations

import numpy as np

from data.taxonomy import Taxonomy
from training.folds import (
    fold_of,
    head_folds,
    head_scores,
    joined_logits,
    probabilities,
    wide_folds,
)
from training.wide import feature_matrix, fit_buckets

LONG = "幸福路的路灯坏了半年，打了三次热线都没人来修，晚上老人出门摔了两次，请尽快派人来看看。"


def test_texts_that_are_alike_share_a_fold() -> None:
    texts = [f"第{n}件，" + chr(0x4E00 + n) * 30 for n in range(40)]
    texts[3], texts[30] = LONG, LONG + "谢谢"

    for seed in range(5):
        fold = fold_of(texts, 5, seed)
        assert fold[3] == fold[30] and set(fold) == set(range(5))


def test_a_wrong_label_does_not_speak_for_itself() -> None:
    texts = ["学校收费" if n % 2 else "医院排队" for n in range(20)]
    targets = np.array([[float(n % 2)] for n in range(20)], dtype=np.float32)
    targets[0] = 1  # a hospital that is called a school
    features = feature_matrix(texts, fit_buckets(texts, 10))
    found = wide_folds(features, targets, np.arange(20) % 5)

    assert found.scores[0, 0] < 0 < found.scores[1, 0]
    assert len(found.weights) == 5 and found.weights[0].shape == (features.shape[1], 1)


def test_the_head_learns_what_the_states_show_and_leaves_unlabelled_axes_alone() -> None:
    dice = np.random.default_rng(0)
    states = dice.normal(size=(80, 6)).astype(np.float32)
    targets = (states[:, :2] > 0).astype(np.float32)
    targets[:40, 1] = np.nan
    scores = head_folds(states, targets, np.arange(80) % 4, shrink=1.0)

    assert ((scores[:, 0] > 0) == (states[:, 0] > 0)).mean() > 0.8
    assert ((scores[:, 1] > 0) == (states[:, 1] > 0)).mean() > 0.8
    assert np.allclose(head_scores(states, np.full((80, 1), np.nan, np.float32), states), 0)


def test_probabilities_follow_the_labels(taxonomy: Taxonomy) -> None:
    dice = np.random.default_rng(1)
    targets = np.zeros((300, 7), dtype=np.float32)
    targets[:, :5] = dice.random((300, 5)) < 0.2
    targets[np.arange(300), 5 + dice.integers(0, 2, 300)] = 1
    logits = (3 * targets + dice.normal(size=targets.shape)).astype(np.float32)
    found = probabilities(logits, targets, taxonomy)

    assert abs(found[:, 0].mean() - targets[:, 0].mean()) < 0.02
    assert np.allclose(found[:, 5:].sum(axis=1), 1, atol=1e-5)
    assert found[targets == 1].mean() > 0.6 > 0.3 > found[targets == 0].mean()


def test_of_two_tables_the_one_that_says_something_counts() -> None:
    dice = np.random.default_rng(2)
    targets = (dice.random((200, 1)) < 0.5).astype(np.float32)
    says, silent = 2 * targets - 1, dice.normal(size=(200, 1)).astype(np.float32)
    joined = joined_logits([silent, says], targets)

    assert ((joined > 0) == (targets == 1)).all()
    assert joined_logits([says], targets) is says
