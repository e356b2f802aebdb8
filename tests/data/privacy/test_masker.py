"""Masking covers what was found, nothing else, and twice is no more than once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.privacy.entity import WORDS, Entity
from data.privacy.masker import Masker, Style

TEXT = "我叫王小明，电话13800138000。\n村支书赵大海不管，另打 138 0013 8000"
PIECES = st.sampled_from(
    "我叫 王小明 ， 13800138000 电话 身份证 11010119900307707X 青石路 88号 3栋501室 先生 局长".split()
    + "举报人： 某 年 【姓名】 * \n 路灯坏了 微信 abc_123 0571- 87654321".split(" ")
)
TEXTS = st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=60)


def test_labels_say_what_stood_there() -> None:
    masked = Masker().mask(TEXT)

    assert masked.text == "我叫【姓名】，电话【手机号】。\n村支书赵大海不管，另打 【手机号】"
    assert masked.counts() == {Entity.PERSON: 1, Entity.MOBILE: 2}


def test_stars_keep_every_place() -> None:
    masked = Masker(style=Style.stars).mask(TEXT)

    assert len(masked.text) == len(TEXT)
    assert masked.text.startswith("我叫***，电话***********。\n村支书赵大海")


def test_one_number_has_one_pseudonym_however_it_is_written() -> None:
    first = Masker(style=Style.pseudonym, key=b"k" * 16).mask(TEXT).text
    other = Masker(style=Style.pseudonym, key=b"x" * 16).mask(TEXT).text
    names = [part.split("】")[0] for part in first.split("【手机号·")[1:]]

    assert len(names) == 2 and len(set(names)) == 1 and len(names[0]) == 8
    assert first != other and "13800138000" not in first


def test_pseudonyms_need_a_key() -> None:
    with pytest.raises(ValueError, match="key"):
        Masker(style=Style.pseudonym)


def test_officials_and_posts_are_masked_where_asked() -> None:
    names = Masker(keep=(Entity.POST,)).mask("村支书赵大海不管").text
    everything = Masker(keep=()).mask("村支书赵大海不管").text

    assert (names, everything) == ("村支书【被反映人】不管", "【职务】【被反映人】不管")


def test_an_office_is_no_post() -> None:
    assert Masker(keep=()).mask("监察委员会、交警支队不管").text == "监察委员会、交警支队不管"


def test_a_class_may_be_kept() -> None:
    assert (
        Masker(keep=(Entity.MOBILE,)).mask("我叫王小明，电话13800138000").text
        == "我叫【姓名】，电话13800138000"
    )


def test_every_class_has_a_word_and_a_label() -> None:
    assert set(WORDS.values()) == set(Entity)
    assert len({entity.label for entity in Entity}) == len(Entity)


def test_a_masked_text_in_a_log_shows_no_words() -> None:
    assert "我叫" not in repr(Masker().mask(TEXT))


@given(TEXTS)
def test_findings_are_disjoint_inside_and_covered(text: str) -> None:
    masked = Masker(keep=()).mask(text)
    at = 0
    for finding in masked.findings:
        assert at <= finding.start < finding.end <= len(text)
        at = finding.end
    assert Masker(keep=(), style=Style.stars).mask(text).text.count("\n") == text.count("\n")


@given(st.lists(PIECES, max_size=25).map("".join))
def test_labels_are_no_identifiers(text: str) -> None:
    masked = Masker(keep=()).mask(text).text

    assert "【【" not in Masker(keep=()).mask(masked).text.replace("】【", "")
