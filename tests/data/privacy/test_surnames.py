"""What begins with a surname's character and is no name stays."""

from __future__ import annotations

import pytest

from data.blind import PEOPLES
from data.privacy.entity import Entity
from data.privacy.masker import Masker


@pytest.mark.parametrize("people", [*PEOPLES, "蒙族", "苗家人", "回民"])
@pytest.mark.parametrize("frame", ["我是{}，路灯坏了", "本人{}，住在村东", "我叫王小明，{}，住在村东"])
def test_an_ethnic_group_is_no_name(people: str, frame: str) -> None:
    text = frame.format(people)
    found = [text[one.start : one.end] for one in Masker().find(text) if one.entity_type is Entity.PERSON]

    assert [name for name in found if name != "王小明"] == []


@pytest.mark.parametrize("name", ["苗家兴", "白祖明", "黎祖德", "高山青", "毛南生"])
def test_a_name_that_begins_alike_is_one(name: str) -> None:
    assert name not in Masker().mask(f"我叫{name}，路灯坏了").text
