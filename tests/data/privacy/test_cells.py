"""A column that holds one kind of identifier is covered whole; the office's own numbers stay."""

from __future__ import annotations

import pytest

from data.privacy.cells import CellMasker, headings_of
from data.privacy.entity import Entity
from data.privacy.headings import entity_of
from data.privacy.masker import Masker, Style


@pytest.mark.parametrize(
    ("heading", "entity"),
    [
        ("姓名", Entity.PERSON),
        ("来电人", Entity.PERSON),
        ("投诉人姓名", Entity.PERSON),
        ("被举报人姓名", Entity.OFFICIAL),
        ("联系电话（必填）", Entity.MOBILE),
        ("聯繫電話", Entity.MOBILE),
        ("手机号码", Entity.MOBILE),
        ("身份证号", Entity.RESIDENT_ID),
        ("家庭住址", Entity.ADDRESS),
        ("phone", Entity.MOBILE),
        ("E-mail", Entity.EMAIL),
        ("诉求内容", None),
        ("来电时间", None),
        ("出生日期", Entity.BIRTH),
        ("投诉人类型", None),
        ("联系方式类型", None),
        ("工单编号", None),
        ("反映单位名称", None),
    ],
)
def test_headings_say_what_a_column_holds(heading: str, entity: Entity | None) -> None:
    assert entity_of(heading) is entity


def test_a_cell_of_such_a_column_needs_no_frame() -> None:
    cells = CellMasker(Masker())

    assert cells.cell("姓名", "王小明") == "【姓名】"
    assert cells.cell("联系电话", "138001380") == "【手机号】"
    assert cells.cell("诉求内容", "我叫王小明") == "我叫【姓名】"
    assert cells.cell("姓名", "匿名") == "匿名" and cells.cell("姓名", "") == ""
    assert cells.counts == {Entity.PERSON: 2, Entity.MOBILE: 1}


def test_a_covered_cell_is_not_covered_again() -> None:
    assert CellMasker(Masker()).cell("姓名", "【姓名】") == "【姓名】"
    assert CellMasker(Masker(style=Style.stars)).cell("电话", "*** ****") == "*** ****"


def test_numbers_of_the_office_stay_but_a_resident_number_does_not() -> None:
    cells = CellMasker(Masker())

    assert cells.cell("工单编号", "13800138000") == "13800138000"
    assert cells.cell("编号", "11010119900307707X") == "【身份证号】"


def test_the_accused_stay_unless_asked() -> None:
    assert CellMasker(Masker()).cell("被举报人", "周武") == "周武"
    assert CellMasker(Masker(keep=())).cell("被举报人", "周武") == "【被反映人】"


def test_headings_stand_below_a_banner() -> None:
    rows = [["2025年来件登记表", "", ""], ["序号", "姓名", "内容"], ["1", "王小明", "路灯坏了"]]

    assert headings_of(rows) == (1, ["序号", "姓名", "内容"])
    assert headings_of([["路灯坏了，没人修。"]]) == (-1, [])
