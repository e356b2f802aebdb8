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
        ("open_id", Entity.WECHAT),
        ("残疾证编号", Entity.PERMIT),
        ("社保卡号", Entity.PERMIT),
        ("是否有残疾证", None),
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


@pytest.mark.parametrize(
    ("heading", "cell", "text", "masked"),
    [
        ("来电人", "王小明", "岭上村王小明家低保被取消", "岭上村【姓名】家低保被取消"),
        ("聯繫人", "陳建國先生（户主）", "陈建国家漏水", "【姓名】家漏水"),
        ("姓名", "王　明、昝立平", "王明和昝立平一起来的", "【姓名】和【姓名】一起来的"),
        ("姓名", "安心", "让人安心的小区", "让人安心的小区"),
        ("来电人", "匿名", "匿名反映路灯不亮", "匿名反映路灯不亮"),
        ("来电人", "市民", "市民反映路灯不亮", "市民反映路灯不亮"),
        ("来电人", "高新区", "高新区的路灯不亮", "高新区的路灯不亮"),
        ("来电人", "张先生", "张家口的路灯不亮", "张家口的路灯不亮"),
        ("被举报人", "周武", "周武贪污，周武家盖楼", "周武贪污，周武家盖楼"),
        ("备注", "王小明", "岭上村王小明家低保被取消", "岭上村王小明家低保被取消"),
    ],
)
def test_a_name_in_a_column_of_its_own_is_covered_in_the_other_cells(
    heading: str, cell: str, text: str, masked: str
) -> None:
    cells = CellMasker(Masker()).knowing([(heading, cell), ("内容", text)])

    assert cells.cell("内容", text) == masked


def test_the_accused_are_covered_in_other_cells_where_that_is_asked() -> None:
    cells = CellMasker(Masker(keep=()))
    row = cells.knowing([("被举报人", "周武")])

    assert row.cell("内容", "周武家盖楼") == "【被反映人】家盖楼"
    assert cells.counts == {Entity.OFFICIAL: 1}, "a row counts where its file does"
    assert cells.cell("内容", "周武家盖楼") == "周武家盖楼", "another row does not know of it"
