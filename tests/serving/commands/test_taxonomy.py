"""`petition taxonomy` lists every label, for a person and for a program."""

from __future__ import annotations

import json
from pathlib import Path

from data.taxonomy import Taxonomy
from model.export import TAXONOMY, Export
from tests.serving.conftest import Petition


def test_text_names_every_axis_and_label(petition: Petition, export: Export) -> None:
    ended = petition("taxonomy", "--model", export.folder)

    assert ended.code == 0
    for axis in export.taxonomy.axes:
        assert f"{axis.name}（{axis.id}" in ended.out
        assert all(label.name in ended.out and label.id in ended.out for label in axis.labels)


def test_yaml_is_a_taxonomy_file_again(petition: Petition, export: Export, tmp_path: Path) -> None:
    out = petition("taxonomy", "--model", export.folder, "--format", "yaml").out
    (tmp_path / TAXONOMY).write_text(out, encoding="utf-8")

    assert Taxonomy.load(tmp_path / TAXONOMY) == export.taxonomy


def test_json_holds_ids_and_names(petition: Petition, export: Export) -> None:
    shape = json.loads(petition("taxonomy", "--model", export.folder, "--format", "json").out)

    assert shape["version"] == export.taxonomy.version
    assert [axis["id"] for axis in shape["axes"]] == ["domain", "misconduct", "purpose"]
    assert shape["axes"][0]["labels"][0]["name"] == "教育"


def test_without_a_model_the_default_one_is_listed(petition: Petition) -> None:
    ended = petition("taxonomy")

    assert ended.code == 0 and "作风与违纪问题" in ended.out


def test_a_broken_export_ends_with_three(petition: Petition, tmp_path: Path) -> None:
    assert petition("taxonomy", "--model", tmp_path).code == 3


def test_an_unknown_format_is_wrong_use(petition: Petition) -> None:
    ended = petition("taxonomy", "--format", "xml")

    assert ended.code == 2 and "text、yaml、json" in ended.err


OLD = """
version: "1"
axes:
- id: topic
  name: 主题
  kind: many
  labels: [{id: road, name: 道路}, {id: lamp, name: 路灯}, {id: tree, name: 树木}]
"""
NEW = """
version: "2"
axes:
- id: topic
  name: 主题
  kind: many
  labels:
  - {id: road, name: 公路, definition: 公路养护}
  - {id: light, name: 照明, was: [lamp]}
  - {id: park, name: 公园}
- {id: haste, name: 缓急, kind: one, labels: [{id: now, name: 急}]}
"""


def test_a_diff_says_what_became_of_each_label(petition: Petition, tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(OLD, encoding="utf-8")
    (tmp_path / "new.yaml").write_text(NEW, encoding="utf-8")
    ended = petition("taxonomy", "diff", tmp_path / "old.yaml", tmp_path / "new.yaml")
    shape = json.loads(
        petition("taxonomy", "diff", tmp_path / "old.yaml", tmp_path / "new.yaml", "--format", "json").out
    )
    same = petition("taxonomy", "diff", tmp_path / "old.yaml", tmp_path / "old.yaml")

    assert ended.code == 0
    for said in (
        "改字：公路（road），改了名称、定义，原名道路（road）；定义改了",
        "换号：路灯（lamp） → 照明（light）",
        "取消：树木（tree）",
        "新增：公园（park）",
        "缓急（haste，单选）：新增的维度",
        "需要重新训练",
    ):
        assert said in ended.out
    assert [label["fate"] for label in shape["axes"][0]["labels"]] == ["kept", "renamed", "removed"]
    assert "不变：3 个" in same.out and "不必重新训练" in same.out
    assert petition("taxonomy", "diff", tmp_path / "none.yaml", tmp_path / "old.yaml").code == 4
