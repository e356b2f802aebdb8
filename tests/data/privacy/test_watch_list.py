"""The watch list meets a name however it is written, and no other report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.privacy.watch_list import BadWatchList, WatchList
from data.report import Report

NAMES = WatchList(["赵大海", "岭上市纪委", "Zhao Dahai"])


@pytest.mark.parametrize(
    "text",
    [
        "举报赵大海多占宅基地",
        "举报赵 大 海多占宅基地",
        "举报赵*大*海",
        "举报赵\u200b大\u200b海",
        "举报赵大\n海",
        "举报<b>赵</b>大海",
        "舉報趙大海多占宅基地",
        "举报赵★大😀海",
        "举报赵|大|海",
        "举报趙*大*海",
        "举报𝐙𝐡𝐚𝐨 𝐃𝐚𝐡𝐚𝐢收钱",
        "举报&#36213;大海",
        "岭 上 市 纪委无人接待",
        "ｚｈａｏ　ｄａｈａｉ took money",
        "举报赵、大、海",
        "举报赵!大!海",
        "举报赵：大：海",
        "举报赵，大，海",
        "举报赵…大…海",
        "举报赵①大②海",
        "举报赵㊣大㊣海",
        "举报赵x大x海",
        "举报赵1大22海",
        "举报赵XX大、 海",
        "举报趙、大、海",
        "举报赵\u0336大\u0336海",
        "岭﹡上﹡市纪委",
        "岭、上、市、纪、委",
    ],
)
def test_a_name_is_met_in_any_spelling(text: str) -> None:
    assert NAMES.meets(Report("1", text))


@pytest.mark.parametrize(
    "cell",
    [
        json.dumps({"承办": ["赵大海"]}),
        json.dumps([{"赵大海": 1}]),
        json.dumps({"说": "赵\n大海"}, ensure_ascii=False),
        json.dumps({"原件": json.dumps({"由": "岭上市纪委"})}),
    ],
    ids=["escapes", "a key", "an escaped line end", "twice"],
)
def test_a_name_inside_a_cell_of_json_is_met(cell: str) -> None:
    assert NAMES.meets(Report("1", "路灯坏了", extra={"附": cell}))


@pytest.mark.parametrize(
    "text",
    [
        "", "路灯坏了", "姓赵，大海边上的房子", "岭上市教育局", "老赵、大海两人都在", "找老赵：大海边坏了",
        "赵某大某海某", "赵家村 1 号，大桥 2 号，海边 3 号", "岭上、市里、纪委都去过",
    ],
)  # fmt: skip
def test_another_report_is_not(text: str) -> None:
    assert not NAMES.meets(Report("1", text))


def test_of_a_name_of_two_characters_signs_alone_hide_nothing() -> None:
    names = WatchList(["李明"])

    for text in ("李 明", "李*明", "李①明", "李/明"):
        assert names.meets(Report("1", text)), text
    for text in ("姓李，明天来", "找老李：明天来", "李、明两户", "李！明天", "一月 12 日李 3 明"):
        assert not names.meets(Report("1", text)), text


def test_an_id_and_a_time_are_looked_at_and_a_files_name_is_not() -> None:
    assert NAMES.meets(Report("赵大海-1", "路灯"))
    assert NAMES.meets(Report("赵大海-1", "路灯", row=2, cells={"编号": "赵大海-1"}))
    assert NAMES.meets(Report("赵大海:2", "路灯", row=2, cells={"编号": " 赵大海:2 "}))
    assert NAMES.meets(Report("1", "路灯", time="赵大海值班日"))
    assert not NAMES.meets(Report("岭上市纪委.csv:2", "路灯", row=2, cells={"内容": "路灯"}))


def test_a_name_listed_in_traditional_characters_is_met_in_simplified_ones_and_counts_once() -> None:
    names = WatchList(["趙大海", "趙 大 海"])

    assert names.size == 1
    assert names.meets(Report("1", "赵大海")) and names.meets(Report("1", "趙大海"))


def test_every_field_is_looked_at() -> None:
    assert NAMES.meets(Report("1", "路灯", title="关于赵大海"))
    assert NAMES.meets(Report("1", "路灯", extra={"被反映人": "赵大海"}))


def test_a_file_has_one_name_a_line(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes("# 本单位负责人\r\n赵大海\r\n\r\n岭上市纪委\r\n".encode("gb18030"))
    names = WatchList.load(path)

    assert names.size == 2 and names.meets(Report("1", "赵大海")) and not names.meets(Report("1", "负责人"))


@pytest.mark.parametrize("content", ["", "# 赵大海\n", "赵大海\n赵\n"])
def test_a_list_that_cannot_be_used_is_refused_and_not_quoted(tmp_path: Path, content: str) -> None:
    path = tmp_path / "names.txt"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(BadWatchList) as caught:
        WatchList.load(path)
    assert str(path) in str(caught.value) and "赵" not in str(caught.value)


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadWatchList, match="gone"):
        WatchList.load(tmp_path / "gone.txt")
