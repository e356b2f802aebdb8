"""Several matters: what each sentence speaks of, and a flag where the parts speak of different things."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tokenizers import Tokenizer

from data.privacy.masked_report import Masking
from data.report import Report
from model.export import Export
from model.guard import Guard
from model.matters import LONGEST, sentences
from model.prediction import Matters, Prediction, Sentence, Tag
from model.tagger import Tagger
from tests.conftest import random_wide, speaking_tables

SCHOOL, HOSPITAL = "我们小区旁边学校收费，多次反映。", "又去医院，多次反映没人处理。"


@pytest.fixture
def tagger(make_export: Callable[..., Export], tokenizer: Tokenizer) -> Tagger:
    words = {"学校": 0, "医院": 1, "没人": 2}
    return Tagger(make_export(speaking_tables(tokenizer, words)), 1)


def told(tagger: Tagger, text: str) -> Matters:
    (prediction,) = tagger.tag([Report("1", text)], "none", matters=True)
    assert prediction.matters is not None
    return prediction.matters


def test_each_sentence_has_its_own_tags(tagger: Tagger) -> None:
    text = SCHOOL + HOSPITAL
    found = told(tagger, text)

    assert [text[s.start : s.end] for s in found.sentences] == [SCHOOL, HOSPITAL]
    assert [[t.label for t in s.tags["domain"]] for s in found.sentences] == [["education"], ["medical"]]
    assert [[t.label for t in s.tags["misconduct"]] for s in found.sentences] == [[], ["inaction"]]


@pytest.mark.parametrize(
    ("text", "several"),
    [
        (SCHOOL + HOSPITAL, True),
        (SCHOOL + "多次来信反映没人处理，拖着。" + HOSPITAL, True),
        (SCHOOL + SCHOOL, False),
        (SCHOOL + "多次来信反映没人处理，拖着。", False),
        ("学校医院，我们小区多次反映。学校医院，多次反映没人处理。", False),
        (SCHOOL, False),
        ("", False),
    ],
)
def test_a_letter_whose_parts_speak_of_different_domains_is_flagged(
    tagger: Tagger, text: str, several: bool
) -> None:
    assert told(tagger, text).several is several


def test_a_letter_of_many_windows_is_read_by_sentence(tagger: Tagger) -> None:
    found = told(tagger, SCHOOL * 12 + HOSPITAL * 9)

    assert found.several
    labels = [s.tags["domain"][0].label for s in found.sentences]
    assert labels == ["education"] * 12 + ["medical"] * 9


def test_the_linear_part_reads_each_sentence(
    make_export: Callable[..., Export], tokenizer: Tokenizer
) -> None:
    tables = speaking_tables(tokenizer, {"学校": 0, "医院": 1})
    bare = Tagger(make_export(tables), 1)
    wide = Tagger(make_export(tables, wide=random_wide(), folder="wide"), 1)
    text = SCHOOL + HOSPITAL

    def score(tagger: Tagger, of: str) -> float:
        return float(tagger.scores([Report("", of)])[0, 0])

    one, other = (told(tagger, text).sentences[0].tags["domain"][0].score for tagger in (bare, wide))
    assert one != pytest.approx(other, abs=1e-4)
    assert abs(score(wide, SCHOOL) - other) < 0.05


def test_short_sentences_join_and_long_ones_are_divided_at_commas() -> None:
    text = "谢谢！" + "学校收费没人管，" * 30 + "完。"
    spans = sentences(text)

    assert "".join(text[a:b] for a, b in spans) == text
    assert all(b - a <= LONGEST for a, b in spans) and len(spans) > 3
    assert text[slice(*spans[0])].startswith("谢谢！学校") and text[slice(*spans[-1])].endswith("管，完。")


def test_a_letter_that_is_one_sentence_is_divided_at_its_commas(tagger: Tagger) -> None:
    school, hospital = "我们小区旁边的学校收费太高家长多次反映，", "昨天去医院看病排队三个小时多次反映"
    text = school + hospital
    found = told(tagger, text)

    assert [text[s.start : s.end] for s in found.sentences] == [school, hospital] and found.several


@pytest.mark.parametrize(
    "text", ["学校收费，没人管，去医院看病也没人管", "学校收费没人管，谢谢，拜托各位了。", "，，，"]
)
def test_short_parts_of_the_only_sentence_stay_together(text: str) -> None:
    assert sentences(text) == [(0, len(text))]


def test_who_writes_is_no_matter_of_its_own() -> None:
    text = "学校收费没人管。我叫某,电话某,身份证某。"

    assert sentences(text) == [(0, len(text))]


def test_nothing_is_told_unless_asked_for(tagger: Tagger) -> None:
    (prediction,) = tagger.tag([Report("1", SCHOOL)])

    assert prediction.matters is None and "matters" not in prediction.to_dict()


def test_the_json_shape_goes_there_and_back_without_words_and_without_silent_axes(tagger: Tagger) -> None:
    text = SCHOOL + "多次来信反映，拖着去年今天。" + HOSPITAL
    (prediction,) = tagger.tag([Report("1", text)], "none", True)
    shape = prediction.to_dict()

    assert shape["matters"]["several"] is True
    found = [sorted(s["tags"]) for s in shape["matters"]["sentences"]]
    assert found == [["domain", "purpose"], ["purpose"], ["domain", "misconduct", "purpose"]]
    assert "学校" not in str(shape)
    assert Prediction.from_dict(shape).to_dict() == shape


def test_sentences_without_a_tag_are_left_out_of_the_json_shape() -> None:
    tag = Tag("education", "教育", 0.9)
    matters = Matters(False, (Sentence(0, 9, {"domain": ()}), Sentence(9, 20, {"domain": (tag,)})))

    assert [s["start"] for s in matters.to_dict()["sentences"]] == [9]


@pytest.mark.parametrize("masking", [Masking.output, Masking.input])
@pytest.mark.parametrize("as_shown", [False, True])
def test_sentences_of_a_masked_report_keep_their_place(
    tagger: Tagger, masking: Masking, as_shown: bool
) -> None:
    text = "我叫王小明，电话13800138000，学校收费。" + HOSPITAL
    (shown,) = Guard(masking).stream(tagger, [Report("1", text)], "none", as_shown, matters=True)
    words = shown.report.text if as_shown else text

    assert shown.prediction.matters is not None
    last = shown.prediction.matters.sentences[-1]
    assert words[last.start : last.end] == HOSPITAL


def test_a_guard_that_shows_no_word_still_tells_places(tagger: Tagger) -> None:
    text = "我叫王小明，学校收费，多次反映。" + HOSPITAL
    guard = Guard(Masking.input, wordless=True)
    (shown,) = guard.stream(tagger, [Report("1", text)], "all", matters=True)

    assert shown.report.text == "" and shown.prediction.matters is not None
    last = shown.prediction.matters.sentences[-1]
    assert text[last.start : last.end] == HOSPITAL
    assert all(not tag.evidence for tags in shown.prediction.tags.values() for tag in tags)
