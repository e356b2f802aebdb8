"""Queue: unsure, unlike each other, unlike what is labelled, and none twice."""

from __future__ import annotations

import numpy as np

from model.queue import label_next, once_each

LONG = "幸福路的路灯坏了半年，打了三次热线都没人来修，晚上老人出门摔了两次，请尽快派人来看看。"


def test_sure_reports_wait() -> None:
    points = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    unsure = np.where(np.arange(40) < 10, 0.9, 0.1).astype(np.float32)

    assert set(label_next(points, unsure, 2, breadth=5)) < set(range(10))


def test_of_reports_that_are_alike_the_least_sure_is_chosen_alone() -> None:
    points = np.arange(8, dtype=np.float32).reshape(4, 2)
    unsure = np.array([0.5, 0.9, 0.7, 0.4], dtype=np.float32)

    assert set(label_next(points, unsure, 4, alike=[[0, 1, 2]])) == {1, 3}


def test_reports_alike_to_labelled_ones_are_not_chosen() -> None:
    points = np.arange(8, dtype=np.float32).reshape(4, 2)
    groups = once_each([LONG, "人民医院挂号要三个小时", LONG + "谢谢", "另一件"], [LONG])

    assert groups == [[0, 2, -1]]
    assert set(label_next(points, np.ones(4, np.float32), 4, alike=groups)) == {1, 3}


def test_what_lies_far_from_the_labelled_comes_first() -> None:
    points = np.array([[0, 0], [5, 5], [0.1, 0]], dtype=np.float32)

    assert label_next(points, np.ones(3, np.float32), 1, known=points[:1])[0] == 1


def test_an_empty_pool_gives_an_empty_queue() -> None:
    assert label_next(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), 5) == []
