"""A spreadsheet formula before a report changes none of its tags, nor takes it for code."""

from __future__ import annotations

import pytest

from data.report import Report
from model.tagger import Tagger

TEXTS = ("路灯坏了没人修", "楼上漏水物业不管", "村里路断了没人管", "工地夜里施工噪音大", "主任收了回扣才放贷")


@pytest.mark.parametrize("head", ['=HYPERLINK("http://x","点击")', "=cmd|'/C calc'!A0 ", "+SUM(A1:A9)&"])
def test_a_formula_before_a_report_changes_no_tag(tagger: Tagger, head: str) -> None:
    plain = tagger.tag([Report("1", text) for text in TEXTS], "none")
    headed = tagger.tag([Report("1", head + text) for text in TEXTS], "none")

    assert headed == plain
    assert all(any(prediction.tags.values()) for prediction in plain)


def test_a_formula_alone_is_too_short(tagger: Tagger) -> None:
    (prediction,) = tagger.tag([Report("1", '=HYPERLINK("http://x","点击查看附件")')])

    assert prediction.review_reasons == ("too_short",)
