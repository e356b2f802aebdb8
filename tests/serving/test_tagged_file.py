"""A file in, a file out: every kind of input, every row accounted for, no half output."""

from __future__ import annotations

import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from rich.console import Console
from rich.progress import Progress, TaskID

from serving.tagged_file import MOST_REJECTS
from serving.terminal import progress_bar
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL, Petition, write_csv


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def labels(prediction: dict[str, object], axis: str) -> list[str]:
    return [tag["label"] for tag in prediction["tags"][axis]]  # type: ignore[index]


def assert_the_three_reports(out: str) -> None:
    found = lines(out)
    assert [p["id"] for p in found] == ["1", "2", "3"]
    assert [labels(p, "domain") for p in found] == [["education"], ["medical"], []]
    assert [labels(p, "misconduct") for p in found] == [["inaction"], ["falsification"], []]


def test_a_csv_file_is_tagged_in_order(tag: Petition, reports: Path) -> None:
    ended = tag(reports)

    assert ended.code == 0
    assert_the_three_reports(ended.out)


def test_a_gb18030_csv_file_is_tagged(tag: Petition, reports: Path) -> None:
    reports.write_bytes(reports.read_text(encoding="utf-8").encode("gb18030"))
    ended = tag(reports)

    assert ended.code == 0
    assert_the_three_reports(ended.out)


def test_a_workbook_with_chinese_headings_is_tagged(tag: Petition, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("工单编号", "诉求内容"), ("1", SCHOOL), ("2", HOSPITAL), ("3", QUIET)):
        sheet.append(row)
    book.save(tmp_path / "in.xlsx")
    ended = tag(tmp_path / "in.xlsx")

    assert ended.code == 0
    assert_the_three_reports(ended.out)


def test_json_lines_are_tagged(tag: Petition, tmp_path: Path) -> None:
    rows = [{"id": str(n), "text": text} for n, text in enumerate((SCHOOL, HOSPITAL, QUIET), 1)]
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    ended = tag(path)

    assert ended.code == 0
    assert_the_three_reports(ended.out)


def test_lines_of_standard_input_are_tagged_whatever_their_encoding(tag: Petition) -> None:
    given = f"{SCHOOL}\n".encode() + f"{HOSPITAL}\n".encode("gb18030") + b"\n" + QUIET.encode()
    ended = tag("-", stdin=given)

    assert ended.code == 0
    found = lines(ended.out)
    assert [p["id"] for p in found] == ["stdin:1", "stdin:2", "stdin:4"]
    assert [labels(p, "domain") for p in found] == [["education"], ["medical"], []]


def test_a_bad_row_is_told_with_file_and_row_and_the_others_go_on(tag: Petition, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "in.csv",
        [("1", "", SCHOOL), ("2", "", ""), ("3", "", HOSPITAL, PLANTED), ("4", "", QUIET)],
    )
    ended = tag(path)

    assert ended.code == 1
    assert [p["id"] for p in lines(ended.out)] == ["1", "4"]
    assert "in.csv 第 3 行" in ended.err and "in.csv 第 4 行" in ended.err
    assert "打标 2 件，读不了 2 行" in ended.err


def test_rows_in_are_rows_out_and_rejects(tag: Petition, tmp_path: Path) -> None:
    rows = [(str(n), "", "" if n % 3 == 0 else SCHOOL) for n in range(1, 701)]
    target = tmp_path / "out.jsonl"
    ended = tag(write_csv(tmp_path / "in.csv", rows), "-o", target)
    written = lines(target.read_text(encoding="utf-8"))
    rejected = lines((tmp_path / "out.jsonl.rejects.jsonl").read_text(encoding="utf-8"))

    assert ended.code == 1
    assert [p["id"] for p in written] == [str(n) for n in range(1, 701) if n % 3]
    assert [r["row"] for r in rejected] == [n + 1 for n in range(1, 701) if n % 3 == 0]
    assert len(written) + len(rejected) == len(rows)


def test_of_many_bad_rows_the_first_are_told_where_a_file_holds_all(tag: Petition, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "in.csv", [(str(n), "", "") for n in range(60)])
    ended = tag(path, "-o", tmp_path / "out.csv")

    assert ended.err.count("一栏没有内容") == MOST_REJECTS
    assert f"另有 {60 - MOST_REJECTS} 行" in ended.err


def test_of_many_bad_rows_all_are_told_where_no_file_holds_them(tag: Petition, tmp_path: Path) -> None:
    ended = tag(write_csv(tmp_path / "in.csv", [(str(n), "", "") for n in range(60)]))

    assert ended.err.count("一栏没有内容") == 60


def test_a_file_with_headings_alone_gives_no_predictions(tag: Petition, tmp_path: Path) -> None:
    ended = tag(write_csv(tmp_path / "in.csv", []))

    assert ended.code == 0 and ended.out == "" and "打标 0 件" in ended.err


def test_limit_tags_so_many_and_reads_no_further(tag: Petition, tmp_path: Path) -> None:
    rows = [("1", "", SCHOOL), ("2", "", ""), ("3", "", HOSPITAL), ("4", "", "")]
    ended = tag(write_csv(tmp_path / "in.csv", rows), "--limit", 2)

    assert [p["id"] for p in lines(ended.out)] == ["1", "3"]
    assert "第 3 行" in ended.err and "第 5 行" not in ended.err


@pytest.mark.parametrize(("limit", "total"), [(3, 3), (9, 5), (0, 5)])
def test_the_bar_runs_to_the_end_of_what_is_tagged(
    tag: Petition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, total: int
) -> None:
    shown: list[Progress] = []
    seen: list[tuple[float, float | None, str]] = []

    class Bar(Progress):
        def update(self, task_id: TaskID, **changed: Any) -> None:
            super().update(task_id, **changed)
            seen.append((self.tasks[0].completed, self.tasks[0].total, self.tasks[0].fields["said"]))

    def made(console: Console, _: bool) -> Progress:
        shown.append(Bar(*progress_bar(console, False).columns, console=console, disable=True))
        return shown[0]

    monkeypatch.setattr("serving.tagged_file.progress_bar", made)
    rows = [(str(n), "", SCHOOL) for n in range(5)]
    assert tag(write_csv(tmp_path / "in.csv", rows), "--limit", limit).code == 0

    left = "还需 不到 1 分钟" if limit else ""
    assert seen == [*((n, limit or None, left) for n in range(1, total + 1)), (total, total, left)]
    assert shown[0].tasks[0].percentage == 100


def test_a_bar_with_a_limit_shows_share_and_time_left() -> None:
    said = Console(record=True, width=100, file=io.StringIO())
    bar = progress_bar(said, False)
    bar.add_task("打标", total=40, completed=10, said="还需 2 分钟")
    bar.add_task("打标", total=None, completed=10, said="")
    said.print(bar.get_renderable())
    with_limit, unlimited = said.export_text().splitlines()

    assert " 25% 10 件  还需 2 分钟" in with_limit
    assert "%" not in unlimited and "10 件" in unlimited


def test_a_text_beyond_max_chars_is_rejected_not_cut(tag: Petition, reports: Path) -> None:
    ended = tag(reports, "--max-chars", len(QUIET))

    assert ended.code == 1
    assert [p["id"] for p in lines(ended.out)] == ["2", "3"]
    assert "第 2 行" in ended.err and "超过上限" in ended.err


@pytest.mark.parametrize(
    ("evidence", "axes"), [("none", set()), ("misconduct", {"misconduct"}), ("all", {"domain", "misconduct"})]
)
def test_evidence_is_given_where_asked(tag: Petition, reports: Path, evidence: str, axes: set[str]) -> None:
    first = lines(tag(reports, "--evidence", evidence).out)[0]
    found = {
        axis
        for axis, tags in first["tags"].items()  # type: ignore[attr-defined]
        if any("evidence" in tag for tag in tags)
    }

    assert found - {"purpose"} == axes


def test_evidence_points_into_the_text_as_received(tag: Petition, reports: Path) -> None:
    first = lines(tag(reports).out)[0]
    evidence = first["tags"]["misconduct"][0]["evidence"][0]  # type: ignore[index]

    assert SCHOOL[evidence["start"] : evidence["end"]] == evidence["text"]
    assert "推诿" in evidence["text"]


def test_quiet_leaves_out_the_summary_but_not_the_bad_rows(tag: Petition, tmp_path: Path) -> None:
    ended = tag(write_csv(tmp_path / "in.csv", [("1", "", ""), ("2", "", SCHOOL)]), "--quiet")

    assert "第 2 行" in ended.err and "完成" not in ended.err


def test_the_file_of_rejects_of_an_earlier_run_goes(tag: Petition, tmp_path: Path) -> None:
    path, target = tmp_path / "in.csv", tmp_path / "out.csv"
    rejects = tmp_path / "out.csv.rejects.jsonl"
    tag(write_csv(path, [("1", "", "")]), "-o", target)
    assert rejects.is_file()
    tag(write_csv(path, [("1", "", SCHOOL)]), "-o", target)

    assert not rejects.exists()


def test_an_output_that_fails_leaves_the_earlier_one(tag: Petition, tmp_path: Path) -> None:
    path, target = tmp_path / "in.jsonl", tmp_path / "out.csv"
    target.write_text("earlier", encoding="utf-8")
    path.write_text(json.dumps({"部门": PLANTED}, ensure_ascii=False), encoding="utf-8")
    ended = tag(path, "-o", target)

    assert ended.code == 4
    assert target.read_text(encoding="utf-8") == "earlier"
    assert sorted(p.name for p in tmp_path.glob("*out*")) == ["out.csv"]
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_takes_the_output_and_no_file_stands_beside_it(tag: Petition, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "in.csv", [("1", "", ""), ("2", "", SCHOOL)])
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_text, "utf-8")
        ended = tag(path, "-o", pipe, "--format", "jsonl")
        assert [p["id"] for p in lines(read.result(10))] == ["2"]

    assert ended.code == 1 and "第 2 行" in ended.err
    assert pipe.is_fifo() and sorted(p.name for p in tmp_path.glob("*pipe*")) == ["pipe"]
