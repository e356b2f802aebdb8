"""A column that holds one kind of identifier is covered whole; the office's own numbers stay."""

from __future__ import annotations

import json

import pytest

from data.columns import Columns
from data.errors import UnknownColumns
from data.privacy.cells import CellMasker, headings_of
from data.privacy.entity import Entity
from data.privacy.headings import entity_of
from data.privacy.masker import Masker, Style
from data.table import Row, find_heading


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
        ("caller_name", Entity.PERSON),
        ("Caller", Entity.PERSON),
        ("用户昵称", Entity.PERSON),
        ("报料人", Entity.PERSON),
        ("监护人", Entity.PERSON),
        ("业主", Entity.PERSON),
        ("户主", Entity.PERSON),
        ("发帖人", Entity.PERSON),
        ("IP地址", Entity.ADDRESS),
        ("client_ip", Entity.ADDRESS),
        ("业主意见", None),
        ("project_name", None),
        ("user", None),
        ("zip", None),
        ("办理人", None),
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


DATA = ["A1", "昝立平", "6554321", "路灯坏了没人修", "否"]
UNUSUAL = [
    "12345工单号,来电人,联系电话,诉求内容,是否满意?",
    "工单号,来电人,联系电话,诉求内容,2024年度编号",
    "工单号,来电人,联系电话,诉求内容,办结时限；备注",
    "工单号,来电人,联系电话,诉求内容,办理情况（承办单位填写，超过20个字的请另附页）",
    "12345热线工单号,来电人姓名,联系电话,诉求内容",
    "甲?,来电人,联系电话,乙?,丙?",
    "工单号,来电人,联系电话",
]


@pytest.mark.parametrize("line", UNUSUAL)
def test_one_unusual_heading_leaves_the_others_what_they_are(line: str) -> None:
    rows = [["二〇二六年来件登记表"], line.split(","), DATA]
    place, headings = headings_of(rows)
    cells = CellMasker(Masker())

    assert (place, headings) == (1, line.split(","))
    assert [cells.cell(*pair) for pair in zip(headings, DATA, strict=False)][1:3] == [
        "【姓名】",
        "【手机号】",
    ]


def test_a_row_with_more_cells_than_the_headings_is_none() -> None:
    rows = [["编号", "来电人", "内容", "渠道", ""], ["甲", "昝立平", "路灯坏了没人修", "电话", "急"]]

    assert headings_of(rows)[0] == 0


@pytest.mark.parametrize("rows", [["路灯坏了,没人修", "昝立平,6554321"], ["1,本人,无", "2,本人,无"], []])
def test_rows_without_headings_have_none(rows: list[str]) -> None:
    assert headings_of([row.split(",") for row in rows]) == (-1, [])


@pytest.mark.parametrize(
    "lines",
    [
        *([line, ",".join(DATA)] for line in UNUSUAL),
        ["编号,来电人,内容,渠道,", "甲,昝立平,路灯坏了没人修,电话,急"],
        ["登记表,,", "序号,姓名,内容", "1,王小明,路灯坏了"],
        ["说明：请如实填写。,", "来电人,市民反映的内容", "王小明,路灯坏了"],
        ["", "来电人,诉求内容,办理结果", "王小明,路灯坏了,已转办"],
        ["内容", "路灯坏了"],
        ["路灯坏了，没人修。", "垃圾没人收。"],
        ["caller_name,phone,message", "Tom,6554321,no light"],
        ["内容（必填，请写明时间、地点，不超过两千字。）,标题", "路灯坏了,路灯"],
    ],
)
def test_headings_are_found_where_the_readers_find_them(lines: list[str]) -> None:
    rows = [line.split(",") for line in lines]
    try:
        read = find_heading([Row(n, row) for n, row in enumerate(rows, 1)], Columns(), "table").number - 1
    except UnknownColumns:  # no row is, or none of a report's text
        return
    assert headings_of(rows)[0] == read


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ({"name": "昝立平", "phone": 6554321, "n": 2}, {"name": "【姓名】", "phone": "【手机号】", "n": 2}),
        ([{"姓名": "王小明"}, {"姓名": "匿名"}], [{"姓名": "【姓名】"}, {"姓名": "匿名"}]),
        ({"a": {"b": ["我叫王小明，"]}}, {"a": {"b": ["我叫【姓名】，"]}}),
        ([["姓名", "昝立平"], ["级别", "急"]], [["姓名", "【姓名】"], ["级别", "急"]]),
        ([{"label": "姓名", "value": "昝立平"}], [{"label": "姓名", "value": "【姓名】"}]),
        ({"联系人": {"first": "立平", "内容": "路灯"}}, {"联系人": {"first": "【姓名】", "内容": "路灯"}}),
        (
            {"text": "昝立平家漏水", "more": [{"姓名": "昝立平"}]},
            {"text": "【姓名】家漏水", "more": [{"姓名": "【姓名】"}]},
        ),
        ([1.5, None, True, "路灯"], [1.5, None, True, "路灯"]),
    ],
)  # fmt: skip
def test_a_key_inside_a_cell_is_a_heading(value: object, masked: object) -> None:
    cells = CellMasker(Masker())

    assert cells.value("", value) == masked
    assert json.loads(cells.knowing([("more", text := json.dumps(value))]).cell("more", text)) == masked


def test_what_only_looks_like_an_object_is_a_text() -> None:
    cells = CellMasker(Masker())
    deep = "[" * 100_000

    assert cells.cell("备注", "[转]我叫王小明，") == "[转]我叫【姓名】，"
    assert cells.cell("备注", deep) == deep and cells.knowing([("备注", deep)]) is cells
    assert cells.cell("备注", '{ "n" : 1 }') == '{ "n" : 1 }', "as it was written, where nothing is found"


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
