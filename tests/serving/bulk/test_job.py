"""A job goes on where it stopped, never mixes with another, and loses no row."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.report import Report
from model.export import Export
from model.guard import Case, Guard
from model.prediction import Prediction
from serving.bulk import merge, survey, writers
from serving.bulk.lock import locked
from serving.bulk.part import Parts
from serving.bulk.places import Places
from serving.bulk.single import each
from tests.conftest import speaking_tables
from tests.serving.bulk.conftest import HEADING, TIME, beside, lines, rows_of
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL, Petition, write_csv

ROOT = Path(__file__).parents[3]
KILLS = """
import os, random, signal, sys, time
import pyarrow.parquet
from model.engine import load_runtime
from serving.bulk import job, writers
from serving.cli import main

load_runtime()  # once, and not in every child
places, arguments = [int(n) for n in sys.argv[1].split(",")], sys.argv[2:]
writers.BOOK_ROWS = int(os.environ["BOOK_ROWS"])
for place in [*places, 0]:
    child = os.fork()
    if child == 0:
        if place:
            import serving.whole_file
            from serving.bulk import inputs, known, manifest, part, publish
            real, calls = serving.whole_file.commit, 0

            def commit(one, other):
                global calls
                calls += 1
                if calls == abs(place) and place > 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                real(one, other)
                if calls == abs(place):
                    os.kill(os.getpid(), signal.SIGKILL)

            for module in (serving.whole_file, inputs, known, manifest, part, publish):
                module.commit = commit
        os._exit(main(arguments))
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status))
"""


def killed_at(places: list[int], *arguments: object) -> list[int]:
    """Run a command again and again, killed before (n) or after (-n) its n-th commit; the last time whole."""
    done = subprocess.run(
        [sys.executable, "-c", KILLS, ",".join(map(str, places)), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [int(code) for code in done.stdout.split()]


@pytest.mark.parametrize(
    ("suffix", "book_rows", "known"),
    [
        ("csv", 100, False), ("jsonl", 100, False), ("parquet", 100, False), ("xlsx", 100, False),
        ("xlsx", 20, False), ("csv", 100, True),
    ],
)  # fmt: skip
def test_a_job_killed_at_every_commit_ends_as_an_unbroken_one(
    bulk: Petition,
    big: Path,
    tmp_path: Path,
    export: Export,
    monkeypatch: pytest.MonkeyPatch,
    suffix: str,
    book_rows: int,
    known: bool,
) -> None:
    """With one output or several, and with an index of kept tags."""
    monkeypatch.setattr(writers, "BOOK_ROWS", book_rows)
    monkeypatch.setenv("BOOK_ROWS", str(book_rows))
    whole, broken, old = (tmp_path / name / f"out.{suffix}" for name in ("whole", "broken", "old"))
    for target in (whole, broken, old):
        target.parent.mkdir()
    told = ["--time", TIME, "--chunk-rows", "16", "--model", str(export.folder), "--threads", "1", "--quiet"]
    if known:
        bulk(write_csv(tmp_path / "old.csv", rows_of(30), HEADING), old, "--time", "2026-10-01")
    more = ["--only-changed", str(old)] if known else []
    bulk(big, whole, "--chunk-rows", 16, *more)
    # The manifest, the index, four parts; then the outputs, the rejects, the tags, the manifest.
    last = (3 if book_rows == 20 else 1) + 3
    places = [1, -1, *[1, -1] * known, 1, -1, 2, -3, 1, -1, *range(2, last + 1), -last]
    codes = killed_at(places, "bulk", big, broken, *told, *more)

    assert codes == [-signal.SIGKILL] * len(places) + [1]
    assert beside(broken) == beside(whole) and len(beside(whole)) == last


def test_the_same_command_after_the_end_does_nothing_and_ends_alike(
    bulk: Petition, big: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.csv"
    first = bulk(big, target)
    before = beside(target), target.stat().st_mtime_ns
    again = bulk(big, target, "--summary")

    assert (first.code, again.code) == (1, 1) and "不再重做" in again.err
    page = tmp_path / "out.csv.summary.html"
    assert page.is_file()
    page.unlink()
    assert (beside(target), target.stat().st_mtime_ns) == before


def break_off(bulk: Petition, monkeypatch: pytest.MonkeyPatch, *arguments: object, parts: int = 2) -> None:
    """Run a job whose disk is full after so many parts."""
    real, count = Parts.write, 0

    def write(self: Parts, number: int, records: list[dict[str, object]]) -> None:
        nonlocal count
        count += 1
        if count > parts:
            raise OSError(28, "", str(self.folder))
        real(self, number, records)

    with monkeypatch.context() as patched:
        patched.setattr(Parts, "write", write)
        ended = bulk(*arguments)
    assert ended.code == 4 and "磁盘已满" in ended.err and f"已完成的 {parts} 个部分保留" in ended.err


def test_a_changed_input_is_refused_and_the_old_one_goes_on(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, kept = tmp_path / "out.csv", big.read_bytes()
    break_off(bulk, monkeypatch, big, target, "--chunk-rows", 7)
    write_csv(big, rows_of(61), HEADING)
    refused = bulk(big, target, "--chunk-rows", 7)
    assert refused.code == 5 and "输入内容变了：in.csv" in refused.err and not target.exists()

    big.write_bytes(kept)
    assert bulk(big, target, "--chunk-rows", 7).code == 1
    assert len(target.read_text(encoding="utf-8-sig").splitlines()) == 55


def test_another_model_is_refused_even_under_the_same_version(
    bulk: Petition,
    petition: Petition,
    big: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_export: Callable[..., Export],
    tokenizer: object,
) -> None:
    target = tmp_path / "out.csv"
    break_off(bulk, monkeypatch, big, target, "--chunk-rows", 7)
    other = make_export(speaking_tables(tokenizer, {"学校": 1}), folder="other")  # type: ignore[arg-type]
    told = ["--chunk-rows", 7, "--time", TIME, "--model", other.folder]
    refused = petition("bulk", big, target, *told)
    assert refused.code == 5 and "版本号没变" in refused.err

    taken = petition("bulk", big, target, *told, "--overwrite")
    assert taken.code == 1 and "教育" not in target.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(("key", "value"), [("window", 20), ("overlap", 4), ("blind", True)])
def test_a_model_that_reads_otherwise_is_another_model(
    bulk: Petition,
    big: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    export: Export,
    key: str,
    value: object,
) -> None:
    """Its files, thresholds and version are the same."""
    target, done = tmp_path / "out.csv", tmp_path / "done.csv"
    assert bulk(big, done).code == 1
    break_off(bulk, monkeypatch, big, target, "--chunk-rows", 7)
    replace(export, **{key: value}).save()  # type: ignore[arg-type]
    for path, told in ((target, ("--chunk-rows", 7)), (done, ())):
        refused = bulk(big, path, *told)
        assert refused.code == 5 and "模型的读法（窗口、重叠、盲读）变了" in refused.err

    again = bulk(big, tmp_path / "again.csv", "--only-changed", done)
    assert again.code == 1 and "全部重新打标" in again.err


def test_a_job_that_wrote_down_less_of_its_model_is_refused_and_why_is_said(
    bulk: Petition, big: Path, tmp_path: Path
) -> None:
    target, manifest = tmp_path / "out.csv", tmp_path / "out.csv.manifest.json"
    bulk(big, target)
    shape = json.loads(manifest.read_text(encoding="utf-8"))
    del shape["model"]["reading"]
    manifest.write_text(json.dumps(shape), encoding="utf-8")
    refused = bulk(big, target)

    assert refused.code == 5 and "原来没有记录" in refused.err


def test_other_settings_are_refused_but_another_form_is_not(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.csv"
    break_off(bulk, monkeypatch, big, target, "--chunk-rows", 7)
    refused = bulk(big, target, "--chunk-rows", 7, "--evidence", "none", "--max-chars", 500)
    assert refused.code == 5 and "--evidence" in refused.err and "--max-chars" in refused.err

    assert bulk(big, target, "--chunk-rows", 7, "--names", "en").code == 1
    assert "education" in target.read_text(encoding="utf-8-sig")


def test_a_job_goes_on_in_another_form_as_if_it_had_begun_in_it(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, whole = tmp_path / "out.csv", tmp_path / "whole" / "out.csv"
    whole.parent.mkdir()
    break_off(bulk, monkeypatch, big, target, "--chunk-rows", 7, "--format", "jsonl")
    ended = bulk(big, target, "--chunk-rows", 7)
    bulk(big, whole, "--chunk-rows", 7)

    assert ended.code == 1 and "接着做" in ended.err and beside(target) == beside(whole)


def test_more_columns_than_a_table_holds_are_refused_when_a_job_goes_on_as_one(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey, "MOST_HEADINGS", len(HEADING) - 1)
    target, told = tmp_path / "out.jsonl", ("--chunk-rows", 7)
    assert "different columns" in bulk(big, tmp_path / "out.csv", *told).err
    break_off(bulk, monkeypatch, big, target, *told)
    refused = bulk(big, target, *told, "--format", "csv")

    assert refused.code == 4 and "different columns" in refused.err and not target.exists()
    assert bulk(big, target, *told).code == 1 and len(lines(target)) == 54


def test_an_output_of_something_else_is_not_replaced_unless_asked(
    bulk: Petition, big: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.csv"
    target.write_text("某人的文件", encoding="utf-8")
    refused = bulk(big, target)
    assert refused.code == 5 and "--overwrite" in refused.err
    assert target.read_text(encoding="utf-8") == "某人的文件" and beside(target).keys() == {"out.csv"}

    assert bulk(big, target, "--overwrite").code == 1 and target.stat().st_size > 1000


def test_a_page_of_figures_that_is_not_the_jobs_is_not_replaced(
    bulk: Petition, big: Path, tmp_path: Path
) -> None:
    target, page = tmp_path / "out.csv", tmp_path / "out.csv.summary.html"
    bulk(big, target)
    page.write_text("mine", encoding="utf-8")
    refused = bulk(big, target, "--summary")
    assert refused.code == 5 and str(page) in refused.err and page.read_text(encoding="utf-8") == "mine"

    assert bulk(big, target, "--summary", "--overwrite").code == 1
    written = page.stat().st_ino
    assert bulk(big, target, "--summary").code == 1 and page.stat().st_ino == written


@pytest.mark.parametrize("ending", ["", ".rejects.jsonl", ".tags.gz", ".summary.html", ".manifest.json"])
def test_a_file_that_appears_beside_an_unfinished_job_is_not_replaced(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    target, other = tmp_path / "out.csv", tmp_path / f"out.csv{ending}"
    break_off(bulk, monkeypatch, big, target, "--chunk-rows", 7)
    other.write_text("某人的文件", encoding="utf-8")
    refused = bulk(big, target, "--chunk-rows", 7)
    assert refused.code == 5 and "--overwrite" in refused.err
    assert other.read_text(encoding="utf-8") == "某人的文件"

    other.unlink()
    assert bulk(big, target, "--chunk-rows", 7).code == 1


@pytest.mark.parametrize("ending", ["", ".rejects.jsonl", ".tags.gz", ".summary.html"])
def test_a_file_that_appears_while_a_job_ends_is_not_replaced(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    other = tmp_path / f"out.csv{ending}"
    real = merge.merge

    def meanwhile(*told: Any) -> object:
        other.write_text("某人的文件", encoding="utf-8")
        return real(*told)

    with monkeypatch.context() as patched:
        patched.setattr("serving.bulk.job.merge", meanwhile)
        refused = bulk(big, tmp_path / "out.csv")
    assert refused.code == 5 and "别处写的" in refused.err
    assert other.read_text(encoding="utf-8") == "某人的文件"

    assert bulk(big, tmp_path / "out.csv", "--overwrite").code == 1
    assert not (tmp_path / "out.csv.parts").exists()


def test_a_job_that_is_stopped_leaves_the_files_of_the_one_before(
    bulk: Petition, big: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.csv"
    bulk(big, target)
    before = beside(target)
    write_csv(big, rows_of(30), HEADING)
    stopped = bulk(big, target, "--overwrite", "--max-rejects", 1)

    assert stopped.code == 7 and "out.csv.stopped.rejects.jsonl" in stopped.err
    after = beside(target)
    assert len(after.pop("out.csv.stopped.rejects.jsonl").splitlines()) == 2 and after == before
    assert bulk(big, target, "--overwrite").code == 1
    assert beside(target).keys() == before.keys()


def test_a_refusal_says_in_what_the_finished_job_differs(bulk: Petition, big: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    bulk(big, target)

    assert "设置变了：--evidence）" in bulk(big, target, "--evidence", "all").err
    assert "格式或栏名的语言不同" in bulk(big, target, "--names", "en").err
    write_csv(big, rows_of(3), HEADING)
    assert "输入内容变了：in.csv）" in bulk(big, target).err
    (tmp_path / "mine.csv").write_text("x", encoding="utf-8")
    assert "不是这个作业写的" in bulk(big, tmp_path / "mine.csv").err


def test_an_output_that_was_edited_is_not_taken_for_done(bulk: Petition, big: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    bulk(big, target)
    target.write_text("改过", encoding="utf-8")

    assert bulk(big, target).code == 5 and target.read_text(encoding="utf-8") == "改过"


def test_an_input_that_changes_while_it_is_read_makes_no_part(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Parts.write

    def write(self: Parts, number: int, records: list[dict[str, object]]) -> None:
        real(self, number, records)
        os.utime(big, (1, 1))

    monkeypatch.setattr(Parts, "write", write)
    ended = bulk(big, tmp_path / "out.csv", "--chunk-rows", 7)

    assert ended.code == 4 and "被改动" in ended.err and not (tmp_path / "out.csv").exists()
    assert len(list((tmp_path / "out.csv.parts").glob("*.part"))) == 1


def test_an_input_that_vanishes_leaves_the_finished_parts(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, kept = tmp_path / "out.csv", big.read_bytes()
    break_off(bulk, monkeypatch, big, target, "--chunk-rows", 7)
    big.unlink()
    ended = bulk(big, target, "--chunk-rows", 7)
    assert ended.code == 4 and "in.csv" in ended.err

    big.write_bytes(kept)
    again = bulk(big, target, "--chunk-rows", 7)
    assert again.code == 1 and "接着做" in again.err


@pytest.mark.parametrize(
    "damage", [lambda packed: packed[:-6] + b"~" + packed[-5:], lambda packed: packed[:-20], lambda _: b""]
)
@pytest.mark.parametrize("told", [(), ("--processes", 2), ("--processes", 1, "--max-rejects", 1000)])
def test_damaged_parts_are_found_and_made_anew(
    bulk: Petition,
    big: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[bytes], bytes],
    told: tuple[object, ...],
) -> None:
    (tmp_path / "whole").mkdir()
    whole, target = tmp_path / "whole" / "out.csv", tmp_path / "out.csv"
    bulk(big, whole, "--chunk-rows", 7)
    break_off(bulk, monkeypatch, big, target, "--chunk-rows", 7, parts=4)
    for number in (1, 2):
        part = tmp_path / "out.csv.parts" / f"{number:06}.part"
        part.write_bytes(damage(part.read_bytes()))
    again = bulk(big, target, "--chunk-rows", 7, *told)

    assert again.code == 1 and "有 2 个已损坏" in again.err
    assert target.read_bytes() == whole.read_bytes()


def test_a_part_that_is_damaged_while_others_are_made_is_made_anew_by_the_next_run(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, real = tmp_path / "out.csv", Parts.write

    def write(self: Parts, number: int, records: list[dict[str, object]]) -> None:
        real(self, number, records)
        if number == 2:
            self.path(number).write_bytes(self.path(number).read_bytes()[:-9])

    with monkeypatch.context() as patched:
        patched.setattr(Parts, "write", write)
        lost = bulk(big, target, "--chunk-rows", 7)
    assert lost.code == 6 and "第 2 部分" in lost.err and not target.exists()

    assert bulk(big, target, "--chunk-rows", 7).code == 1
    assert len(target.read_text(encoding="utf-8-sig").splitlines()) == 55


def test_rows_that_do_not_add_up_are_an_error(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Parts.write
    monkeypatch.setattr(Parts, "write", lambda self, number, records: real(self, number, records[1:]))
    ended = bulk(big, tmp_path / "out.csv", "--chunk-rows", 20)

    assert ended.code == 6 and "读入 60 行" in ended.err and "写出 51 行" in ended.err
    assert not (tmp_path / "out.csv").exists()


def test_two_jobs_on_one_output_do_not_meet(bulk: Petition, big: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    with locked(Places.of(target).lock):
        busy = bulk(big, target)
        assert busy.code == 75 and "另一个" in busy.err and not target.exists()
        (tmp_path / "other.csv").symlink_to(target)
        assert bulk(big, tmp_path / "other.csv").code == 75
        assert bulk(big, tmp_path / "third.csv").code == 1

    assert bulk(big, target).code == 1


def test_a_folder_that_cannot_be_written_is_said(bulk: Petition, big: Path) -> None:
    ended = bulk(big, "/proc/out.csv")

    assert ended.code == 4 and "/proc" in ended.err


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "xlsx", "parquet"])
@pytest.mark.parametrize("most", [1_000, 7_000])
def test_a_file_larger_than_the_system_allows_is_named(
    bulk: Petition, tmp_path: Path, suffix: str, most: int
) -> None:
    """What the job notes down, or what it makes of its parts."""
    source, target = write_csv(tmp_path / "in.csv", rows_of(200), HEADING), tmp_path / f"out.{suffix}"
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, usual[1]))
    try:
        ended = bulk(source, target, "--chunk-rows", 20)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)

    assert ended.code == 4 and f"错误：{target}：文件超过了磁盘或系统限制的大小" in ended.err
    assert bulk(source, target, "--chunk-rows", 20).code == 1


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "xlsx", "parquet"])
def test_a_full_disk_keeps_the_parts_and_the_job_goes_on(bulk: Petition, tmp_path: Path, suffix: str) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", small], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small file system is not permitted here")
    try:
        source = write_csv(tmp_path / "in.csv", rows_of(3000), HEADING)
        told = (source, small / f"out.{suffix}", "--chunk-rows", 200)
        full = bulk(*told)
        assert full.code == 4 and "部分保留" in full.err
        assert re.search(rf"错误：{small}/out\.\S+：磁盘已满", full.err), full.err
        parts = small / f"out.{suffix}.parts"
        assert list(parts.glob("*.part")) and not list(parts.glob("*.new"))

        subprocess.run(["mount", "-o", "remount,size=20m", small], check=True)
        again = bulk(*told)
        assert again.code == 1 and "接着做" in again.err
        bulk(source, tmp_path / f"out.{suffix}", "--chunk-rows", 200)
        assert beside(small / f"out.{suffix}") == beside(tmp_path / f"out.{suffix}")
    finally:
        subprocess.run(["umount", small], check=True)


def test_bad_rows_are_kept_with_their_place_and_cells(bulk: Petition, big: Path, tmp_path: Path) -> None:
    bulk(big, tmp_path / "out.csv", "--chunk-rows", 7)
    found = lines(tmp_path / "out.csv.rejects.jsonl")

    assert [reject["row"] for reject in found] == [n + 2 for n in range(60) if n % 10 == 7]
    assert found[0]["file"] == "in.csv" and found[0]["reason"] == "no_text"
    assert found[0]["raw"]["工单编号"] == "G7"


def test_files_with_headings_and_no_rows_are_named(bulk: Petition, big: Path, tmp_path: Path) -> None:
    bare = write_csv(tmp_path / "bare.csv", [], HEADING)
    for more in ((), ("--quiet",), ("--progress", "json")):
        ended = bulk(big, bare, tmp_path / f"out{len(more)}{more[-1:] == ('json',)}.jsonl", *more)

        assert ended.code == 1 and ended.err.count("没有数据行") == 1
        assert "bare.csv：只有表头，没有数据行" in ended.err


def test_a_run_without_rejects_leaves_no_file_of_them(bulk: Petition, big: Path, tmp_path: Path) -> None:
    bulk(big, tmp_path / "out.csv")
    ended = bulk(write_csv(big, rows_of(5), HEADING), tmp_path / "out.csv", "--overwrite")

    assert ended.code == 0 and not (tmp_path / "out.csv.rejects.jsonl").exists()


def test_more_rejects_than_allowed_end_the_job_before_any_tagging(
    bulk: Petition, big: Path, tmp_path: Path
) -> None:
    ended = bulk(big, tmp_path / "out.csv", "--max-rejects", 2)

    assert ended.code == 7 and "超过 2 行" in ended.err and not (tmp_path / "out.csv").exists()
    assert len(lines(tmp_path / "out.csv.stopped.rejects.jsonl")) == 3
    assert bulk(big, tmp_path / "out.csv", "--max-rejects", 6).code == 1


def test_only_changed_rows_are_tagged_again(
    bulk: Petition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write_csv(tmp_path / "first.csv", [("1", "名单", SCHOOL), ("2", "", HOSPITAL), ("3", "", QUIET)])
    monkeypatch.setenv("PETITION_ENGINE", "onnxruntime")  # another one begins with the golden reports
    bulk(first, tmp_path / "old.xlsx", "--time", "2026-10-01")
    second = write_csv(
        tmp_path / "second.csv",
        [("9", "", QUIET), ("1", "名单", SCHOOL), ("2", "", f"{HOSPITAL}学校"), ("4", "", SCHOOL)],
    )
    tagged: list[str] = []
    from model.tagger import Tagger

    real = Tagger.begin
    monkeypatch.setattr(
        Tagger, "begin", lambda self, reports: (tagged.extend(r.id for r in reports), real(self, reports))[1]
    )
    ended = bulk(second, tmp_path / "new.jsonl", "--only-changed", tmp_path / "old.xlsx")
    bulk(second, tmp_path / "all.jsonl")
    new, fresh = lines(tmp_path / "new.jsonl"), lines(tmp_path / "all.jsonl")

    assert ended.code == 0 and tagged[:2] == ["2", "4"]
    assert "2 件的文字没有变，沿用了原结果的标签；重新打标 2 件" in ended.err
    assert [row["tagged_at"] for row in new] == ["2026-10-01", "2026-10-01", TIME, TIME]
    assert [{**row, "tagged_at": ""} for row in new] == [{**row, "tagged_at": ""} for row in fresh]


@pytest.mark.parametrize("name", ["结果#1.csv", "a?.csv", "50%25.csv"])
def test_kept_tags_are_counted_whatever_the_time_and_the_name_of_the_output(
    bulk: Petition, big: Path, tmp_path: Path, name: str
) -> None:
    bulk(big, tmp_path / "old.csv")
    ended = bulk(big, tmp_path / name, "--only-changed", tmp_path / "old.csv")

    assert ended.code == 1 and "54 件的文字没有变，沿用了原结果的标签；重新打标 0 件" in ended.err
    assert (tmp_path / name).read_bytes() == (tmp_path / "old.csv").read_bytes()


def test_another_model_tags_every_row_again(
    bulk: Petition,
    petition: Petition,
    big: Path,
    tmp_path: Path,
    make_export: Callable[..., Export],
    tokenizer: object,
) -> None:
    bulk(big, tmp_path / "old.csv")
    other = make_export(speaking_tables(tokenizer, {"学校": 1}), folder="other")  # type: ignore[arg-type]
    told = ["--only-changed", tmp_path / "old.csv", "--model", other.folder, "--time", "2027"]
    ended = petition("bulk", big, tmp_path / "new.jsonl", *told)

    assert ended.code == 1 and "全部重新打标" in ended.err
    assert {row["tagged_at"] for row in lines(tmp_path / "new.jsonl")} == {"2027"}


def test_a_part_of_a_split_workbook_stands_for_the_whole(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "BOOK_ROWS", 20)
    bulk(big, tmp_path / "old.xlsx")
    ended = bulk(big, tmp_path / "new.csv", "--only-changed", tmp_path / "old-2.xlsx")
    assert ended.code == 1 and "54 件的文字没有变" in ended.err

    itself = bulk(big, tmp_path / "old.xlsx", "--overwrite", "--only-changed", tmp_path / "old-2.xlsx")
    assert itself.code == 2 and "新结果要用另一个文件名" in itself.err


def test_an_old_output_without_its_tags_is_refused(bulk: Petition, big: Path, tmp_path: Path) -> None:
    bulk(big, tmp_path / "old.csv")
    (tmp_path / "old.csv.tags.gz").unlink()
    ended = bulk(big, tmp_path / "new.csv", "--only-changed", tmp_path / "old.csv")

    assert ended.code == 4 and "old.csv.tags.gz" in ended.err


def test_kept_tags_hold_no_words(bulk: Petition, big: Path, tmp_path: Path) -> None:
    import gzip

    bulk(big, tmp_path / "old.csv")
    kept = gzip.decompress((tmp_path / "old.csv.tags.gz").read_bytes()).decode()

    assert "独角鲸" not in kept and "推诿" not in kept and '"start"' in kept


def test_the_manifest_names_inputs_model_and_counts(bulk: Petition, big: Path, tmp_path: Path) -> None:
    bulk(big, tmp_path / "out.csv", "--chunk-rows", 7)
    manifest = json.loads((tmp_path / "out.csv.manifest.json").read_text(encoding="utf-8"))

    assert (manifest["rows"], manifest["rejects"], manifest["chunks"]) == (60, 6, 9)
    assert manifest["inputs"][0]["name"] == "in.csv" and len(manifest["inputs"][0]["sha256"]) == 64
    assert manifest["model"]["name"] == "tiny@1" and manifest["outputs"][0]["file"] == "out.csv"
    assert manifest["figures"]["reports"] == 54


@pytest.mark.parametrize("step", ["begin", "read", "finish"])
def test_a_row_on_which_the_program_fails_is_a_reject_and_costs_no_other(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from model.tagger import Tagger

    real = getattr(Tagger, step)

    def fails(self: Tagger, given: Sequence[Any], *more: object) -> object:
        works = [getattr(one, "work", one) for one in given]  # `read` is given windows
        ids = [getattr(work, "report", work).id for work in works]
        if "G12" in ids or "G40" in ids:
            raise ValueError(f"{PLANTED} {ids}")
        return real(self, given, *more)

    bulk(big, tmp_path / "whole.csv", "--chunk-rows", 7)
    monkeypatch.setattr(Tagger, step, fails)
    ended = bulk(big, tmp_path / "out.csv", "--chunk-rows", 7)
    whole, out = (
        (tmp_path / name).read_text(encoding="utf-8-sig").splitlines() for name in ("whole.csv", "out.csv")
    )
    rejects = lines(tmp_path / "out.csv.rejects.jsonl")
    manifest = json.loads((tmp_path / "out.csv.manifest.json").read_text(encoding="utf-8"))

    assert ended.code == 1 and "52 件" in ended.err and "读不了 8 行" in ended.err
    assert out == [row for row in whole if not row.startswith(("G12,", "G40,"))]
    assert [row["row"] for row in rejects if row["reason"] == "failed"] == [14, 42]
    assert not any(PLANTED in row["message"] for row in rejects) and manifest["rejects"] == 8


@pytest.mark.parametrize("more", [(), ("--matters",)])
def test_a_row_whose_record_cannot_be_made_costs_no_other(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    real = Guard.show

    def fails(self: Guard, case: Case, prediction: Prediction, as_shown: bool = False) -> object:
        if case.shown.id == "G12" and as_shown == bool(more):
            raise ValueError(PLANTED)
        return real(self, case, prediction, as_shown)

    monkeypatch.setattr(Guard, "show", fails)
    ended = bulk(big, tmp_path / "out.csv", "--chunk-rows", 7, *more)

    assert ended.code == 1 and "53 件" in ended.err and "读不了 7 行" in ended.err
    assert [r["row"] for r in lines(tmp_path / "out.csv.rejects.jsonl") if r["reason"] == "failed"] == [14]


def test_an_engine_that_reads_nothing_ends_the_job_and_makes_no_rejects(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from model.tagger import Tagger

    def fails(self: Tagger, jobs: object) -> None:
        raise RuntimeError(PLANTED)

    monkeypatch.setenv("PETITION_ENGINE", "onnxruntime")  # another one begins with the golden reports
    with monkeypatch.context() as patched:
        patched.setattr(Tagger, "read", fails)
        ended = bulk(big, tmp_path / "out.csv")
    assert ended.code == 70 and "petition doctor" in ended.err and "RuntimeError" in ended.err

    assert bulk(big, tmp_path / "out.csv").code == 1
    assert len(lines(tmp_path / "out.csv.rejects.jsonl")) == 6


def test_rows_on_which_the_program_fails_count_as_rejects_too(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from model.tagger import Tagger

    real = Tagger.begin
    failing = {"G12", "G40"}

    def fails(self: Tagger, reports: Sequence[Report], *more: object) -> object:
        if failing & {report.id for report in reports}:
            raise ValueError
        return real(self, reports, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Tagger, "begin", fails)
    told = [big, tmp_path / "out.csv", "--chunk-rows", 7]
    ended = bulk(*told, "--max-rejects", 7)
    again = bulk(*told, "--max-rejects", 7)

    assert ended.code == again.code == 7 and "合计超过 7 行" in ended.err
    assert "failed" in [row["reason"] for row in lines(tmp_path / "out.csv.stopped.rejects.jsonl")]
    assert not (tmp_path / "out.csv").exists() and any((tmp_path / "out.csv.parts").glob("*.part"))

    failing.clear()  # what failed stays in its finished part
    allowed = bulk(*told, "--max-rejects", 8)
    assert allowed.code == 1 and "接着做" in allowed.err and (tmp_path / "out.csv").exists()


def test_a_full_memory_is_no_fault_of_a_row() -> None:
    for error in (MemoryError(), RuntimeError("std::bad_alloc")):

        def full(items: list[int], error: Exception = error) -> list[int]:
            raise error

        with pytest.raises(type(error)):
            each(full, [1, 2])
