"""Swaps: other people and places, and no word torn."""

from __future__ import annotations

import pytest

from data.privacy.entity import Entity, Finding
from training.swaps import PEOPLES, PROVINCES, SURNAMES, apply, genders, peoples, regions, renamed, surnames


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("李先生的女儿找他", "李女士的儿子找她"),
        ("她和丈夫、孙子", "他和妻子、孙女"),
        ("男女老少，子女，儿女，妇女", "男女老少，子女，儿女，妇女"),
        ("其他人，他人，优先生产，首先生效，老公房", "其他人，他人，优先生产，首先生效，老公房"),
    ],
)
def test_gender_words_change_and_words_of_both_sexes_stay(text: str, swapped: str) -> None:
    assert genders()(text) == swapped
    assert genders()(swapped) == text


@pytest.mark.parametrize("text", ["班主任老师", "任何主任", "每周某天", "如何某"])
def test_words_that_end_like_a_surname_stay(text: str) -> None:
    assert surnames(3)(text) == text


@pytest.mark.parametrize("step", [1, 7, 30])
def test_each_name_and_place_is_another_of_its_kind(step: int) -> None:
    text = surnames(step)("王女士说李某")
    assert {text[0], text[4]} <= set(SURNAMES) and text[0] != "王" and text[4] != "李"
    place = regions(step)("上海的路")[:-2]
    assert place in PROVINCES and place != "上海"
    assert regions(1)("A市B3县") == "B市C3县"
    people = peoples(step)("回族")
    assert people in PEOPLES and (people != "回族" or step % len(PEOPLES) == 0)


def test_spans_move_with_the_words_around_them() -> None:
    text = "黑龙江的王某不管，上海的也不管"
    edits = [(0, 3, "河北"), (9, 11, "内蒙古")]

    changed, spans = apply(text, edits, [(0, 4), (4, 8), (9, 15), (1, 2)])

    assert changed == "河北的王某不管，内蒙古的也不管"
    assert [changed[a:b] for a, b in spans] == ["河北的", "王某不管", "内蒙古的也不管", "河北"]


def test_a_name_is_renamed_whole_and_what_is_covered_stays_covered() -> None:
    text = "王小明和王某，欧阳芳"
    names = [Finding(Entity.PERSON, *span, 1.0) for span in ((0, 3), (4, 6), (7, 10))]

    changed, _ = apply(text, renamed(text, names, 5))

    first, rest = changed.split("和")
    second, third = rest.split("，")
    assert len(first) == 3 and first[0] == second[0] != "王" and second[1] == "某"
    assert "小明" not in first and len(third) == 2
