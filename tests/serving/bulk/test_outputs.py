"""Every form of output has the input's own columns, then ours, and reads back as what went in."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet
import pytest
from openpyxl import load_workbook

from data.imports.tagged import is_tagged
from data.report import Report
from data.taxonomy import Taxonomy
from model.tagger import Tagger
from model.work import Work
from serving.bulk import writers
from tests.serving.bulk.conftest import HEADING, TIME, beside, lines, rows_of
from tests.serving.conftest import SCHOOL, Petition, write_csv

OURS = (
    "领域 领域分数 问题 问题分数 目的 目的分数 证据 需人工复核 复核原因 未读字数 模型版本 打标时间 文本哈希 "
    "来源文件 行号"
).split()
ENGLISH = (
    "domain domain_score misconduct misconduct_score purpose purpose_score evidence needs_review "
    "review_reasons unread_chars model tagged_at text_hash file row"
).split()


def table(path: Path) -> list[dict[str, str]]:
    assert path.read_bytes().startswith("\ufeff".encode())
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_table_has_the_columns_of_the_input_and_then_ours(
    bulk: Petition, big: Path, tmp_path: Path
) -> None:
    ended = bulk(big, tmp_path / "out.csv", "--chunk-rows", 7)
    rows = table(tmp_path / "out.csv")

    assert ended.code == 1 and "54 件" in ended.err and "读不了 6 行" in ended.err
    assert list(rows[0]) == [*HEADING, *OURS]
    assert [[row[name] for name in HEADING] for row in rows] == [row for row in rows_of(60) if row[2]]
    first = rows[0]
    assert (first["领域"], first["问题"], first["需人工复核"]) == ("教育", "不作为", "否")
    assert first["证据"].startswith("不作为：“") and 0 < float(first["领域分数"]) <= 1
    assert (first["模型版本"], first["打标时间"]) == ("tiny@1", TIME)
    assert (first["来源文件"], first["行号"], rows[7]["行号"]) == ("in.csv", "2", "10")


def test_english_columns_hold_ids(bulk: Petition, big: Path, tmp_path: Path) -> None:
    bulk(big, tmp_path / "out.csv", "--names", "en")
    first = table(tmp_path / "out.csv")[0]

    assert list(first) == [*HEADING, *ENGLISH]
    assert (first["domain"], first["misconduct"], first["needs_review"]) == ("education", "inaction", "false")


def test_an_output_can_be_corrected_and_imported(
    bulk: Petition, big: Path, tmp_path: Path, taxonomy: Taxonomy
) -> None:
    bulk(big, tmp_path / "out.csv")

    assert is_tagged(table(tmp_path / "out.csv")[0], taxonomy)


def test_json_lines_have_the_fields_of_the_input_and_the_whole_prediction(
    bulk: Petition, big: Path, tmp_path: Path
) -> None:
    bulk(big, tmp_path / "out.jsonl")
    found = lines(tmp_path / "out.jsonl")
    first = found[0]

    assert list(first)[: len(HEADING)] == list(HEADING) and len(found) == 54
    assert first["id"] == "G0" and first["tags"]["domain"][0]["label"] == "education"
    evidence = first["tags"]["misconduct"][0]["evidence"][0]
    assert first["诉求内容"][evidence["start"] : evidence["end"]] == evidence["text"]
    assert (first["tagged_at"], first["file"], first["row"], len(first["text_hash"])) == (
        TIME,
        "in.csv",
        2,
        32,
    )


def test_fields_of_json_that_are_ours_too_are_kept_apart(bulk: Petition, tmp_path: Path) -> None:
    rows = [{"id": "7", "text": SCHOOL, "model": "T-34", "row": 5}, {"text": SCHOOL, "late": "x"}]
    given = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (tmp_path / "in.jsonl").write_text(given, encoding="utf-8")
    bulk(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    first, second = lines(tmp_path / "out.jsonl")

    assert (first["id"], first["model"], first["model_input"]) == ("7", "tiny@1", "T-34")
    assert (first["row"], first["row_input"]) == (1, "5")
    assert (second["id"], second["late"]) == ("in.jsonl:2", "x")

    bulk(tmp_path / "in.jsonl", tmp_path / "out.csv", "--names", "en", "--id-column", "row")
    one, two = table(tmp_path / "out.csv")
    assert (one["id"], one["model_input"], one["late"], two["late"]) == ("7", "T-34", "", "x")

    bulk(tmp_path / "in.jsonl", tmp_path / "other.jsonl", "--id-column", "row")
    first = lines(tmp_path / "other.jsonl")[0]
    assert (first["id"], first["id_input"]) == ("5", "7")


def test_a_workbook_is_the_table_and_its_parts_are_files(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "BOOK_ROWS", 20)
    bulk(big, tmp_path / "out.xlsx")
    bulk(big, tmp_path / "out.csv")
    books = [load_workbook(tmp_path / f"out-{n}.xlsx").worksheets for n in (1, 2, 3)]
    rows = [[list(row) for row in sheet.iter_rows(values_only=True)] for (sheet,) in books]

    assert [len(part) for part in rows] == [21, 21, 15] and not (tmp_path / "out.xlsx").exists()
    assert all(part[0] == [*HEADING, *OURS] for part in rows)
    plain = [["" if cell is None else str(cell) for cell in row] for part in rows for row in part[1:]]
    assert plain == [list(row.values()) for row in table(tmp_path / "out.csv")]


def test_a_workbook_that_rows_on_which_tagging_failed_would_have_filled_is_not_missed(
    bulk: Petition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_csv(tmp_path / "in.csv", [(str(n), "", SCHOOL) for n in range(21)])
    real = Tagger.begin

    def fails(self: Tagger, reports: Sequence[Report]) -> list[Work]:
        if "12" in [report.id for report in reports]:
            raise ValueError
        return real(self, reports)

    monkeypatch.setattr(Tagger, "begin", fails)
    monkeypatch.setattr(writers, "BOOK_ROWS", 20)
    ended = bulk(source, tmp_path / "out.xlsx")
    sheet = load_workbook(tmp_path / "out.xlsx").active

    assert ended.code == 1 and "20 件" in ended.err and sheet is not None and sheet.max_row == 21


def test_parquet_has_types(bulk: Petition, big: Path, tmp_path: Path) -> None:
    bulk(big, tmp_path / "out.parquet", "--names", "en")
    found = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    first = found.slice(0, 1).to_pylist()[0]

    assert found.num_rows == 54 and found.column_names == [*HEADING, *ENGLISH]
    assert first["domain"] == ["education"] and 0 < first["domain_score"][0] <= 1
    assert first["needs_review"] is False and first["row"] == 2 and first["诉求内容"] == f"{SCHOOL}第0次"


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "xlsx", "parquet"])
def test_the_same_job_gives_the_same_bytes(bulk: Petition, big: Path, tmp_path: Path, suffix: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for folder in ("a", "b"):
        assert bulk(big, tmp_path / folder / f"out.{suffix}", "--summary").code == 1

    assert beside(tmp_path / "a" / f"out.{suffix}") == beside(tmp_path / "b" / f"out.{suffix}")


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_no_cell_is_a_formula(bulk: Petition, tmp_path: Path, suffix: str) -> None:
    path = write_csv(tmp_path / "in.csv", [("=1+1", f"@{SCHOOL}", "-2")], ("编号", "内容", "=备注"))
    bulk(path, tmp_path / f"out.{suffix}")

    if suffix == "csv":
        (row,) = table(tmp_path / "out.csv")
        assert list(row.values())[:3] == ["'=1+1", f"'@{SCHOOL}", "'-2"] and "'=备注" in row
    else:
        sheet = load_workbook(tmp_path / "out.xlsx").active
        assert sheet is not None
        assert all(
            sheet[place].quotePrefix and sheet[place].data_type != "f" for place in ("C1", "A2", "B2", "C2")
        )


def test_lines_without_a_heading_have_their_text_under_a_chinese_one(bulk: Petition, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text(f"{SCHOOL}\n", encoding="utf-8")
    bulk(tmp_path / "in.txt", tmp_path / "out.csv")

    assert table(tmp_path / "out.csv")[0]["内容"] == SCHOOL


def test_an_input_without_rows_gives_headings_alone(bulk: Petition, tmp_path: Path) -> None:
    ended = bulk(write_csv(tmp_path / "in.csv", []), tmp_path / "out.csv", "--summary")

    assert ended.code == 0 and table(tmp_path / "out.csv") == []
    assert (tmp_path / "out.csv.summary.html").is_file()


LETTER = f"{SCHOOL}。去了医院，多次来信反映。"


def test_matters_are_told_in_every_form_and_language(bulk: Petition, tmp_path: Path) -> None:
    source = write_csv(tmp_path / "in.csv", [("1", "", LETTER), ("2", "", SCHOOL)])
    for name in ("out.jsonl", "out.csv", "out.xlsx", "out.parquet"):
        assert bulk(source, tmp_path / name, "--matters").code == 0
    bulk(source, tmp_path / "en.csv", "--matters", "--names", "en")
    both, one = lines(tmp_path / "out.jsonl")
    first, second = table(tmp_path / "out.csv")
    book = list(load_workbook(tmp_path / "out.xlsx").active.iter_rows(values_only=True))
    lake = pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pylist()
    english = table(tmp_path / "en.csv")[0]

    assert both["matters"]["several"] and not one["matters"]["several"]
    assert list(first)[-6:] == ["一件多诉", "分句标签", *OURS[-4:]]
    assert (first["一件多诉"], second["一件多诉"]) == ("是", "否")
    assert first["分句标签"].startswith("“") and "：教育" in first["分句标签"] and "医疗" in first["分句标签"]
    assert dict(zip(book[0], book[1], strict=True))["分句标签"] == first["分句标签"]
    assert [row["一件多诉"] for row in lake] == [True, False] and lake[0]["分句标签"] == first["分句标签"]
    assert english["several_matters"] == "true" and ": education" in english["sentence_tags"]
    bulk(source, tmp_path / "plain.jsonl")
    assert "matters" not in lines(tmp_path / "plain.jsonl")[0]


def test_matters_are_kept_with_the_tags_that_do_not_change(bulk: Petition, tmp_path: Path) -> None:
    source = write_csv(tmp_path / "in.csv", [("1", "", LETTER), ("2", "", SCHOOL)])
    bulk(source, tmp_path / "old.csv", "--matters", "--time", "2026-10-01")
    kept = bulk(source, tmp_path / "kept.csv", "--matters", "--only-changed", tmp_path / "old.csv")
    anew = bulk(source, tmp_path / "anew.csv", "--only-changed", tmp_path / "old.csv")

    assert "全部重新打标" not in kept.err and "全部重新打标" in anew.err
    assert table(tmp_path / "kept.csv") == table(tmp_path / "old.csv")


def test_sealed_matters_have_labels_and_no_words(bulk: Petition, tmp_path: Path) -> None:
    source = write_csv(tmp_path / "in.csv", [("1", "", LETTER)])
    bulk(source, tmp_path / "out.csv", "--matters", "--sealed")

    assert table(tmp_path / "out.csv")[0]["分句标签"] == "“”：教育，不作为，投诉；“”：医疗，投诉"
    assert "来信" not in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
