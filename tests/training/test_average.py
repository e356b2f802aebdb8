"""The moving mean of weights."""

from __future__ import annotations

import pytest
import torch

from training.average import Average


def test_the_mean_follows_and_forgets() -> None:
    weight = torch.zeros(2, requires_grad=True)
    average = Average([weight], 0.5)
    for step in range(1, 4):
        with torch.no_grad():
            weight.fill_(float(step))
        average.update()
    # 0 -> 10/11 of 1; then 10/12 of the way to 2; then 10/13 of the way to 3.
    mean = 10 / 11
    mean += (2 - mean) * 10 / 12
    mean += (3 - mean) * 10 / 13

    torch.testing.assert_close(average.values[0], torch.full((2,), mean))


def test_it_keeps_no_more_of_the_old_mean_than_its_decay() -> None:
    weight = torch.zeros(1)
    average = Average([weight], 0.25)
    average.steps = 1000
    weight.fill_(1.0)
    average.update()

    torch.testing.assert_close(average.values[0], torch.tensor([0.75]))


def test_it_stands_in_the_weights_place_and_leaves_it_whatever_happens() -> None:
    weight = torch.tensor([4.0])
    average = Average([weight], 0.9)
    average.values[0].fill_(3.0)
    seen: list[float] = []

    def fails() -> None:
        with average.in_place(lambda: seen.append(float(weight))):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()

    assert seen == [3.0, 4.0] and float(weight) == 4.0 and float(average.values[0]) == 3.0
