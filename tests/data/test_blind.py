"""Who writes and from where is not read, what they write about is, and offsets hold."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.blind import _SHORT, LEAST, PEOPLES, blind
from data.clean import Cleaned, clean
from data.privacy.masker import Masker, Style
from data.readers import read_reports
from data.report import Report

SAMPLE = Path("data/sample/reports.jsonl")
MATTER = "村里的路灯坏了三个月,报了两次没有人来修。"
PIECES = st.sampled_from(
    "您好 尊敬的领导 ， 。 我叫张三 王女士 她 他 女儿 维吾尔族 石家庄 黑龙江 A1市 13800138000 "
    "【手机号】 ** 某某 &lt; 路灯坏了 谢谢".split()
)


def read(text: str) -> str:
    return blind(clean(""), clean(text))[1].text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("我叫王强，" + MATTER, "我叫李秀英，" + MATTER),
        ("我是张女士，" + MATTER, "我是刘先生，" + MATTER),
        ("一名男性市民反映：" + MATTER, "一名女性市民反映：" + MATTER),
        ("我儿子和丈夫说，" + MATTER, "我女儿和妻子说，" + MATTER),
        ("我是上海人，" + MATTER, "我是内蒙古人，" + MATTER),
        ("我住石家庄，" + MATTER, "我住海口，" + MATTER),
        ("A3市的" + MATTER, "K市的" + MATTER),
        *[(f"我是汉族，{MATTER}", f"我是{people}，{MATTER}") for people in (*PEOPLES, *_SHORT)],
        ("几个回民和藏民反映，" + MATTER, "几个汉人和维族反映，" + MATTER),
        ("尊敬的各位领导，您好！" + MATTER, MATTER),
        ("市长您好：" + MATTER + "麻烦您了，谢谢！", MATTER),
        ("网友反映：" + MATTER, MATTER + "望回复，谢谢。"),
        ("尊敬的领导，您好！" * 20 + MATTER + "谢谢！", MATTER),
        (MATTER + "电话13800138000", MATTER + "电话13911112222"),
        (MATTER + "联系人：岑先生，电话：000-00000000，随时可以联系。", MATTER),
        (MATTER + "联系人：王先生，电话：13800138000。", MATTER + "联系人：【姓名】，电话：【手机号】。"),
        (MATTER + "\n姓名：李四\n手机：138****8000", MATTER),
        (MATTER + "我的电话是13800138000，请随时与我联系，谢谢！", MATTER),
        (MATTER + "以上情况，感谢您在百忙之中阅读，祝工作顺利！", MATTER),
        (MATTER + "祝您身体健康，万事如意。\n此致\n敬礼！", MATTER),
        (MATTER + "「没人管」、『等通知』", MATTER + "“没人管”，“等通知”"),
        (MATTER + "拜托各位领导，恳请早日解决为盼！", MATTER),
        (MATTER + "望领导尽快推进解决并答复，不胜感激！", MATTER),
        (MATTER + "谢谢你们不作为！望回复，谢谢。", MATTER + "谢谢你们不作为！"),
        ("材料见 https://pan.example.com/abc?x=1 " + MATTER, "材料见 " + MATTER),
        ("路灯坏了.报了两次没有人来修", "路灯坏了。报了两次没有人来修"),
    ],
)
def test_who_writes_changes_nothing(one: str, other: str) -> None:
    assert read(one) == read(other)


@pytest.mark.parametrize(
    "text",
    [
        MATTER, "其他子女和妇女主任都说优先生产", "村民小组组长把低保给了亲戚", "谢谢",
        MATTER + "请问热线电话为什么打不通", MATTER + "感谢领导给我们村修好了去年冲断的桥", "水温3.5度",
        MATTER + "真是谢谢你们不作为！", MATTER + "希望不要再给我虚假回复。", MATTER + "盼别再敷衍回复",
        MATTER + "感谢你们推来推去。",
        "水族馆的票价太高，水族市场没人管", "路怒族别车，警察不管", "老汉人很老实，没有低保",
        "小区保安族群矛盾大", "来汉人员登记难", "一回民主评议",
        "材料被退回民政局，撤回民事起诉后又返回民警那里", "收藏民间器物，坐满人也不关门，蒙人的商家",
        "窝藏人员没人查", "本土族谱馆收费", "明朝族谱放在村里",
    ],
)  # fmt: skip
def test_the_matter_is_read_as_it_stands(text: str) -> None:
    assert read(text) == clean(text).text


def test_a_letter_that_is_courtesy_alone_keeps_it() -> None:
    text = "您好，谢谢领导！"
    assert len(text) < LEAST and read(text) == clean(text).text


@pytest.mark.parametrize("style", [Style.label, Style.stars, Style.pseudonym])
def test_a_masked_report_reads_as_it_did(style: Style) -> None:
    text = f"我叫王建国，电话13800138000，住幸福路12号3栋502室。{MATTER}"
    masked = Masker(style=style, key=b"key" if style is Style.pseudonym else b"").mask(text)

    assert masked.text != text and read(masked.text) == read(text)


def test_sample_reports_keep_their_matter() -> None:
    """What goes is a small part of each report, so that nothing is read away."""
    rows = [row for row in read_reports(SAMPLE) if isinstance(row, Report)]
    lengths = [(len(clean(row.text).text), len(read(row.text))) for row in rows]

    assert all(after >= min(before, LEAST) for before, after in lengths)
    assert sum(after for _, after in lengths) > 0.95 * sum(before for before, _ in lengths)


@pytest.mark.parametrize(
    "piece",
    [
        "谢谢", "谢谢，", "您好", "尊敬的领导您好，", "领导", "我叫张三，", "【手机号】", "*", "祝您",
        "随时联系", "身体健康", "以上情况，感谢", "联系人：王 ", "我的电话是1", "电话：1，",
    ],
)  # fmt: skip
def test_no_text_takes_for_ever(piece: str) -> None:
    """Written carelessly, a pattern reads a row of thanks in more ways than there is time for."""
    began = time.process_time()
    read(piece * 20_000 + "好")

    assert time.process_time() - began < 10


@given(st.lists(PIECES, max_size=12).map("".join))
@settings(max_examples=200, deadline=None)
def test_offsets_lead_back_to_the_original(text: str) -> None:
    title, body = blind(clean(text), clean(text))
    for part in (title, body):
        _check(part, text)


def _check(part: Cleaned, text: str) -> None:
    assert part.offsets.size == len(part.text) + 1 and part.ends.size == len(part.text)
    assert int(part.offsets[-1]) == len(text)
    for place in range(len(part.text)):
        start, end = part.original_span(place, place + 1)
        assert 0 <= start < end <= len(text)
        if place:
            assert start >= part.original_span(place - 1, place)[1]
