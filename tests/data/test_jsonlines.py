"""JSON, line by line or as a list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.errors import BrokenFile, EmptyFile, UnknownColumns
from data.readers import read_reports
from data.report import BadRow, Report


def read(tmp_path: Path, text: str, name: str = "a.jsonl") -> list[Report | BadRow]:
    """Write a file and read it."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    return list(read_reports(tmp_path / name))


def test_keys_are_mapped_by_the_same_table(tmp_path: Path) -> None:
    """Nested values stay JSON, whole floats lose their point."""
    made = read(
        tmp_path, '{"工单编号": 12.0, "诉求内容": "路灯", "主题": null, "x": {"y": ["甲"]}, "z": true}\n'
    )
    assert made == [Report("12", "路灯", extra={"x": '{"y": ["甲"]}', "z": "true"})]


def test_bad_lines_come_in_place(tmp_path: Path) -> None:
    """Broken, no object, too deep, a number of too many digits; the words are not quoted."""
    lines = ['{"text": "路灯"}', '{"text": "井盖', "", "[1]", "[" * 100_000, "9" * 5000, '{"text": "噪声"}']
    made = read(tmp_path, "\n".join(lines))
    assert [(item.row, item.reason) for item in made if isinstance(item, BadRow)] == [
        (2, "broken_json"),
        (4, "not_an_object"),
        (5, "broken_json"),
        (6, "broken_json"),
    ]
    assert isinstance(made[1], BadRow) and "井盖" not in made[1].message
    assert isinstance(made[2], BadRow) and made[2].raw == {"value": "[1]"}
    assert made[-1] == Report("a.jsonl:7", "噪声")


def test_objects_may_leave_fields_out(tmp_path: Path) -> None:
    """A later object without the text key has its title as text, or is bad."""
    made = read(tmp_path, '{"id": 1, "text": "路灯"}\n{"id": 2, "title": "井盖"}\n{"id": 3, "x": "y"}\n')
    assert made[1] == Report("2", "井盖")
    assert isinstance(made[2], BadRow) and made[2].reason == "no_text"


def test_a_first_object_without_text_stops_the_file(tmp_path: Path) -> None:
    """Else every line would be bad; the keys are listed."""
    with pytest.raises(UnknownColumns, match="--text-column") as caught:
        read(tmp_path, '{"甲": 1, "乙": 2}\n')
    assert caught.value.headings == ("甲", "乙")


def test_a_lone_surrogate_becomes_a_replacement_character(tmp_path: Path) -> None:
    """No output file could hold it; the offsets stay."""
    assert read(tmp_path, '{"text": "路\\ud800灯"}\n') == [Report("a.jsonl:1", "路\ufffd灯")]


@pytest.mark.parametrize("shape", ["list", "wrapped", "lines"])
def test_a_json_file_may_have_three_shapes(tmp_path: Path, shape: str) -> None:
    """A list, an object around one list, or lines."""
    items = [{"id": "1", "text": "路灯"}, {"id": "2", "text": "井盖"}]
    text = {
        "list": json.dumps(items, indent=1),
        "wrapped": json.dumps({"code": 0, "data": items}, indent=1),
        "lines": "\n".join(json.dumps(item) for item in items),
    }[shape]
    assert read(tmp_path, text, "a.json") == [Report("1", "路灯"), Report("2", "井盖")]


def test_a_wrapped_list_on_one_line_is_not_a_report(tmp_path: Path) -> None:
    """The whole answer of an interface is often one line; one report with a list in it is one report."""
    made = read(tmp_path, '{"code": 0, "data": [{"text": "路灯"}]}', "a.json")
    assert made == [Report("a.json:1", "路灯")]
    made = read(tmp_path, '{"id": "1", "text": "路灯", "files": [{"text": "x"}]}', "a.json")
    assert made == [Report("1", "路灯", extra={"files": '[{"text": "x"}]'})]


def test_keys_that_are_no_usual_headings_are_listed(tmp_path: Path) -> None:
    """They are names by construction; words that stand where a key should be are not shown."""
    line = json.dumps(
        {"流水": 1, "市民说的话": "路灯坏了", "路灯坏了三个月，一直没有人来修。": "住房"}, ensure_ascii=False
    )
    for name, text in (("a.jsonl", line), ("a.json", f"[{line}]")):
        with pytest.raises(UnknownColumns, match="keys found: 流水, 市民说的话 and 1 more") as caught:
            read(tmp_path, text, name)
        assert "路灯" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[{", BrokenFile),
        ("7", BrokenFile),
        ('{"a": 1\n}', UnknownColumns),
        ("[]", EmptyFile),
        ("\n \n", EmptyFile),
    ],
)
def test_json_that_is_no_list_is_a_named_error(tmp_path: Path, text: str, error: type[Exception]) -> None:
    """Broken, no list, an empty one, nothing."""
    with pytest.raises(error, match=r"a.json"):
        read(tmp_path, text, "a.json")


def test_the_message_of_an_answer_is_no_report(tmp_path: Path) -> None:
    shell = {"code": 200, "message": "ok", "data": [{"内容": "路灯坏了"}, {"内容": "水管坏了"}]}
    (tmp_path / "in.json").write_text(json.dumps(shell), encoding="utf-8")
    assert [row.text for row in read_reports(tmp_path / "in.json") if isinstance(row, Report)] == [
        "路灯坏了",
        "水管坏了",
    ]

    (tmp_path / "in.json").write_text(
        json.dumps({**shell, "data": {"rows": shell["data"]}}), encoding="utf-8"
    )
    with pytest.raises(BrokenFile):
        list(read_reports(tmp_path / "in.json"))


def test_a_message_with_attachments_is_a_report(tmp_path: Path) -> None:
    shape = {"message": "路灯坏了", "files": [{"name": "1.jpg"}]}
    (tmp_path / "in.json").write_text(json.dumps(shape), encoding="utf-8")
    assert [row.text for row in read_reports(tmp_path / "in.json") if isinstance(row, Report)] == ["路灯坏了"]
