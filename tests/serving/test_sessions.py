"""Sessions: they end by time, by number and when they are closed."""

from __future__ import annotations

import pytest

from serving import sessions
from serving.keys import Key, Role
from serving.sessions import Sessions

KEY = Key("office", Role.tag, "0" * 64, "2026-01-01")


def test_a_session_leads_to_its_key_until_it_is_closed() -> None:
    held = Sessions(1)
    one, two = held.open(KEY), held.open(KEY)
    held.close(one)
    held.close("none such")

    assert one != two and (held.find(one), held.find(two), held.find("")) == (None, KEY.digest, None)


def test_a_session_ends_with_its_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(sessions.time, "monotonic", lambda: now)
    held = Sessions(2)
    token = held.open(KEY)
    now += 7199
    assert held.find(token) == KEY.digest
    now += 1
    assert held.find(token) is None


def test_of_too_many_sessions_the_oldest_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST", 3)
    held = Sessions(1)
    tokens = [held.open(KEY) for _ in range(5)]

    assert [held.find(token) is not None for token in tokens] == [False, False, True, True, True]
