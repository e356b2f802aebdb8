"""`petition migrate` moves labelled files, and says what it could not decide."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.taxonomy import Axis, Label, Taxonomy
from tests.serving.conftest import PLANTED, SCHOOL, Petition

OLD = Taxonomy("1", (Axis("domain", "领域", "many", (Label("housing", "住房"), Label("other", "其他"))),))
NEW = Taxonomy("2", (
    Axis("domain", "领域", "many", (
        Label("estate", "物业", was=("housing",)), Label("moving", "拆迁", was=("housing",)),
        Label("new", "新"),
    )),
    Axis("topic", "主题", "many", (Label("estate", "物业"),)),
))  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> list[object]:
    """A labelled file, its taxonomy, the next one, and where to write."""
    OLD.dump(tmp_path / "old.yaml")
    NEW.dump(tmp_path / "new.yaml")
    rows = [{"id": "1", "text": SCHOOL, "domain": ["housing"]}, {"id": "2", "text": SCHOOL, "domain": []}]
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return [
        tmp_path / "in.jsonl", "--from", tmp_path / "old.yaml", "--to", tmp_path / "new.yaml",
        "-o", tmp_path / "out.jsonl",
    ]  # fmt: skip


def labels(tmp_path: Path) -> list[object]:
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["domain"] for line in lines]


def test_what_cannot_be_decided_is_counted(petition: Petition, files: list[object], tmp_path: Path) -> None:
    ended = petition("migrate", *files)

    assert ended.code == 0 and labels(tmp_path) == [None, []]
    assert "住房（housing） 拆成了物业（estate）、拆迁（moving），无法判定 1 件" in ended.err
    assert "改为没有标注的 1 件" in ended.err and "新增的新（new）在旧标注里一律算不成立" in ended.err
    assert PLANTED not in ended.out + ended.err
    assert petition("migrate", *files, "--quiet").err == ""


def test_a_mapping_decides(petition: Petition, files: list[object], tmp_path: Path) -> None:
    ended = petition("migrate", *files, "--map", "住房=拆迁")

    assert ended.code == 0 and labels(tmp_path) == [["moving"], []]
    assert "住房（housing） → 拆迁（moving） 1 件" in ended.err
    assert petition("migrate", *files, "--map", "住房=物业").code == 0  # the axis of the old label is meant
    assert labels(tmp_path) == [["estate"], []]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--map", "住房"], "旧标签=新标签"),
        (["--map", "住房=没有"], "没有标签 没有"),
        (["--map", "没有=物业"], "没有标签 没有"),
        (["--map", "住房=topic:物业"], "同一维度"),
        (["--map", "住房=物业", "--map", "housing=拆迁"], "只能对应一个"),
        (["--drop", "没有"], "--drop"),
        (["--added", "maybe"], "absent、unlabelled"),
    ],
)
def test_wrong_use_is_said(petition: Petition, files: list[object], wrong: list[str], said: str) -> None:
    ended = petition("migrate", *files, *wrong)

    assert ended.code == 2 and said in ended.err


def test_nothing_is_written_over_or_left_half(
    petition: Petition, files: list[object], tmp_path: Path
) -> None:
    assert petition("migrate", *files[:-1], tmp_path / "in.jsonl").code == 2
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": SCHOOL, "domain": ["other"]}), encoding="utf-8")
    ended = petition("migrate", *files)

    assert ended.code == 4 and "other x 1" in ended.err and not (tmp_path / "out.jsonl").exists()
    assert petition("migrate", *files, "--drop", "其他").code == 0
