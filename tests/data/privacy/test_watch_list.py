"""The watch list meets a name however it is written, and no other report."""

from __future__ import annotations

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
    ],
)
def test_a_name_is_met_in_any_spelling(text: str) -> None:
    assert NAMES.meets(Report("1", text))


@pytest.mark.parametrize("text", ["", "路灯坏了", "姓赵，大海边上的房子", "岭上市教育局"])
def test_another_report_is_not(text: str) -> None:
    assert not NAMES.meets(Report("1", text))


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
