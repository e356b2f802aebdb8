"""Evidence: phrases of the original text that carried a tag."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from data.report import Report
from model.encode import BODY, TITLE, Encoder
from model.evidence import LONGEST_PHRASE, MOST_PHRASES, find_evidence, token_sums
from model.export import Export
from model.prediction import Evidence
from model.tagger import Tagger
from tests.model.conftest import new_tokenizer, speaking_tables

_ENCODER = Encoder(new_tokenizer())


def find(text: str, speaks: dict[str, float], title: str = "") -> tuple[Evidence, ...]:
    """Evidence when the tokens of these words, as written in the cleaned text, speak so much."""
    report = Report("1", text, title)
    encoded = _ENCODER.encode([report])[0]
    parts = np.array(
        [
            speaks.get((encoded.title if part == TITLE else encoded.body).text[start:end], 0.0)
            for part, start, end in zip(encoded.part, encoded.start, encoded.end, strict=True)
        ],
        dtype=np.float32,
    )
    return find_evidence(report, encoded, parts)


def test_the_clause_that_speaks_is_shown() -> None:
    (found,) = find("我们小区路灯不亮，多次反映没人处理。学校旁边也有", {"没人": 2, "处理": 1})

    assert found == Evidence(9, 17, "多次反映没人处理", 1.0)


def test_a_clause_that_only_tells_who_writes_is_no_evidence() -> None:
    speaks = {"没人": 2, "我": 9, "某": 9, "电": 9, "话": 9}
    text = "多次反映没人处理，我叫王小明，电话13800138000，又没人处理"
    report, blind = Report("1", text), Encoder(new_tokenizer(), blind=True)
    encoded = blind.encode([report])[0]
    words = [encoded.body.text[a:b] for a, b in zip(encoded.start, encoded.end, strict=True)]
    found = find_evidence(report, encoded, np.array([speaks.get(w, 0) for w in words], dtype=np.float32))

    assert sorted(one.text for one in found) == ["又没人处理", "多次反映没人处理"]


@pytest.mark.parametrize("word", ["9.17", "8:20", "3,000", "http://a.example.com/b"])
def test_no_phrase_begins_within_a_number_or_an_address(word: str) -> None:
    (found,) = find(f"学校。{word}没人处理。学校", {"没人": 2})

    assert found.text == f"{word}没人处理"


@pytest.mark.parametrize(
    "before",
    [
        "&lt;&amp;&gt;，",
        "\u200b\u200b路\u200b灯，",
        "ＡＢ１２，",
        "<p>学校</p>\r\n\r\n",
        "\ufeff  学校  ，",
        "",
    ],
)
@pytest.mark.parametrize("words", ["没人处理", "没人\u200b处理", "没人&nbsp;处理", "没人 \n 处理"])
def test_offsets_count_in_the_original_text(before: str, words: str) -> None:
    text = f"{before}{words}。又"
    (found, *more) = find(text, {"没人": 3, "处理": 3})

    assert text[found.start : found.end] == found.text
    assert "".join(e.text for e in (found, *more)) in (words, words.replace(" \n ", ""))
    assert found.start == len(before)


def test_evidence_in_the_title_counts_there() -> None:
    title = "&lt;&gt;，ＡＢ，街道推诿"
    (found,) = find("学校收费，没人处理", {"推诿": 1}, title=title)

    assert found == Evidence(title.index("街道"), len(title), "街道推诿", 1.0, "title")


def test_offsets_hold_where_the_body_repeats_the_title() -> None:
    text = "街道推诿。多次来信，没人处理。"
    (found,) = find(text, {"没人": 1}, title="街道推诿")

    assert (found.part, found.text) == ("text", "没人处理")
    assert text[found.start : found.end] == "没人处理"


def test_at_most_three_are_shown_strongest_first() -> None:
    found = find(
        "学校去年。医院今年。街道水电。路灯停了。领导说",
        {"学校": 3, "医院": 5, "街道": 4, "路灯": 2, "领导": 2},
    )

    assert [e.text for e in found] == ["医院今年", "街道水电", "学校去年"]
    assert len(found) == MOST_PHRASES


def test_clauses_of_one_sentence_that_both_speak_are_one_phrase() -> None:
    joined = find("街道推诿，我们小区去年，没人处理。医院今年", {"推诿": 3, "没人": 2, "医院": 1})
    alone = find("我们小区旁边的路灯今年又停了，街道推诿，医院今年来信说", {"路灯": 0.01, "推诿": 5})

    assert [e.text for e in joined] == ["街道推诿，我们小区去年，没人处理", "医院今年"]
    assert [e.text for e in alone] == ["街道推诿"]


def test_weak_phrases_are_left_out_but_one_is_always_shown() -> None:
    strong = find("学校去年。医院今年", {"学校": 40, "医院": 1})
    words = "学校 医院 街道 路灯 领导 老师 收费 低保 名单 补贴 推诿".split()
    even = find("。".join(words * 4), dict.fromkeys(words, 1.0))

    assert [e.text for e in strong] == ["学校去年"]
    assert len(even) == 1 and even[0].weight == pytest.approx(1 / 44)


def test_a_long_clause_is_cut_to_the_stretch_that_speaks() -> None:
    text = "我们小区旁边" * 8 + "街道没人处理" + "来信又来信说" * 8
    (found,) = find(text, {"没人": 2, "处理": 2})

    assert "没人处理" in found.text
    assert len(found.text) <= LONGEST_PHRASE
    assert text[found.start : found.end] == found.text


def test_a_phrase_does_not_run_across_a_line_break() -> None:
    assert [e.text for e in find("学校收费\n医院收费", {"学校": 3, "医院": 2})] == ["学校收费", "医院收费"]


@pytest.mark.parametrize("speaks", [{}, {"学校": -2.0}, {",": 3.0}])
def test_where_no_word_speaks_the_sentence_is_shown_without_weight(speaks: dict[str, float]) -> None:
    assert find("学校，医院", speaks) == (Evidence(0, 5, "学校，医院", 0.0),)
    assert find("", speaks) == find("！！！", speaks) == ()


def test_of_several_sentences_the_one_that_speaks_least_against_a_tag_is_shown() -> None:
    against = {"学校": -2.0, "街道": -1.0, "收费": -1.0}
    long = "我们小区旁边" * 12

    assert [e.text for e in find("学校收费。医院去年。街道收费", against)] == ["医院去年"]
    (found,) = find(f"学校收费。{long}街道收费。", {**against, "小区": -0.01})
    assert found.weight == 0 and found.text in long and len(found.text) <= LONGEST_PHRASE


@pytest.mark.parametrize(
    "text",
    [
        "学校收费\n去年反映没人处理。",
        "学校收费，去年反映没人处理。",
        "【学校收费】去年反映没人处理。",
        "《学校收费》\u3000去年反映没人处理。",
        "标题：学校收费。学校收费。去年反映没人处理。",
        "&lt;学校　收费&gt;<br>去年反映没人处理。",
    ],
)
def test_behind_a_repeated_title_evidence_still_points_into_the_text_as_received(text: str) -> None:
    (found,) = find(text, {"没人": 2}, "学校收费")

    assert found.part == "text" and found.text == "去年反映没人处理" == text[found.start : found.end]


def test_a_title_that_is_the_whole_text_leaves_it_to_be_read() -> None:
    found = find("没人处理。", {"没人": 2}, "没人处理")

    assert {(one.part, one.start, one.end) for one in found} == {("title", 0, 4), ("text", 0, 4)}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from("学校_没人_处理_，_。_ _\n_&lt;_\u200b_Ａ_㎡_龘龘".split("_")), max_size=60),
    st.lists(st.sampled_from(["学校", "街道", "，", "&amp;"]), max_size=5),
    st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_phrases_lie_inside_the_text_apart_and_share_at_most_all(
    pieces: list[str], title: list[str], seed: int
) -> None:
    report = Report("1", "".join(pieces), "".join(title))
    encoded = _ENCODER.encode([report])[0]
    parts = np.random.default_rng(seed).normal(0, 1, encoded.ids.size).astype(np.float32)
    found = find_evidence(report, encoded, parts)

    for e in found:
        source = report.title if e.part == "title" else report.text
        assert 0 <= e.start < e.end <= len(source)
        assert source[e.start : e.end] == e.text
    assert len(found) <= MOST_PHRASES
    assert sum(e.weight for e in found) <= 1 + 1e-6
    assert [e.weight for e in found] == sorted((e.weight for e in found), reverse=True)
    for part in ("title", "text"):
        spans = sorted((e.start, e.end) for e in found if e.part == part)
        assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_a_character_in_two_tokens_is_not_counted_twice() -> None:
    encoded = _ENCODER.encode([Report("1", "水㎡电")])[0]
    assert encoded.ids.size == 4  # 水 m 2 电
    sums = token_sums(encoded, {TITLE: np.zeros((0, 1), np.float32), BODY: np.ones((3, 1), np.float32)})

    assert sums[:, 0].tolist() == [1, 0.5, 0.5, 1]


def test_the_words_that_the_graph_heard_are_the_evidence(
    make_export: Callable[..., Export], tokenizer: Tokenizer
) -> None:
    export = make_export(speaking_tables(tokenizer, {"推诿": 2, "造假": 3}))
    text = "&lt;学校&gt;去年收费，街道　推诿，" + "我们小区旁边，" * 20 + "名单造假。"
    (prediction,) = Tagger(export, 1).tag([Report("1", text)])
    found = {tag.label: [e.text for e in tag.evidence] for tag in prediction.tags["misconduct"]}

    assert found == {"inaction": ["街道　推诿"], "falsification": ["名单造假"]}
    for tag in prediction.tags["misconduct"]:
        assert all(text[e.start : e.end] == e.text for e in tag.evidence)
