"""A Report keeps its words to itself."""

from __future__ import annotations

import dataclasses

import pytest

from data.report import BadRow, Report


def test_a_logged_report_shows_no_words() -> None:
    """Title, text and other columns stay out of repr."""
    report = Report("1", "路灯坏了", title="路灯", extra={"电话": "12345"})
    assert not any(word in repr(report) for word in ("路灯", "12345"))
    assert "路灯" not in repr(BadRow("a.csv", 2, "no_text", "m", {"标题": "路灯"}))


def test_a_report_cannot_change() -> None:
    """Frozen, and hashable."""
    report = Report("1", "x")
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.text = "y"  # type: ignore[misc]
    assert hash(report) == hash(Report("1", "x"))
    assert report.extra == {}
