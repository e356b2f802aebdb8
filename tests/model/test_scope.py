"""Scope: what is no petition gets no tags and goes to a person; an Export that knows none tags all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from data.report import Report
from model.export import SCOPE, BrokenExport, Export
from model.scope import Scope, foreign
from model.tagger import Tagger
from model.wide import Buckets, Wide, ngrams
from serving.wording import reason_words
from tests.conftest import random_wide, speaking_tables

REPORT, POEM = "我们小区旁边学校收费没人处理", "月亮上的水，一二三四"
Make = Callable[..., Export]


def linear(against: str, bits: int = 12) -> Wide:
    """A linear model in which the n-grams of some words speak against a petition."""
    ids = np.unique(ngrams(against, bits)[0]).astype(np.uint32)
    return Wide(
        Buckets(bits, ids, np.ones(ids.size, np.float16)), np.full((ids.size, 1), -100, np.int8),
        np.array([0.05], np.float32), np.array([0.5], np.float32),
    )  # fmt: skip


def with_scope(export: Export, conflict: float = np.inf, rare: tuple[int, ...] = ()) -> Export:
    few = np.isin(np.arange(6), rare)
    Scope(linear("月亮"), conflict, few).save(export.folder / SCOPE)
    export.save()
    return Export.load(export.folder)


@pytest.fixture
def export(make_export: Make, tokenizer: Tokenizer) -> Export:
    return with_scope(make_export(speaking_tables(tokenizer, {"学校": 0, "没人": 2})))


def test_what_is_no_petition_gets_no_tags_and_goes_to_a_person(export: Export) -> None:
    tagger = Tagger(export, 1)
    report, poem = tagger.tag([Report("1", REPORT), Report("2", f"{POEM}，学校")], "all", matters=True)

    assert [tag.label for tag in report.tags["domain"]] == ["education"] and report.review_reasons == ()
    assert poem.tags == {"domain": (), "misconduct": (), "purpose": ()}
    assert poem.needs_review and poem.review_reasons == ("out_of_scope",)
    assert poem.matters is not None and not poem.matters.sentences


@pytest.mark.parametrize(
    "text",
    [
        "", "您好！", "尊敬的领导，您好，请问在吗？谢谢！", "12345 67", "！！！",
        "各位领导辛苦了，打扰了。", "各位同志们好，各位领导",
    ],
)  # fmt: skip
def test_a_text_of_courtesies_alone_is_too_short(export: Export, text: str) -> None:
    (prediction,) = Tagger(export, 1).tag([Report("1", text)])

    assert prediction.review_reasons == ("too_short",) and not any(prediction.tags.values())


@pytest.mark.parametrize(
    "text",
    [
        "بازاردىن سېتىۋالغان نەرسىنىڭ سۈپىتى ناچار", "བོད་ཡིག་ནས་བྲིས་པའི་ཡི་གེ་ཞིག་རེད།",
        "학교에서 돈을 너무 많이 받아요",
        "学校がお金を取りすぎています", "Школа берёт слишком много денег", "Trường học thu quá nhiều tiền",
        "L'école demande trop d'argent aux parents", "โรงเรียนเก็บเงินมากเกินไป",
        "xue xiao luan shou fei mei ren guan",
        "ᠰᠤᠷᠭᠠᠭᠤᠯᠢ ᠶᠡᠬᠡ ᠮᠥᠩᠭᠦ ᠠᠪᠬᠤ", "مەكتەپ（学校）بەك كۆپ پۇل ئالىدۇ",
    ],
)  # fmt: skip
def test_a_text_in_another_language_gets_no_tags_and_goes_to_a_person(export: Export, text: str) -> None:
    (prediction,) = Tagger(export, 1).tag([Report("1", text)])

    assert prediction.review_reasons == ("not_chinese",) and not any(prediction.tags.values())


@pytest.mark.parametrize(
    "text",
    [
        "学校收费系统报错 Error: connection refused at line 12 of module pay.js", "学校APP打不开",
        "学校收费，家长のお金都没了",
        "مەكتەپ بەك كۆپ پۇل ئالىدۇ، ھېچكىم باشقۇرمايدۇ。学校收费太多，没人来管。",
        "학교에서 돈을 너무 많이 받아요. 学校收钱太多。", "学校Wi-Fi收费", "学校门口 P+R ETC 收费",
        "The school takes money. 学校向家长收钱，没有收据。",
    ],
)  # fmt: skip
def test_foreign_words_beside_chinese_ones_change_nothing(export: Export, text: str) -> None:
    (prediction,) = Tagger(export, 1).tag([Report("1", text)])

    assert prediction.tags["domain"] and prediction.review_reasons == ()


@pytest.mark.parametrize(
    "text",
    [
        "ETC APP error: system busy, please try again later 无法缴费",
        "我们小区停水 wo men xiao qu ting shui san tian le, mei you ren guan, qing jie jue",
        "Xiaomi SU7 Ultra recall notice, OTA update V1.5.2 failed 车坏了",
        "医保局 https://www.example.gov.cn/path/page?id=123&name=abc&type=query&lang=zh 打不开",
        "路灯报修 http://www.example.gov.cn/login.do?method=login&user=abc&redirect=index",
        "举报李某受贿，邮箱 someone.with.a.long.name@mail.example.com.cn",
        "社保APP闪退 Android 14 Redmi Note 13 Pro version 3.2.1 build 2024",
        "KTV扰民 night club DJ music too loud 凌晨三点",
        "P2P平台 online lending platform scam, refund please 求助",
        "停水三天！！！😡😡😡😡😡😡😡😡😡😡",
        "13800138000 2024-05-01 18:30 88-3-1201 停水",
        "请看附件 IMG_20240501_123456.jpg IMG_20240501_123457.jpg IMG_20240501_123458.jpg",
        "ＡＢＣ小区ＷＩＦＩ收费ＡＰＰ", "ATM吞卡 ICBC card swallowed 银行推诿",
    ],
)  # fmt: skip
def test_a_short_report_with_much_that_is_not_chinese_is_chinese(text: str) -> None:
    assert not foreign(text)


@pytest.mark.parametrize(
    "text",
    [
        "The school 青石路小学 takes too much money from the parents, please help us and look into it",
        "wo men xiao qu ting shui san tian le",
        "See https://example.com/a for how the school takes money from us",
    ],
)
def test_a_chinese_name_in_it_makes_no_text_chinese(text: str) -> None:
    assert foreign(text)


@pytest.mark.parametrize("text", ["学校收费", "您好，学校收费", "学校门口", "各位领导学校收费"])
def test_four_letters_are_enough(export: Export, text: str) -> None:
    (prediction,) = Tagger(export, 1).tag([Report("1", text)])

    assert prediction.tags["domain"] and prediction.review_reasons == ()


def test_a_title_counts_too(export: Export) -> None:
    one, other = Tagger(export, 1).tag([Report("1", "您好", "学校收费"), Report("2", "学校收费", POEM)])

    assert one.tags["domain"] and other.review_reasons == ("out_of_scope",)


def test_an_export_without_the_file_tags_whatever_comes(make_export: Make, tokenizer: Tokenizer) -> None:
    tagger = Tagger(make_export(speaking_tables(tokenizer, {"学校": 0})), 1)
    poem, short = tagger.tag([Report("1", f"{POEM}，学校"), Report("2", "学校")])

    assert poem.tags["domain"] and short.tags["domain"] and poem.review_reasons == ()
    assert tagger.outside([Report("1", POEM)]) == [""]


def test_tags_are_doubted_where_the_linear_part_is_against_them_or_the_label_is_rare(
    make_export: Make, tokenizer: Tokenizer
) -> None:
    tables = speaking_tables(tokenizer, {"学校": 0, "没人": 2, "医院": 1})
    wide = random_wide()
    export = make_export(tables, wide=wide)
    said = wide.logits(REPORT)

    def reasons(conflict: float, rare: tuple[int, ...] = ()) -> tuple[str, ...]:
        (prediction,) = Tagger(with_scope(export, conflict, rare), 1).tag([Report("1", REPORT)])
        assert prediction.tags["domain"] and prediction.tags["misconduct"]
        return prediction.review_reasons

    assert reasons(np.inf) == ()
    assert reasons(np.inf, (0,)) == ("domain:rare_label",)
    assert reasons(np.inf, (1,)) == ()  # 医院 is not given
    assert reasons(-float(said[2]) - 0.01) >= ("misconduct:conflict",)
    assert "misconduct:conflict" not in reasons(-float(said[2]) + 0.01)


def test_the_file_is_checked_like_any_other_of_an_export(export: Export) -> None:
    assert SCOPE in export.files
    path = export.folder / SCOPE
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(BrokenExport, match="checksum"):
        Export.load(export.folder)


def test_a_stray_file_is_refused(make_export: Make) -> None:
    export = make_export()
    Scope(linear("月亮"), 1.0, np.zeros(6, bool)).save(export.folder / SCOPE)

    with pytest.raises(BrokenExport, match="not of this export"):
        Export.load(export.folder)


def test_it_is_read_back_as_it_was(tmp_path: Path) -> None:
    scope = Scope(linear("月亮"), 1.5, np.array([True, False]))
    scope.save(tmp_path / SCOPE)
    again = Scope.load(tmp_path / SCOPE)

    assert again.score(POEM) == scope.score(POEM) < 0 < again.score(REPORT)
    assert again.conflict == 1.5 and again.rare.tolist() == [True, False]


def test_officers_read_the_reasons_in_chinese(export: Export) -> None:
    codes = ["out_of_scope", "not_chinese", "too_short", "misconduct:conflict", "domain:rare_label"]

    assert [reason_words(code, export.taxonomy) for code in codes] == [
        "不像信访件", "不是中文", "文字太少", "问题判断有分歧", "领域有少见标签",
    ]  # fmt: skip
