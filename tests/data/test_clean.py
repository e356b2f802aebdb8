"""Cleaning changes what it says, and every character knows where it came from."""

from __future__ import annotations

import html
import time
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.clean import Cleaned, clean, clean_report

PIECES = st.sampled_from(
    [
        "路",
        "灯坏了",
        "，",
        "！",
        "Ａ",
        "<br>",
        "<p class='x'>",
        "</div>",
        "<",
        ">",
        "＜",
        "＞",
        "&lt;",
        "&amp;",
        "&nbsp;",
        "&#20320;",
        "&#x4f60;",
        "amp;",
        "&",
        ";",
        " ",
        "  ",
        "\u3000",
        "\n",
        "\r\n",
        "\t",
        "\u200b",
        "\ufeff",
        "\xad",
        "\u202e",
        "️",
        "�",
        "\x00",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "b",
        "br",
        "a<b",
        "<3",
        "《条例》",
        "\u2028",
        "😀",
        "󠄁",
        "<td>",
        "&unknown;",
        "&NotEqualTilde;",
        "/",
        "#",
        "1",
    ]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60)


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("路灯坏了，没人修。", "路灯坏了,没人修。"),
        ("ＡＢ１２　（三）", "AB12 (三)"),
        ("第一行<br/>第二行<p style='a'>第三行</p>", "第一行\n第二行\n第三行"),
        ("<SPAN>红</SPAN><b>字</b>", "红字"),
        ("甲<td>乙</td>", "甲 乙"),
        ("a<b 且 <3 以及<<条例>>和<张三>", "a<b 且 <3 以及<<条例>>和<张三>"),
        ("甲&nbsp;&nbsp;乙 &lt;&#20320;&#x4F60;&gt;", "甲 乙 <你你>"),
        ("&amp;lt;br&amp;gt;甲&amp;amp;乙", "甲&乙"),
        ("AT&T；&copy &unknown; &amp;amp;unknown;", "AT&T;&copy &unknown; &unknown;"),
        ("甲<!-- 注 <b> -->乙<script type='x'>var a = '<b>';</script>丙<style>p{}</style>", "甲乙丙"),
        ("甲<!-- 没有结束", "甲<!-- 没有结束"),
        ("\ufeff零\u200b宽\u00ad软\u202e向\ufe0f变\x00控", "零宽软向变控"),
        (" \t 甲 \t 乙\r\n\r\n  丙\u2028丁 \n", "甲 乙\n丙\n丁"),
        ("<o:p></o:p><?xml:namespace prefix = o />甲<!DOCTYPE html>", "甲"),
        ("", ""),
        (" \u200b\n", ""),
    ],
)
def test_each_step_does_what_it_says(raw: str, cleaned: str) -> None:
    """One example a step, and what must stay."""
    assert clean(raw).text == cleaned


@given(TEXTS)
def test_offsets_rise_and_stay_inside(raw: str) -> None:
    """Runs are in order, do not overlap, and the last entry is the length of the original."""
    cleaned = clean(raw)
    offsets, ends = cleaned.offsets, cleaned.ends
    assert offsets.dtype == ends.dtype == np.int32
    assert len(offsets) == len(cleaned.text) + 1 == len(ends) + 1
    assert offsets[-1] == len(raw)
    assert (offsets[:-1] < ends).all() and (ends <= offsets[1:]).all()
    assert len(offsets) == 1 or offsets[0] >= 0


@given(TEXTS)
def test_every_character_is_made_of_those_at_its_offset(raw: str) -> None:
    """A letter is itself folded, or what its escape means; a space stands for a space or a tag."""
    cleaned = clean(raw)
    for place, letter in enumerate(cleaned.text):
        start, end = cleaned.original_span(place, place + 1)
        source = raw[start:end]
        if letter in " \n":
            assert source[0].isspace() or source[0] in "<＜&＆"
        elif end - start == 1:
            assert letter in (source, unicodedata.normalize("NFKC", source))
        else:
            assert source[0] in "&＆"
            visible = "".join(c for c in unicodedata.normalize("NFKC", source) if c in "&#;" or c.isalnum())
            while "&amp;" in visible:
                visible = visible.replace("&amp;", "&")
            assert letter == unicodedata.normalize("NFKC", html.unescape(visible))


@given(TEXTS)
def test_cleaning_twice_changes_nothing_more(raw: str) -> None:
    """And a clean text is mapped one to one."""
    once = clean(raw)
    twice = clean(once.text)
    assert twice.text == once.text
    assert twice.offsets.tolist() == list(range(len(once.text) + 1))
    assert twice.ends.tolist() == list(range(1, len(once.text) + 1))


def test_a_span_ends_with_its_last_character() -> None:
    """What was removed behind it stays outside; what was decoded inside is whole."""
    raw = "甲<b>乙</b>&lt;丙"
    cleaned = clean(raw)
    assert cleaned.text == "甲乙<丙"
    assert cleaned.original_span(0, 1) == (0, 1)
    assert cleaned.original_span(1, 2) == (4, 5)
    assert raw[slice(*cleaned.original_span(1, 3))] == "乙</b>&lt;"
    assert cleaned.original_span(2, 2) == (9, 9)


def test_a_span_outside_the_text_is_refused() -> None:
    """Backwards too."""
    for start, end in ((0, 3), (-1, 1), (2, 1)):
        with pytest.raises(ValueError, match="not inside"):
            clean("甲乙").original_span(start, end)


def test_a_cleaned_text_in_a_log_shows_no_words() -> None:
    """Lengths only."""
    assert repr(clean("路灯坏了")) == "Cleaned(4 of 4 characters)"


@pytest.mark.parametrize(
    ("title", "text", "left"),
    [
        ("路灯坏了", "路灯坏了。已经三天没人修", "已经三天没人修"),
        ("路灯坏了！", "【路灯坏了】已经三天", "已经三天"),
        ("【路灯坏了】", "标题：路灯坏了\n“三天了”", "“三天了”"),
        ("路灯坏了", " <p>路灯坏了</p>　三天了", "三天了"),
        ("路灯坏了", "《路灯坏了》三天", "三天"),
        ("《路灯坏了》", "路灯坏了……三天", "三天"),
        ("路灯坏了", "「路灯坏了」三天", "三天"),
        ("路灯坏了", "【标题】路灯坏了\n三天", "三天"),
        ("主题：路灯坏了", "主题：路灯坏了，三天", "三天"),
        ("主题：路灯坏了", "路灯坏了，三天", "三天"),
        ("路灯坏了", "路灯坏了。路灯坏了。三天", "三天"),
        ("路灯坏了", "【路灯坏了】\n标题：路灯坏了！！\n三天", "三天"),
        ("路灯坏了", "路灯坏了。路灯坏了三天", "路灯坏了三天"),
        ("ＷｉＦｉ（2024）收费", "WIFI(２０２４)收费：三天", "三天"),
        ("路灯　坏了", "路灯坏了。三天", "三天"),
        ("路灯坏了", "路灯 坏了。三天", "三天"),
        ("关于“老路灯”的事、再说", '关于"老路灯"的事，再说。三天', "三天"),
        ("涨价1.5倍", "涨价15倍。三天", "涨价15倍。三天"),
        ("路灯坏了", "路灯坏", "路灯坏"),
        ("路灯", "路灯坏了三天", "路灯坏了三天"),
        ("路灯坏了", "路灯坏了", "路灯坏了"),
        ("路灯坏了", "路灯坏了。", "路灯坏了。"),
        ("路灯坏了", "【路灯坏了】___", "【路灯坏了】___"),
        ("路灯坏了。", "路灯坏了！路灯坏了！", "路灯坏了!"),
        ("路灯坏了", "我家门口路灯坏了。三天", "我家门口路灯坏了。三天"),
        ("", "路灯坏了", "路灯坏了"),
        ("？！", "？！路灯", "?!路灯"),
    ],
)
def test_a_title_repeated_at_the_start_of_the_body_is_dropped(title: str, text: str, left: str) -> None:
    """Only a whole repeat, and only where something remains."""
    head, body = clean_report(title, text)
    assert head.text == clean(title).text
    assert body.text == left


@given(
    st.text("路灯坏了,。 【】<b>", max_size=8),
    st.sampled_from(
        ["【{0}】 {1}", "{0}\n{1}", "标题：《{0}》。{0}！{1}", "{0}{1}", "&lt;{0}&gt;\u3000{0}，{1}"]
    ),
    st.text("路灯坏了,。 【】<b>", max_size=8),
)
def test_offsets_stay_right_when_the_title_is_dropped(title: str, shape: str, rest: str) -> None:
    """Every character left is the one at its offset in the original body, and of words some are left."""
    raw = shape.format(title, rest)
    _, body = clean_report(title, raw)
    assert body.offsets[-1] == len(raw) and len(body.offsets) == len(body.text) + 1
    assert clean(raw).text.endswith(body.text)
    assert any(map(str.isalnum, body.text)) == any(map(str.isalnum, clean(raw).text))
    assert all(
        unicodedata.normalize("NFKC", raw[body.offsets[n]]) == letter or raw[body.offsets[n]] == "&"
        for n, letter in enumerate(body.text)
        if letter not in " \n"
    )


@pytest.mark.parametrize(
    "piece",
    [
        "<!--",
        "<script>",
        "&amp;",
        "&",
        "<b",
        "<p a='",
        " \u200b",
        "<" * 9 + "b>" * 9,
        "&amp;lt;",
        "<!-- --",
        "标题:",
        "路灯。",
        "_",
    ],
)
def test_no_text_makes_cleaning_slow(piece: str) -> None:
    """Hostile repetitions of half a megabyte stay within seconds."""
    text = piece * (500_000 // len(piece))
    begin = time.process_time()
    assert isinstance(clean("-->" + text), Cleaned)
    clean_report(text[:1000], text)
    assert time.process_time() - begin < 10
