"""Every fold gets its share of every label, and what belongs together stays so."""

from __future__ import annotations

import numpy as np

from data.stratify import stratify


def test_each_label_keeps_its_share_even_a_rare_one() -> None:
    rng = np.random.default_rng(0)
    counts = (rng.random((400, 4)) < [0.6, 0.3, 0.1, 0.025]).astype(np.int64)
    folds = np.array(stratify(counts, [1] * 400, [0.7, 0.1, 0.2]))

    for fold, share in enumerate([0.7, 0.1, 0.2]):
        np.testing.assert_allclose(counts[folds == fold].sum(0), counts.sum(0) * share, atol=2)
        assert abs((folds == fold).sum() - 400 * share) <= 8


def test_groups_of_many_rows_count_as_many() -> None:
    counts = np.array([[6], [1], [1], [1], [1], [1], [1]])
    folds = stratify(counts, [6, 1, 1, 1, 1, 1, 1], [0.5, 0.5])

    assert sum(count[0] for count, fold in zip(counts, folds, strict=True) if fold == folds[0]) == 6


def test_the_same_rows_fall_alike_every_time_and_none_is_left() -> None:
    counts = np.zeros((20, 2), dtype=np.int64)
    folds = stratify(counts, [1] * 20, [0.5, 0.25, 0.25])

    assert folds == stratify(counts, [1] * 20, [0.5, 0.25, 0.25])
    assert [folds.count(fold) for fold in range(3)] == [10, 5, 5]
