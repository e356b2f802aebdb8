"""Disguised words come back, ordinary reports stay as they are, and offsets hold."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from data.clean import clean
from data.disguise import SPELLINGS, undisguise
from data.readers import read_reports
from data.report import Report
from data.traditional import TRADITIONAL

SAMPLE = Path("data/sample/reports.jsonl")
PIECES = st.sampled_from(
    "貪 贪 污 政 正 府 不 作 做 为 * . 😀 💰 氵 去 讠 正 ⼀ 強 ㊣ \u0336 \u200b Ａ ， 。 &lt; 12 · 的".split()
)


def read(text: str) -> str:
    return undisguise(clean(text)).text


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("黨委書記強拆民房", "党委书记强拆民房"),
        ("⼀次⾏政处罚", "一次行政处罚"),
        ("贪\u0336污\u0336腐败", "贪污腐败"),
        ("不*作*为", "不作为"),
        ("贪.污.受.贿", "贪污受贿"),
        ("收 回 扣 了", "收回扣了"),
        ("村书*记拿了红#包", "村书记拿了红包"),
        ("腐😀败", "腐败"),
        ("孙*明收|回承包地", "孙明收回承包地"),
        ("讠正据都在，君羊众看着", "证据都在,群众看着"),
        ("他👍收👍礼", "他收礼"),
        ("送了💰给他", "送了钱给他"),
        ("氵去院不受理", "法院不受理"),
        ("镇正府弄虚做假", "镇政府弄虚作假"),
        ("踢皮求、走后们", "踢皮球、走后门"),
        ("警察是正*府的", "警察是政府的"),
        ("ｚ\u200b贪\u200b污", "z贪污"),
    ],
)
def test_a_disguised_word_is_read_as_what_it_means(disguised: str, plain: str) -> None:
    assert read(disguised) == plain


@pytest.mark.parametrize(
    "ordinary",
    [
        "王**和张××反映", "电话 138****0000", "造价、新房、意愿、片区、视频", "接到办理结果",
        "朗朗乾坤", "小学+初中", "首页>业务", "水/电/气 都停了",
        "12-3号楼", "甲、乙、丙、丁", "谢谢~希望解决", "信访举报电话", "汽车专用道", "A.B.C",
        "东 门 关着", "他不做好人", "☆☆☆", "心情😀😀。",
    ],
)  # fmt: skip
def test_what_is_no_disguise_stays(ordinary: str) -> None:
    assert read(ordinary) == clean(ordinary).text


def test_no_sample_report_is_changed() -> None:
    reports = [row for row in read_reports(SAMPLE) if isinstance(row, Report)]
    changed = [r.id for r in reports if read(r.text) != clean(r.text).text]

    assert len(reports) > 400 and changed == []


def test_offsets_point_to_what_was_written() -> None:
    text = "&lt;领导收💰，镇正府不*作*为，氵去院強拆"
    found = undisguise(clean(text))
    at = found.text.index

    assert found.text == "<领导收钱,镇政府不作为,法院强拆"
    for word, written in (("<", "&lt;"), ("钱", "💰"), ("政府", "正府"), ("不作为", "不*作*为"),
                          ("法", "氵去"), ("强拆", "強拆")):  # fmt: skip
        start = at(word)
        assert text[slice(*found.original_span(start, start + len(word)))] == written


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_offsets_rise_whatever_is_undone(text: str) -> None:
    found = undisguise(clean(text))
    spans = [found.original_span(place, place + 1) for place in range(len(found.text))]

    assert len(found.offsets) == len(found.text) + 1 and len(found.ends) == len(found.text)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_traditional_characters_are_those_of_opencc() -> None:
    convert = pytest.importorskip("opencc").OpenCC("t2s").convert
    traditional, simplified = TRADITIONAL.read_text(encoding="utf-8").splitlines()

    assert len(traditional) > 3000 and len(set(traditional)) == len(traditional)
    assert [(t, s) for t, s in zip(traditional, simplified, strict=True) if convert(t) != s] == []


def test_syllables_are_those_of_pypinyin_and_hear_every_word() -> None:
    lazy_pinyin = pytest.importorskip("pypinyin").lazy_pinyin
    shape = yaml.safe_load(SPELLINGS.read_text(encoding="utf-8"))
    wrong = [c for syllable, row in shape["syllables"].items() for c in row if lazy_pinyin(c) != [syllable]]

    assert wrong == []
    for word in shape["words"].split():
        assert all(c in shape["syllables"][s] for c, s in zip(word, lazy_pinyin(word), strict=True)), word


def test_no_spelling_is_listed_for_two_words() -> None:
    shape = yaml.safe_load(SPELLINGS.read_text(encoding="utf-8"))
    spellings = [spelling for row in shape["sounds"].values() for spelling in row.split()]
    parts = [item[:2] for item in shape["split"].split()]

    assert len(set(spellings)) == len(spellings) and len(set(parts)) == len(parts)
    assert not set(spellings) & set(shape["sounds"])
