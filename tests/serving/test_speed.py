"""The speed is that of the last batches, and is forgotten when there were none for a while."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from serving.speed import KEPT_S, Speed


def test_the_mean_follows_the_batches_and_the_best_falls_slowly() -> None:
    speed = Speed()
    assert (speed.mean, speed.best) == (0.0, 0.0)
    speed.learn(1000, 1.0, full=True)
    assert (speed.mean, speed.best) == (1000.0, 1000.0)

    for _ in range(10):
        speed.learn(100, 1.0, full=True)
    assert 300 < speed.mean < 500 and 900 < speed.best < 1000
    for _ in range(1000):
        speed.learn(100, 1.0, full=True)
    assert speed.mean == pytest.approx(100, rel=0.01) and speed.best < 110
    speed.learn(3000, 1.0, full=True)
    assert speed.best == 3000


def test_a_few_short_reports_do_not_tell_what_a_list_would_take() -> None:
    speed = Speed()
    speed.learn(5, 0.005, full=False)
    assert (speed.mean, speed.best) == (1000.0, 0.0)
    speed.learn(1000, 0.1, full=True)
    speed.learn(5, 0.005, full=False)
    assert speed.mean < 2000 and speed.best == 10_000


def test_a_speed_of_long_ago_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("serving.speed.time", SimpleNamespace(perf_counter=lambda: now[0]))
    speed = Speed()
    speed.learn(1000, 1.0, full=True)
    now[0] += KEPT_S - 1
    assert speed.mean == speed.best == 1000
    now[0] += 2
    assert speed.mean == speed.best == 0

    speed.learn(50, 1.0, full=True)
    assert speed.mean == speed.best == 50
