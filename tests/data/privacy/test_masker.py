"""Identifiers are found in all their spellings, and what only looks like one stays."""

from __future__ import annotations

import pytest

from data.privacy.entity import Entity
from data.privacy.masker import Masker, Style

FOUND = [
    ("身份证号110105194912310023", Entity.RESIDENT_ID, "110105194912310023"),
    (
        "身份证：１１０１０５ １９４９１２３１ ００２Ｘ",
        Entity.RESIDENT_ID,
        "１１０１０５ １９４９１２３１ ００２Ｘ",
    ),
    ("手机138-1234-5678。", Entity.MOBILE, "138-1234-5678"),
    ("打13812345678没人接", Entity.MOBILE, "13812345678"),
    ("座机0731-88887777", Entity.LANDLINE, "0731-88887777"),
    ("车牌湘A·12345乱停", Entity.PLATE, "湘A·12345"),
    ("邮箱 a.b@example.com", Entity.EMAIL, "a.b@example.com"),
    ("住青山路18号3栋2单元501室", Entity.ADDRESS, "青山路18号3栋2单元501室"),
    ("我叫张伟民，是本村村民", Entity.PERSON, "张伟民"),
]
KEPT = [
    "工单20180512655980，面积120平方米，补偿款一万二千元",
    "青山路修了半年还没修好",
    "请拨打12345或95588咨询",
    "2018年5月12日去的窗口",
]


@pytest.mark.parametrize(("text", "entity", "words"), FOUND)
def test_an_identifier_is_found_where_it_stands(text: str, entity: Entity, words: str) -> None:
    masked = Masker().mask(text)

    assert [(f.entity_type, text[f.start : f.end]) for f in masked.findings] == [(entity, words)]
    assert words not in masked.text and entity.label in masked.text


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_like_an_identifier_stays(text: str) -> None:
    assert Masker().mask(text).text == text


def test_stars_keep_the_length_and_every_offset() -> None:
    text = "我叫张伟民，手机13812345678，请回电"
    masked = Masker(style=Style.stars).mask(text)

    assert len(masked.text) == len(text) and masked.text.endswith("，请回电")
    assert "张伟民" not in masked.text and "138" not in masked.text


def test_a_name_once_found_is_covered_wherever_it_stands() -> None:
    assert "张伟民" not in Masker().mask("我叫张伟民。去年张伟民去窗口三次。").text


def test_pseudonyms_are_the_same_for_the_same_identifier_and_need_a_key() -> None:
    first, second = (
        Masker(style=Style.pseudonym, key=b"k").mask(text).text for text in ("13812345678", "138 1234 5678")
    )

    assert first == second
    with pytest.raises(ValueError, match="key"):
        Masker(style=Style.pseudonym)


def test_a_masked_text_does_not_show_itself() -> None:
    assert "张伟民" not in repr(Masker().mask("我叫张伟民"))
