"""Weak labels become axes of a throw-away taxonomy."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import BadLabelledRow, DataError
from tests.training.conftest import write_jsonl
from training.weak import WeakSource, read_weak


@pytest.fixture
def hotline(tmp_path: Path) -> Path:
    depts, paths = ["交通局", " 交通局", "教育局"], ["甲/丁", "甲/乙/丙"]
    rows = [{"id": str(i), "text": f"第{i}件", "dept": depts[i % 3], "path": paths[i % 2]} for i in range(12)]
    return write_jsonl(tmp_path / "hotline.jsonl", [*rows, {"id": "x", "text": "没有部门", "dept": ""}])


def test_each_source_is_an_axis_of_one(hotline: Path) -> None:
    rows, taxonomy = read_weak([WeakSource(hotline, "dept"), WeakSource(hotline, "path", 1)], least=3)

    assert [axis.kind for axis in taxonomy.axes] == ["one", "one"]
    assert [[label.name for label in axis.labels] for axis in taxonomy.axes] == [["交通局", "教育局"], ["甲"]]
    assert len(rows) == 12  # one row for both fields of a report
    assert rows[0].labels == {"weak0": frozenset(["v0"]), "weak1": frozenset(["v0"])}
    assert "text" not in {row.source for row in rows}


def test_dropped_ids_are_left_out(hotline: Path) -> None:
    rows, _ = read_weak([WeakSource(hotline, "dept")], drop={"0", "5"}, least=1)

    assert {row.report.id for row in rows} == {str(i) for i in range(12)} - {"0", "5"}


def test_rare_values_are_left_unlabelled(hotline: Path) -> None:
    rows, taxonomy = read_weak([WeakSource(hotline, "dept")], least=5)

    assert taxonomy.axes[0].label_ids == ("v0",) and len(rows) == 8


def test_a_source_without_a_frequent_value_is_named(hotline: Path) -> None:
    with pytest.raises(DataError, match=r"hotline\.jsonl: no value of 'dept' stands in 40 rows or more"):
        read_weak([WeakSource(hotline, "dept")])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"text": "路灯不亮"}', "id is missing"),
        ('{"id": "1", "text": 5}', "text is missing"),
        ("[1]", "not a JSON object"),
        ("路灯", "not valid JSON"),
    ],
)
def test_a_line_that_is_none_is_named_and_not_quoted(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "weak.jsonl"
    path.write_text('{"id": "0", "text": "窗口没有人", "dept": "甲"}\n' + line + "\n", encoding="gb18030")
    with pytest.raises(BadLabelledRow, match=rf"weak\.jsonl, line 2: {said}") as raised:
        read_weak([WeakSource(path, "dept")], least=1)

    assert "路灯" not in str(raised.value)


def test_a_path_is_cut_to_a_level(hotline: Path) -> None:
    two = read_weak([WeakSource(hotline, "path", 2)], least=1)[1]
    whole = read_weak([WeakSource(hotline, "path")], least=1)[1]

    assert {label.name for label in two.axes[0].labels} == {"甲/乙", "甲/丁"}
    assert {label.name for label in whole.axes[0].labels} == {"甲/乙/丙", "甲/丁"}


def test_a_source_is_written_as_file_field_and_level() -> None:
    assert WeakSource.parse("a/b.jsonl:dept") == WeakSource(Path("a/b.jsonl"), "dept", 0)
    assert WeakSource.parse("c:/b.jsonl:path/2") == WeakSource(Path("c:/b.jsonl"), "path", 2)


@pytest.mark.parametrize("text", ["b.jsonl", ":dept", "b.jsonl:"])
def test_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write FILE:FIELD"):
        WeakSource.parse(text)
