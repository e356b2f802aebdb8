"""Folding changes the spelling, and every character knows where it came from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.privacy.folded import fold


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("１３８，ＡＢ", "138,AB"),
        ("幺三八零零幺三八零零零", "13800138000"),
        ("三个人，一九六五年", "三个人,一九六五年"),
        ("138\u3000—0013", "138 -0013"),
        ("1️⃣38", "138"),
        ("٣", "3"),
        ("甲\n乙", "甲\n乙"),
        ("聯繫人：陳建國", "联系人:陈建国"),
    ],
)
def test_each_spelling_becomes_one(raw: str, folded: str) -> None:
    assert fold(raw).text == folded


@given(st.text("１a幺三八零號 \u200b\ufeff路，—", max_size=30))
def test_spans_point_back(raw: str) -> None:
    folded = fold(raw)
    at = 0
    for place in range(len(folded.text)):
        start, end = folded.span(place, place + 1)
        assert at <= start < end <= len(raw) and end == start + 1
        at = end
