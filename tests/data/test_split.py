"""The holdout is the same everywhere and for ever."""

from __future__ import annotations

import pytest

from data.split import stable_split

IDS = [f"r{n}" for n in range(4000)]
FIRST = [True, True, True, True, False, True, True, True]


def test_the_split_never_moves() -> None:
    """Fixed values: a change here would leak test reports into training."""
    assert [stable_split(i, 0.5, "test") for i in IDS[:8]] == FIRST


def test_the_share_is_kept() -> None:
    """Within chance."""
    assert 0.08 < sum(stable_split(i, 0.1) for i in IDS) / len(IDS) < 0.12
    assert not any(stable_split(i, 0.0) for i in IDS)
    assert all(stable_split(i, 1.0) for i in IDS)


def test_a_larger_share_keeps_what_was_held_out() -> None:
    """Growing the holdout moves nothing back."""
    assert all(stable_split(i, 0.3) for i in IDS if stable_split(i, 0.2))


def test_another_salt_is_another_split() -> None:
    """Two splits are independent."""
    assert [stable_split(i, 0.5, "a") for i in IDS] != [stable_split(i, 0.5, "b") for i in IDS]


def test_a_share_beyond_one_is_refused() -> None:
    """20 is not 20 %."""
    with pytest.raises(ValueError, match="share"):
        stable_split("a", 20)
