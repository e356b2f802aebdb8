"""`petition queue` chooses, covers and writes for each tool; what is labelled is left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from model.export import Export
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL, Petition, write_csv, write_two_sheets

PHONE = "13800138000"


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """Five reports: two alike, one with a number, one that has no text."""
    rows = [("1", "", SCHOOL), ("2", "名单", HOSPITAL), ("3", "", f"{QUIET}电话{PHONE}"), ("4", "", SCHOOL)]
    return write_csv(tmp_path / "pool.csv", [*rows, ("5", "", "")])


@pytest.fixture
def queue(petition: Petition, export: Export) -> Petition:
    """Run `petition queue` with the tiny Export, and hold that no message has a report's words."""

    def run(*arguments: object, stdin: bytes | None = None) -> object:
        ended = petition("queue", *arguments, "--model", export.folder, "--threads", 1)
        assert PLANTED not in ended.err + ended.out
        return ended

    return run  # type: ignore[return-value]


def test_label_studios_tasks_have_their_interface_beside_them(
    queue: Petition, pool: Path, tmp_path: Path
) -> None:
    ended = queue(pool, "-o", tmp_path / "t.json")
    tasks = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))

    assert ended.code == 1 and "第 6 行" in ended.err  # the row without a text, which is kept
    assert (tmp_path / "t.json.rejects.jsonl").is_file()
    assert "<Choices" in (tmp_path / "t.xml").read_text(encoding="utf-8")
    assert {task["data"]["report_id"] for task in tasks} in ({"1", "2", "3"}, {"4", "2", "3"})
    assert all(task["predictions"][0]["model_version"] == "tiny@1" for task in tasks)


def test_headings_without_rows_are_told(queue: Petition, tmp_path: Path) -> None:
    ended = queue(write_csv(tmp_path / "pool.csv", []), "-o", tmp_path / "t.json")

    assert ended.code == 0 and "pool.csv：只有表头，没有数据行" in ended.err


def test_sheets_that_are_not_read_are_named(queue: Petition, tmp_path: Path) -> None:
    write_two_sheets(tmp_path / "a.xlsx")
    ended = queue(tmp_path / "a.xlsx", "-o", tmp_path / "t.json", "--quiet")

    assert ended.code == 0 and "没有读：“二月”" in ended.err and "一张一张地挑选" in ended.err
    chosen = queue(tmp_path / "a.xlsx", "-o", tmp_path / "t.json", "--quiet", "--sheet", "二月")
    assert "没有读" not in chosen.err


def test_identifiers_are_covered_unless_asked_otherwise(queue: Petition, pool: Path, tmp_path: Path) -> None:
    for name, more, there in (("a.jsonl", (), False), ("b.jsonl", ("--unmasked",), True)):
        ended = queue(pool, "-o", tmp_path / name, *more)

        assert (PHONE in (tmp_path / name).read_text(encoding="utf-8")) is there
        assert ("没有遮盖" in ended.err) is there


def test_labelled_reports_and_those_alike_to_them_are_left_out(
    queue: Petition, pool: Path, tmp_path: Path
) -> None:
    labelled = tmp_path / "labels.jsonl"
    lines = [{"id": "1", "text": SCHOOL, "domain": []}, {"id": "9", "text": HOSPITAL, "title": "名单"}]
    labelled.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in lines), encoding="utf-8")
    queue(pool, "-o", tmp_path / "t.jsonl", "--labelled", labelled)
    ids = [
        json.loads(line)["编号"] for line in (tmp_path / "t.jsonl").read_text(encoding="utf-8").splitlines()
    ]

    assert ids == ["3"]


def test_another_report_of_the_same_number_is_still_chosen(
    queue: Petition, pool: Path, tmp_path: Path
) -> None:
    """Last year's report 2, and report 3 as it came back from the tool, its number covered."""
    labelled = tmp_path / "labels.jsonl"
    lines = [
        {"id": "2", "text": "公交车不停站，司机不理人", "domain": []},
        {"id": "3", "text": f"{QUIET}电话【手机号】", "domain": []},
    ]
    labelled.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in lines), encoding="utf-8")
    queue(pool, "-o", tmp_path / "t.jsonl", "--labelled", labelled)
    chosen = (tmp_path / "t.jsonl").read_text(encoding="utf-8").splitlines()

    assert {json.loads(line)["编号"] for line in chosen} in ({"1", "2"}, {"4", "2"})


def test_a_workbook_that_was_filled_in_is_imported(
    queue: Petition, petition: Petition, export: Export, pool: Path, tmp_path: Path
) -> None:
    queue(pool, "-o", tmp_path / "t.xlsx", "-n", 3)
    book = load_workbook(tmp_path / "t.xlsx")
    sheet = book.worksheets[0]
    heads = {cell.value: cell.column for cell in sheet[1]}
    rows = {sheet.cell(row, heads["编号"]).value: row for row in range(2, sheet.max_row + 1)}
    hospital = rows["2"]
    assert sheet.cell(hospital, heads["领域"]).value == "医疗"
    sheet.cell(hospital, heads["领域（更正）"]).value = "教育"
    sheet.cell(hospital, heads["已复核"]).value = "是"
    book.save(tmp_path / "filled.xlsx")
    ended = petition(
        "import", tmp_path / "filled.xlsx", "--to", tmp_path / "labels.jsonl",
        "--taxonomy", export.folder / "taxonomy.yaml", "--drop", "x",
    )  # fmt: skip
    (line,) = (tmp_path / "labels.jsonl").read_text(encoding="utf-8").splitlines()

    assert ended.code == 0
    assert json.loads(line)["domain"] == ["education"]
    assert json.loads(line)["misconduct"] == ["falsification"]


def test_the_first_come_those_of_which_the_model_is_least_sure(
    queue: Petition, pool: Path, tmp_path: Path
) -> None:
    queue(pool, "-o", tmp_path / "t.json")
    scores = [task["predictions"][0]["score"] for task in json.loads((tmp_path / "t.json").read_text())]

    assert all(0 <= score <= 1 for score in scores) and scores[0] == min(scores)


def test_evidence_points_at_its_words_in_the_covered_text(queue: Petition, tmp_path: Path) -> None:
    source = tmp_path / "pool.jsonl"
    report = {"id": "1", "text": f"电话{PHONE}，{SCHOOL}", "region": PHONE}
    source.write_text(json.dumps(report, ensure_ascii=False), encoding="utf-8")
    queue(source, "-o", tmp_path / "t.json")
    (task,) = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    marks = [one["value"] for one in task["predictions"][0]["result"] if one["type"] == "labels"]

    assert PHONE not in json.dumps(task) and task["data"]["region"] == "【手机号】"
    assert marks and all(task["data"]["text"][one["start"] : one["end"]] == one["text"] for one in marks)
    assert any("推诿" in one["text"] for one in marks)


def test_reports_that_name_someone_on_the_watch_list_are_neither_scored_nor_written(
    queue: Petition, pool: Path, tmp_path: Path
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("医院名单\n", encoding="utf-8")
    ended = queue(pool, "-o", tmp_path / "t.jsonl", "--watch-list", names)

    assert "涉及名单的 1 件" in ended.err
    assert "医院" not in (tmp_path / "t.jsonl").read_text(encoding="utf-8").replace("医疗", "")


def test_what_was_given_out_is_in_the_audit_log(
    queue: Petition, pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETITION_AUDIT", str(tmp_path / "audit.jsonl"))
    queue(pool, "-o", tmp_path / "t.jsonl")
    deed = json.loads((tmp_path / "audit.jsonl").read_text(encoding="utf-8").splitlines()[-1])

    assert deed["action"] == "export" and deed["count"] == 3


def test_nothing_is_written_in_sealed_mode(
    queue: Petition, pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETITION_SEALED", "1")

    assert queue(pool, "-o", tmp_path / "t.jsonl").code == 2
    assert not (tmp_path / "t.jsonl").exists()


def test_the_output_is_never_the_input(queue: Petition, tmp_path: Path) -> None:
    source = tmp_path / "pool.jsonl"
    source.write_text(json.dumps({"id": "1", "text": SCHOOL}, ensure_ascii=False), encoding="utf-8")

    assert queue(source, "-o", source).code == 2
    assert queue(tmp_path / "pool.jsonl", "-o", tmp_path / "out.pdf").code == 2
    assert queue(source, "-o", tmp_path / "x.json", "--format", "excel").code == 2


def test_a_pool_without_anything_new_gives_an_empty_file(queue: Petition, tmp_path: Path) -> None:
    source, labelled = tmp_path / "pool.jsonl", tmp_path / "labels.jsonl"
    for file in (source, labelled):
        file.write_text(json.dumps({"id": "1", "text": SCHOOL}, ensure_ascii=False), encoding="utf-8")
    ended = queue(source, "-o", tmp_path / "t.json", "--labelled", labelled)

    assert ended.code == 0 and json.loads((tmp_path / "t.json").read_text()) == []
