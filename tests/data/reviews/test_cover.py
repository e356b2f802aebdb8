"""What is kept of a report has its identifiers covered, and every other character where it was."""

from __future__ import annotations

from data.report import Report
from data.reviews.cover import Cover
from data.reviews.review import report_hash


def test_identifiers_are_covered_and_offsets_stay_right() -> None:
    text = "我叫王小明，电话13800138000。王小明去年\n反映路灯坏了，没人来修。"
    title, kept = Cover().report(Report("1", text, "王小明反映路灯"))

    assert "王小明" not in title + kept and "138" not in kept
    assert (len(title), len(kept)) == (len("王小明反映路灯"), len(text))
    start = text.index("没人来修")
    assert kept[start : start + 4] == "没人来修" and kept.count("\n") == 1


def test_an_id_is_covered_where_it_is_a_resident_identity_number() -> None:
    assert Cover().id("11010519491231002X") == "*" * 18
    assert Cover().id("13800138000") == "13800138000"


def test_a_note_is_covered_too() -> None:
    assert "13800138000" not in Cover().note("已联系，电话13800138000")


def test_what_no_database_keeps_is_replaced_in_place() -> None:
    assert Cover().report(Report("1", "路灯\0坏了")) == ("", "路灯\ufffd坏了")


def test_the_hash_tells_title_from_text() -> None:
    assert report_hash(Report("1", "甲乙")) != report_hash(Report("1", "乙", "甲"))
    assert report_hash(Report("1", "乙", "甲")) == report_hash(Report("2", "乙", "甲"))
