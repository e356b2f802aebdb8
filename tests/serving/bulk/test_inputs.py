"""Files, folders, globs and standard input are one stream, in an order that never changes."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from openpyxl import Workbook

from serving.bulk import writers
from tests.serving.bulk.conftest import HEADING, lines, rows_of
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL, Petition, write_csv


def places(path: Path) -> list[tuple[str, int]]:
    return [(row["file"], row["row"]) for row in lines(path)]


def test_unfinished_rows_of_other_programs_are_not_read(bulk: Petition, tmp_path: Path) -> None:
    (tmp_path / "lake" / "_temporary" / "0").mkdir(parents=True)
    write_csv(tmp_path / "lake" / "a.csv", [("1", "", SCHOOL)])
    write_csv(tmp_path / "lake" / "_temporary" / "0" / "a.csv", [("1", "", SCHOOL)])
    ended = bulk(tmp_path / "lake", tmp_path / "out.jsonl")

    assert ended.code == 0 and places(tmp_path / "out.jsonl") == [("a.csv", 2)]
    assert "1 个文件夹是 Spark 等程序的暂存或记录" in ended.err and "_temporary" in ended.err


def test_a_folder_is_read_whole_in_the_order_of_names(bulk: Petition, tmp_path: Path) -> None:
    year = tmp_path / "2026"
    (year / "02").mkdir(parents=True)
    write_csv(year / "b.csv", [("1", "", SCHOOL)])
    write_csv(year / "02" / "b.csv", [("2", "", HOSPITAL)])
    book = Workbook()
    assert book.active is not None
    book.active.append(("诉求内容", "编号"))
    book.active.append((QUIET, "3"))
    book.save(year / "a.xlsx")
    write_csv(year / "~$a.csv", [("9", "", QUIET)])
    write_csv(year / ".hidden.csv", [("9", "", QUIET)])
    (year / "empty.csv").write_bytes(b"")
    (year / "读我.pdf").write_bytes(b"x")
    target = year / "out.jsonl"
    ended = bulk(year, target)

    assert ended.code == 0 and "1 个文件不是可读的种类" in ended.err
    assert places(target) == [("02/b.csv", 2), ("a.xlsx", 2), ("b.csv", 2)]
    # The output lies in the folder that it was made of, and is no input of the next run.
    assert "不再重做" in bulk(year, target).err


def test_files_of_different_columns_share_one_table(bulk: Petition, tmp_path: Path) -> None:
    one = write_csv(tmp_path / "one.csv", [("1", SCHOOL)], ("编号", "内容"))
    two = write_csv(tmp_path / "two.csv", [("热线", QUIET)], ("渠道", "内容"))
    bulk(one, two, tmp_path / "out.csv")
    heading, first, second = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()

    assert heading.startswith("编号,内容,渠道,领域,")
    assert first.startswith(f"1,{SCHOOL},,") and second.startswith(f",{QUIET},热线,")


def test_a_glob_is_read_in_the_order_of_names(bulk: Petition, tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        write_csv(tmp_path / f"{name}.csv", [(name, "", SCHOOL)])
    bulk(tmp_path / "*.csv", tmp_path / "out.jsonl")

    assert places(tmp_path / "out.jsonl") == [("a.csv", 2), ("b.csv", 2), ("c.csv", 2)]


def test_files_of_one_name_are_told_apart(bulk: Petition, tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        write_csv(tmp_path / folder / "in.csv", [(folder, "", SCHOOL), ("", "", "")])
    bulk(tmp_path / "x" / "in.csv", tmp_path / "y" / "in.csv", tmp_path / "out.jsonl")

    assert [name for name, _ in places(tmp_path / "out.jsonl")] == [
        (tmp_path / "x" / "in.csv").as_posix(),
        (tmp_path / "y" / "in.csv").as_posix(),
    ]


def test_standard_input_is_kept_so_that_the_job_can_go_on(bulk: Petition, tmp_path: Path) -> None:
    given = f"{SCHOOL}\n".encode() + f"{HOSPITAL}\n".encode("gb18030") + b"\xff\xff\n"
    ended = bulk("-", tmp_path / "out.jsonl", stdin=given)
    assert ended.code == 1 and places(tmp_path / "out.jsonl") == [("stdin", 1), ("stdin", 2)]

    assert "不再重做" in bulk("-", tmp_path / "out.jsonl", stdin=given).err
    refused = bulk("-", tmp_path / "out.jsonl", stdin=QUIET.encode())
    assert refused.code == 5 and sorted(p.suffix for p in tmp_path.glob("out.jsonl*")) == [
        ".gz", ".json", ".jsonl", ".jsonl",
    ]  # fmt: skip


def test_nothing_to_read_is_an_error(bulk: Petition, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for given in (tmp_path / "empty", tmp_path / "*.csv", tmp_path / "none.csv"):
        ended = bulk(given, tmp_path / "out.jsonl")
        assert ended.code == 4 and not list(tmp_path.glob("out*"))
    (tmp_path / "a.docx").write_bytes(b"x")
    assert bulk(tmp_path / "a.docx", tmp_path / "out.jsonl").code == 4


def test_what_cannot_be_found_is_said_in_chinese(bulk: Petition, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [("1", "", SCHOOL)])
    target = tmp_path / "out.jsonl"
    (tmp_path / "empty").mkdir()

    assert "里面没有可读的文件" in bulk(tmp_path / "empty", target).err
    assert "通配符要加引号" in bulk(tmp_path / "*.parquet", target).err
    mixed = bulk("-", path, target, stdin=b"")
    assert mixed.code == 2 and "不能与文件一起给" in mixed.err


def test_a_broken_file_ends_the_job_before_any_tagging(bulk: Petition, tmp_path: Path) -> None:
    good = write_csv(tmp_path / "a.csv", [("1", "", SCHOOL)])
    (tmp_path / "b.xlsx").write_bytes(b"PK\x03\x04 broken")
    ended = bulk(good, tmp_path / "b.xlsx", tmp_path / "out.jsonl")

    assert ended.code == 4 and "b.xlsx" in ended.err and not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("told", [(), ("--sealed",)])
def test_standard_input_with_nothing_at_all_is_an_empty_file(
    bulk: Petition, tmp_path: Path, told: tuple[object, ...]
) -> None:
    """A pipe whose first command failed looks so; an empty line says that it did not."""
    failed = bulk("-", tmp_path / "out.jsonl", *told, stdin=b"")
    assert (
        failed.code == 4 and "standard input held nothing" in failed.err and not list(tmp_path.glob("out*"))
    )

    ended = bulk("-", tmp_path / "out.jsonl", *told, stdin=b"\n")
    assert ended.code == 0 and "stdin：没有数据行" in ended.err and (tmp_path / "out.jsonl").is_file()


@pytest.mark.parametrize("told", [(), ("--mask", "output")])
def test_a_row_with_half_a_character_is_a_reject(
    bulk: Petition, tmp_path: Path, told: tuple[object, ...]
) -> None:
    rows = [",".join(row).encode("gb18030") for row in rows_of(7)]
    rows[3] = rows[3].replace(PLANTED.encode("gb18030"), PLANTED.encode("gb18030")[:-1])
    (tmp_path / "in.csv").write_bytes(b"\n".join([",".join(HEADING).encode("gb18030"), *rows]))
    ended = bulk(tmp_path / "in.csv", tmp_path / "out.jsonl", *told)
    (reject,) = lines(tmp_path / "out.jsonl.rejects.jsonl")

    assert ended.code == 1 and len(lines(tmp_path / "out.jsonl")) == 6
    assert (reject["file"], reject["row"], reject["reason"]) == ("in.csv", 5, "bad_encoding")
    assert "个字节处不是 GB18030 编码" in reject["message"]
    assert ("raw" in reject) == (not told)


def test_all_files_that_cannot_be_read_are_named_at_once(bulk: Petition, tmp_path: Path) -> None:
    year = tmp_path / "2026"
    year.mkdir()
    for name in ("a", "f"):
        write_csv(year / f"{name}.csv", [("1", "", SCHOOL)])
    for name in ("b", "d"):
        write_csv(year / f"{name}.csv", [("甲", "乙")], ("科室", "电话"))
    (year / "c.xlsx").write_bytes(b"PK\x03\x04 broken")
    (year / "e.csv").write_bytes(b"")
    ended = bulk(year, tmp_path / "out.jsonl")

    assert ended.code == 4 and "b.csv: no column" in ended.err
    assert "2 more cannot be read: c.xlsx, d.csv" in ended.err


def test_the_output_may_not_be_an_input(bulk: Petition, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [("1", "", SCHOOL)])
    assert bulk(path, path).code == 2
    assert bulk(path, "-").code == 2 and bulk(path, "/dev/null").code == 2
    assert bulk(path, tmp_path / "out.docx").code == 2


def test_a_file_is_read_once_whatever_leads_to_it(bulk: Petition, tmp_path: Path) -> None:
    year = tmp_path / "2026"
    year.mkdir()
    write_csv(year / "a.csv", [("1", "", SCHOOL)])
    (year / "latest.csv").symlink_to("a.csv")
    ended = bulk(year, year / ".." / "2026" / "a.csv", tmp_path / "out.jsonl")

    assert places(tmp_path / "out.jsonl") == [("a.csv", 2)]
    assert "有 2 处指向已经找到的文件，每个文件只读一次：latest.csv、a.csv" in ended.err


def test_outputs_of_other_jobs_in_a_folder_are_no_inputs(
    bulk: Petition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    year = tmp_path / "2026"
    year.mkdir()
    write_csv(year / "a.csv", [("1", "", SCHOOL), ("2", "", QUIET)])
    monkeypatch.setattr(writers, "BOOK_ROWS", 1)
    bulk(year, year / "books.xlsx")
    for number, given in enumerate((year, year / "*")):
        target = tmp_path / f"out{number}.jsonl"
        ended = bulk(given, target)

        assert places(target) == [("a.csv", 2), ("a.csv", 3)]
        assert "2 个文件是 petition bulk 以前写的结果，没有读：books-1.xlsx、books-2.xlsx" in ended.err
    # One that the user names is meant.
    bulk(year / "books-2.xlsx", tmp_path / "named.jsonl")
    assert places(tmp_path / "named.jsonl") == [("books-2.xlsx", 2)]


@pytest.mark.parametrize("given", ["2026", "2026/*/*.csv", "2026/**/*.csv"])
def test_a_folder_that_cannot_be_listed_ends_the_job(
    bulk: Petition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    for month in ("04", "05"):
        (tmp_path / "2026" / month).mkdir(parents=True)
        write_csv(tmp_path / "2026" / month / "a.csv", [("1", "", SCHOOL)])
    real = os.scandir

    def scandir(path: str) -> object:
        if Path(path).name == "05":
            raise PermissionError(errno.EACCES, "", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    ended = bulk(tmp_path / given, tmp_path / "out.jsonl")

    assert ended.code == 4 and "2026/05：没有权限" in ended.err and not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("given", ["2026", "2026/*"])
def test_what_is_passed_over_in_a_folder_or_a_glob_is_said(
    bulk: Petition, tmp_path: Path, given: str
) -> None:
    year, far = tmp_path / "2026", tmp_path / "far"
    year.mkdir()
    far.mkdir()
    write_csv(year / "a.csv", [("1", "", SCHOOL)])
    write_csv(far / "b.csv", [("2", "", QUIET)])
    (year / "03.csv.gz").write_bytes(b"x")
    (year / "04").symlink_to(far)
    (year / "05.csv").symlink_to(tmp_path / "gone.csv")
    ended = bulk(tmp_path / given, tmp_path / "out.jsonl")

    assert ended.code == 0 and places(tmp_path / "out.jsonl") == [("a.csv", 2)]
    assert "有 1 个文件不是可读的种类，没有读：.gz" in ended.err
    assert "有 1 个文件夹是链接" in ended.err and "2026/04；要读就写出文件夹的名字" in ended.err
    assert "有 1 个链接指向的文件不在，没有读：05.csv" in ended.err


def test_files_with_the_same_bytes_are_named(bulk: Petition, tmp_path: Path) -> None:
    year = tmp_path / "2026"
    year.mkdir()
    for name in ("a.csv", "a (1).csv"):
        write_csv(year / name, [("1", "", SCHOOL)])
    for name in ("none.csv", "nothing.csv"):
        (year / name).write_bytes(b"")
    ended = bulk(year, tmp_path / "out.jsonl")

    assert places(tmp_path / "out.jsonl") == [("a (1).csv", 2), ("a.csv", 2)]
    assert ended.err.count("内容完全相同") == 1 and "a (1).csv、a.csv" in ended.err


def test_sheets_that_are_not_read_are_named(bulk: Petition, tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for number, name in enumerate(("一月", "二月", "三月")):
        sheet = book.create_sheet(name)
        sheet.append(("编号", "诉求内容"))
        sheet.append((str(number), SCHOOL))
    book.save(tmp_path / "a.xlsx")
    ended = bulk(tmp_path / "a.xlsx", tmp_path / "out.jsonl", "--summary", "--quiet")
    again = bulk(tmp_path / "a.xlsx", tmp_path / "out.jsonl", "--summary", "--quiet")

    for told in (ended.err, again.err):
        assert "a.xlsx：只读了一张工作表，还有 2 张也像有来件，没有读：“二月”、“三月”" in told
    page = (tmp_path / "out.jsonl.summary.html").read_text(encoding="utf-8")
    assert "没有读的工作表：a.xlsx：“二月”、“三月”" in page
    chosen = bulk(tmp_path / "a.xlsx", tmp_path / "two.jsonl", "--sheet", "二月")
    assert "没有读" not in chosen.err and [row["id"] for row in lines(tmp_path / "two.jsonl")] == ["1"]


def test_partitions_of_a_lake_are_columns_and_part_of_the_names(bulk: Petition, tmp_path: Path) -> None:
    for month in ("2026-03", "2026-04"):
        folder = tmp_path / "lake" / f"dt={month}"
        folder.mkdir(parents=True)
        pyarrow.parquet.write_table(pyarrow.table({"内容": [SCHOOL]}), folder / "part-0.parquet")
    bulk(tmp_path / "lake", tmp_path / "out.jsonl", "--time-column", "dt", "--summary")
    bulk(tmp_path / "lake" / "dt=2026-04" / "part-0.parquet", tmp_path / "one.jsonl")
    bulk(tmp_path / "lake" / "dt=2026-04", tmp_path / "two.jsonl")

    assert [row["dt"] for row in lines(tmp_path / "out.jsonl")] == ["2026-03", "2026-04"]
    assert "2026-04" in (tmp_path / "out.jsonl.summary.html").read_text(encoding="utf-8")
    found = {name: places(tmp_path / f"{name}.jsonl")[-1] for name in ("out", "one", "two")}
    assert set(found.values()) == {("dt=2026-04/part-0.parquet", 1)}
