"""Headings are found whatever an office calls them."""

from __future__ import annotations

import pytest

from data.columns import Columns, headings_found, looks_like_headings, map_columns, normal_heading
from data.errors import UnknownColumns


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        (" 内容（必填） ", "内容"),
        ("\ufeff留言 主题", "留言主题"),
        ("ＴＥＸＴ：", "text"),
        ("【正文】", "正文"),
        ("Report ID", "report_id"),
        ("*诉求内容[200字以内]", "诉求内容"),
    ],
)
def test_a_heading_is_compared_without_its_dress(written: str, compared: str) -> None:
    """Spaces, BOM, width, case and remarks do not matter."""
    assert normal_heading(written) == compared


def test_the_columns_of_a_forum_export_are_found() -> None:
    """The layout of a public message board, answer columns beside it."""
    headings = ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间"]
    assert map_columns(headings) == {
        "id": "留言编号",
        "title": "留言主题",
        "time": "留言时间",
        "text": "留言详情",
    }


def test_the_answer_is_never_taken_for_the_report() -> None:
    """A reply column alone is no text."""
    with pytest.raises(UnknownColumns):
        map_columns(["编号", "答复内容", "办理情况说明"])


def test_an_exact_heading_beats_one_that_only_ends_alike() -> None:
    """ "内容" is taken although another column comes first."""
    assert map_columns(["市民补充的内容", "内容"])["text"] == "内容"
    assert map_columns(["编号", "市民反映的内容"])["text"] == "市民反映的内容"


def test_the_order_of_columns_does_not_change_the_choice() -> None:
    """Priority is that of the table of headings."""
    assert map_columns(["内容", "诉求内容", "序号", "工单编号"]) == map_columns(
        ["工单编号", "序号", "诉求内容", "内容"]
    )


def test_a_column_named_by_the_user_wins() -> None:
    """An explicit choice beats the table, and frees the usual column."""
    assert map_columns(["标题", "内容", "备注"], Columns(text="备注"))["text"] == "备注"
    assert map_columns(["标题", "编号"], Columns(text="标题")) == {"text": "标题", "id": "编号"}


def test_a_wrong_choice_names_the_option_and_the_headings() -> None:
    """The error says what there is."""
    with pytest.raises(UnknownColumns, match=r"--title-column.*标题, 内容") as caught:
        map_columns(["标题", "内容"], Columns(title="题头"))
    assert caught.value.headings == ("标题", "内容")


def test_the_only_column_is_the_text() -> None:
    """Whatever it is called."""
    assert map_columns(["标题"]) == {"text": "标题"}


def test_an_unknown_table_says_how_to_name_the_text() -> None:
    """The message lists the headings and the option."""
    with pytest.raises(UnknownColumns, match=r"受理号, 市民说的话, 来电人.*--text-column"):
        map_columns(["受理号", "市民说的话", "来电人"])


@pytest.mark.parametrize("chosen", [None, Columns(title="标题")])
@pytest.mark.parametrize(
    "row",
    [
        ("张某某", "我家门口的路灯坏了三个月，一直没有人来修。"),
        ("张某某", "举报路灯坏了村支书不修"),
        ("已办结", "张某某", "举报路灯坏了村支书不修"),
        ("姓名", "张某某"),
        ("登记人", "姓名", "张某某", "备注"),
    ],
)
def test_a_reporters_words_in_the_first_row_are_not_quoted(
    row: tuple[str, ...], chosen: Columns | None
) -> None:
    """A table without headings starts with private words."""
    with pytest.raises(UnknownColumns) as caught:
        map_columns(row, chosen)
    assert "张某某" not in str(caught.value)
    assert "路灯" not in str(caught.value)


def test_keys_are_names_and_are_listed() -> None:
    """An object's keys are not a reporter's words, unless they are long, a sentence or a number."""
    keys = ["工单流水", "市民说的话", "report_words_as_received", "我家门口的路灯坏了，没人修。",
            "路" * 21, "x" * 41, "13800000000", "甲\n乙", " "]  # fmt: skip

    assert headings_found(keys, keys=True) == (
        "keys found: 工单流水, 市民说的话, report_words_as_received and 5 more"
    )
    with pytest.raises(UnknownColumns, match=r"keys found: 工单流水, 市民说的话, .*--text-column"):
        map_columns(keys, keys=True)
    with pytest.raises(UnknownColumns, match=r"--title-column.*; keys found: 甲, 乙\."):
        map_columns(["甲", "乙"], Columns(title="题头"), keys=True)
    assert headings_found([" "]) == headings_found([], keys=True) == "no headings found"
    assert headings_found([f"k{n}" for n in range(40)], keys=True).endswith("k29 and 10 more")


@pytest.mark.parametrize(
    "heading", ["证件号", "证件编号", "护照编号", "open_id", "wechat_id", "残疾证编号", "出生日期"]
)
def test_a_column_of_identifiers_is_no_id_and_no_time(heading: str) -> None:
    """证件号 ends as 件号 does, and holds who somebody is."""
    assert map_columns([heading, "内容"]) == {"text": "内容"}
    assert map_columns([heading, "内容"], Columns(id=heading))["id"] == heading


def test_words_about_an_account_are_still_words() -> None:
    """What a column of words is called after makes it no identifier."""
    assert map_columns(["编号", "微信留言详情"])["text"] == "微信留言详情"


def test_an_ascii_word_must_stand_alone() -> None:
    """ "paid" does not end in the word "id"."""
    assert "id" not in map_columns(["paid", "text"])
    assert map_columns(["complaint_id", "text"])["id"] == "complaint_id"


def test_long_remarks_still_look_like_headings() -> None:
    """A remark in brackets may be a sentence."""
    assert looks_like_headings(["编号", "内容（必填，请写明时间、地点，不超过两千字。）"])
    assert not looks_like_headings(["编号", "我家门口的路灯坏了，没人修。"])
