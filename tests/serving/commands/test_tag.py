"""`petition tag` chooses, checks and refuses before it works."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from tests.serving.conftest import PLANTED, SCHOOL, Petition, write_csv, write_two_sheets


def test_out_in_every_format_holds_every_report(tag: Petition, reports: Path, tmp_path: Path) -> None:
    for suffix in ("jsonl", "ndjson", "csv", "xlsx"):
        assert tag(reports, "-o", tmp_path / f"out.{suffix}").code == 0

    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 3
    assert (tmp_path / "out.ndjson").read_bytes() == (tmp_path / "out.jsonl").read_bytes()
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["编号"] for row in csv.DictReader(file)] == ["1", "2", "3"]
    sheet = load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    assert [row[0] for row in sheet.iter_rows(values_only=True)] == ["编号", "1", "2", "3"]


def test_standard_output_in_a_pipe_is_json_lines(tag: Petition, reports: Path) -> None:
    plain, named, dash = tag(reports), tag(reports, "--format", "jsonl"), tag(reports, "-o", "-")

    assert [json.loads(line)["id"] for line in plain.out.splitlines()] == ["1", "2", "3"]
    assert plain.out == named.out == dash.out


def test_csv_goes_to_standard_output_too(tag: Petition, reports: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(tag(reports, "--format", "csv").out.lstrip("\ufeff"))))

    assert [row["领域"] for row in rows] == ["教育", "医疗", ""]


def test_table_shows_tags_and_marks_the_evidence(tag: Petition, reports: Path) -> None:
    out = tag(reports, "--format", "table").out

    assert "教育" in out and "【" in out and "共 3 件" in out


def test_format_wins_over_the_suffix(tag: Petition, reports: Path, tmp_path: Path) -> None:
    tag(reports, "-o", tmp_path / "out.txt", "--format", "table")

    assert "共 3 件" in (tmp_path / "out.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--format", "xlsx"), "xlsx 要写到文件"),
        (("-o", "out.pdf"), "看不出 out.pdf 是什么格式"),
        (("--format", "表格"), "--format 只能是 table、jsonl、csv、xlsx"),
        (("--limit", "-1"), "--limit 件数 给的内容不对，要给数字"),
        (("--threads",), "选项 --threads 后面缺少内容"),
        (("--quiet=3",), "选项 --quiet 后面不带内容"),
        (("--bogus",), "没有选项 --bogus"),
        ((PLANTED,), "参数给多了"),
    ],
)
def test_wrong_use_ends_with_two_and_says_what_is_right(
    petition: Petition, reports: Path, more: tuple[str, ...], said: str
) -> None:
    ended = petition("tag", reports, *more)

    assert ended.code == 2 and ended.out == ""
    assert said in ended.err and ended.err.count("\n") == 1
    assert PLANTED not in ended.err


def test_no_file_is_wrong_use(petition: Petition) -> None:
    ended = petition("tag")

    assert ended.code == 2 and "缺少 FILE" in ended.err and "petition tag --help" in ended.err


def test_the_output_is_never_the_input(tag: Petition, reports: Path, tmp_path: Path) -> None:
    before = reports.read_bytes()
    linked = tmp_path / "linked.csv"
    os.link(reports, linked)
    for target in (reports, linked):
        assert tag(reports, "-o", target).code == 2

    assert reports.read_bytes() == before


def test_rejects_of_a_run_are_not_lost_when_they_are_tagged_again(tag: Petition, tmp_path: Path) -> None:
    path = tmp_path / "out.csv.rejects.jsonl"
    path.write_text(json.dumps({"text": SCHOOL}, ensure_ascii=False), encoding="utf-8")
    ended = tag(path, "-o", tmp_path / "out.csv")

    assert ended.code == 2 and path.is_file() and not (tmp_path / "out.csv").exists()


def test_columns_named_by_the_user_are_taken(tag: Petition, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "in.csv", [("A-1", "无", SCHOOL)], ("甲", "乙", "丙"))
    ended = tag(path, "--text-column", "丙", "--id-column", "甲")

    assert ended.code == 0 and json.loads(ended.out)["id"] == "A-1"


@pytest.mark.parametrize("name", ["in.csv", "in.xlsx"])
def test_headings_without_rows_are_told(tag: Petition, tmp_path: Path, name: str) -> None:
    if name.endswith(".csv"):
        source = write_csv(tmp_path / name, [])
    else:
        book, source = Workbook(), tmp_path / name
        book.active.append(["编号", "标题", "内容"])
        book.save(source)
    for more in ((), ("--quiet",)):
        ended = tag(source, "-o", tmp_path / "out.csv", *more)

        assert ended.code == 0 and f"{name}：只有表头，没有数据行" in ended.err
    assert "标准输入：没有数据行" in tag("-", stdin=b"").err


def test_no_column_for_the_text_lists_the_headings_found(tag: Petition, tmp_path: Path) -> None:
    ended = tag(write_csv(tmp_path / "in.csv", [("1", "甲", PLANTED)], ("编号", "金额", "单位")))

    assert ended.code == 4
    assert "编号, 金额, 单位" in ended.err and "--text-column" in ended.err


def test_a_column_that_is_not_there_lists_the_headings_found(tag: Petition, reports: Path) -> None:
    ended = tag(reports, "--text-column", "正文")

    assert ended.code == 4 and "编号, 标题, 内容" in ended.err


def test_sheets_that_are_not_read_are_named(tag: Petition, tmp_path: Path) -> None:
    write_two_sheets(tmp_path / "a.xlsx")
    ended = tag(tmp_path / "a.xlsx", "-o", tmp_path / "out.jsonl", "--quiet")

    assert ended.code == 0 and "a.xlsx：只读了一张工作表，还有 1 张也像有来件，没有读：“二月”" in ended.err
    chosen = tag(tmp_path / "a.xlsx", "-o", tmp_path / "out.jsonl", "--quiet", "--sheet", "二月")
    assert chosen.code == 0 and not chosen.err


def test_a_sheet_that_is_not_there_is_said(tag: Petition, reports: Path, tmp_path: Path) -> None:
    tag(reports, "-o", tmp_path / "book.xlsx")
    ended = tag(tmp_path / "book.xlsx", "--sheet", "别的")

    assert ended.code == 4 and "没有这张表" in ended.err and "结果1" in ended.err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.csv", None, "找不到文件"),
        ("empty.csv", b"", "没有内容"),
        ("blank.csv", b"\n,,\n", "没有内容"),
        ("in.pdf", b"%PDF", "不支持这种文件"),
        ("in.xlsx", b"PK\x03\x04 no workbook", "文件已损坏"),
        ("in.csv", b"\xff\xff\xff\xff", "认不出文件的编码"),
    ],
)
def test_a_file_that_cannot_be_read_ends_with_four(
    tag: Petition, tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    ended = tag(tmp_path / name)

    assert ended.code == 4 and ended.out == ""
    assert said in ended.err and name in ended.err and ended.err.count("\n") == 1


def test_a_report_given_in_place_of_a_file_is_not_repeated(petition: Petition) -> None:
    ended = petition("tag", PLANTED * 20)

    assert ended.code == 4 and "petition tag -" in ended.err and PLANTED not in ended.err


def test_an_output_folder_that_is_not_there_is_said(tag: Petition, reports: Path, tmp_path: Path) -> None:
    ended = tag(reports, "-o", tmp_path / "gone" / "out.csv")

    assert ended.code == 4 and "没有这个文件或文件夹" in ended.err and "gone" in ended.err


def test_an_output_that_is_a_folder_is_said(tag: Petition, reports: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    ended = tag(reports, "-o", tmp_path / "out.csv")

    assert ended.code == 4 and "这是文件夹" in ended.err


def test_a_broken_export_ends_with_three(petition: Petition, reports: Path, tmp_path: Path) -> None:
    ended = petition("tag", reports, "--model", tmp_path)

    assert ended.code == 3 and "模型（Export）不能用" in ended.err and "export.json" in ended.err


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    rows = [("K1", "学校收费"), ("K2", "医院名单，电话13900001111"), ("K3", "路灯"), ("K4", "街道推诿")]
    path = tmp_path / "cases.jsonl"
    path.write_text(
        "".join(json.dumps({"id": id, "text": text, "domain": []}) + "\n" for id, text in rows),
        encoding="utf-8",
    )
    return path


def test_nearest_cases_are_named_by_id_and_with_text_only_where_asked(
    tag: Petition, reports: Path, labelled: Path, tmp_path: Path
) -> None:
    plain = [json.loads(line) for line in tag(reports, "--nearest", labelled).out.splitlines()]
    texts = [
        json.loads(line) for line in tag(reports, "--nearest", labelled, "--nearest-text").out.splitlines()
    ]

    assert all({case["id"] for case in row["nearest"]} <= {"K1", "K2", "K3", "K4"} for row in plain)
    assert all(len(row["nearest"]) == 3 and "text" not in row["nearest"][0] for row in plain)
    assert all(case["text"] for row in texts for case in row["nearest"])
    assert "nearest" not in json.loads(tag(reports).out.splitlines()[0])
    tag(reports, "--nearest", labelled, "-o", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert all(row["相近件"].count("（") == 3 for row in csv.DictReader(file))
    assert "相近件" in tag(reports, "--nearest", labelled, "--format", "table").out


def test_nearest_cases_are_covered_like_the_reports(
    tag: Petition, reports: Path, labelled: Path, tmp_path: Path
) -> None:
    masked = tag(reports, "--nearest", labelled, "--nearest-text", "--mask", "output").out
    tag(reports, "--nearest", labelled, "--nearest-text", "--sealed", "-o", tmp_path / "out.jsonl")
    watched = tmp_path / "watched.txt"
    watched.write_text("学校收费\n", encoding="utf-8")
    listed = tag(reports, "--nearest", labelled, "--nearest-text", "--watch-list", watched).out

    assert "13900001111" not in masked and "名单" in masked
    assert '"text"' not in json.dumps(
        json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])["nearest"]
    )
    assert "K1" not in listed and "K3" in listed


def test_nearest_text_without_cases_is_wrong_use(tag: Petition, reports: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n", encoding="utf-8")

    assert tag(reports, "--nearest-text").code == 2
    assert tag(reports, "--nearest", tmp_path / "none.jsonl").code == 4
    assert tag(reports, "--nearest", empty).code == 4


def test_matters_are_told_by_sentence_in_every_format(tag: Petition, tmp_path: Path) -> None:
    letter = f"{SCHOOL}。去了医院，多次来信反映。"
    reports = write_csv(tmp_path / "letter.csv", [("1", "", letter), ("2", "", SCHOOL)])
    several, one = (json.loads(line)["matters"] for line in tag(reports, "--matters").out.splitlines())

    assert several["several"] and not one["several"]
    assert [s["tags"]["domain"][0]["label"] for s in several["sentences"]] == ["education", "medical"]
    assert "matters" not in json.loads(tag(reports).out.splitlines()[0])
    table = tag(reports, "--matters", "--format", "table").out
    assert table.count("疑似一件多诉") == 1 and "分句标签" in table
    tag(reports, "--matters", "--mask", "output", "-o", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["一件多诉"], second["一件多诉"]) == ("是", "否")
    assert first["分句标签"].startswith("“") and "教育" in first["分句标签"] and "医疗" in first["分句标签"]


def test_a_sealed_file_tells_places_and_labels_of_sentences_alone(tag: Petition, tmp_path: Path) -> None:
    reports = write_csv(tmp_path / "letter.csv", [("1", "", f"{SCHOOL}。去了医院，多次来信反映。")])
    tag(reports, "--matters", "--sealed", "-o", tmp_path / "out.jsonl")
    tag(reports, "--matters", "--sealed", "-o", tmp_path / "out.csv")

    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))["matters"]["several"]
    for name in ("out.jsonl", "out.csv"):
        assert "多次来信" not in (tmp_path / name).read_text(encoding="utf-8-sig")
