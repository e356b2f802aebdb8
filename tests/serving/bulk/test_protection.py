"""A bulk job covers what it is told to cover, in parts as in outputs; sealed, no file holds a word."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from model.export import Export
from serving.bulk.part import Parts
from tests.serving.bulk.conftest import HEADING, TIME, lines
from tests.serving.bulk.test_job import break_off
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL, Petition, write_csv
from tests.serving.test_cli import command, environment
from tests.serving.written import HOOK, files_with, holds, is_stored, traced, under_strace

NAME, PHONE = "王小明", "13800138000"
PHRASES = (PLANTED, NAME, PHONE, "推诿", "联系人")
WITH_NAMES = (*HEADING, "联系人")
ROWS = [
    ["G1", "1 科", f"我叫{NAME}，电话{PHONE}。{SCHOOL}", "2026-01-03", "岭上村", NAME],
    ["G2", "2 科", f"赵大海在{HOSPITAL}", "2026-02-03", "河东区", NAME],
    ["G3", "3 科", QUIET * 100, "2026-03-03", "河东区", NAME],
    ["G4", "3 科", "", "2026-03-03", "河东区", NAME],
]


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """A CSV file of four rows with who sent them; the last one has no text."""
    return write_csv(tmp_path / "in.csv", ROWS, WITH_NAMES)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """The same as a workbook, since those are what libraries like to unpack to a disk."""
    made = Workbook()
    assert made.active is not None
    for row in (WITH_NAMES, *ROWS):
        made.active.append(row)
    path = tmp_path / "in.xlsx"
    made.save(path)
    return path


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl", "out.parquet", "out.xlsx"])
def test_a_sealed_job_opens_only_its_own_files_and_writes_no_word(
    tmp_path: Path, book: Path, export: Export, name: str
) -> None:
    places = [tmp_path / folder for folder in ("work", "tmp", "home")]
    for place in places:
        place.mkdir()
    out = places[0] / name
    told = ["--sealed", "--summary", "--model", export.folder, "--threads", 1, "--chunk-rows", 2]
    done = subprocess.run(
        [sys.executable, "-P", "-c", HOOK, "bulk", str(book), str(out), *map(str, told)],
        env={**environment(), "TMPDIR": str(tmp_path / "tmp"), "HOME": str(tmp_path / "home")},
        cwd=tmp_path / "work", capture_output=True, text=True, check=False,
    )  # fmt: skip
    opened = {Path(path) for path in done.stderr.partition("WRITTEN\n")[2].splitlines()} - {Path(os.devnull)}
    parts = out.with_name(f"{name}.parts")

    assert done.returncode == 1, done.stderr
    # A workbook is put together in a folder of its own there.
    assert all(path.parent == out.parent or parts in path.parents for path in opened if path.is_absolute())
    assert files_with(places, PHRASES) == [] and "G1" in str(contents(out))
    assert not any(phrase in done.stderr for phrase in PHRASES)
    kept = {path.name for path in out.parent.iterdir()}
    assert kept == {name, *(f"{name}.{more}" for more in ("rejects.jsonl", "manifest.json", "summary.html"))}


@pytest.mark.parametrize("flag", ["--mask=output", "--sealed", "--watch-list"])
def test_a_protected_job_names_no_sheet_that_it_left(
    petition: Petition, tmp_path: Path, book: Path, export: Export, flag: str
) -> None:
    made = load_workbook(book)
    made.copy_worksheet(made.active).title = f"{NAME}来访"  # type: ignore[type-var]
    made.save(book)
    (tmp_path / "names.txt").write_text("钱多多", encoding="utf-8")
    flags = [flag, tmp_path / "names.txt"] if flag == "--watch-list" else [flag]
    out = tmp_path / "out.jsonl"
    ended = petition("bulk", book, out, "--model", export.folder, "--threads", 1, "--summary", *flags)
    beside = [Path(f"{out}.{more}").read_text(encoding="utf-8") for more in ("manifest.json", "summary.html")]

    assert "还有 1 张也像有来件，没有读：“第 2 张”" in ended.err
    assert "第 2 张" in beside[0] and not any(f"{NAME}来访" in words for words in (ended.err, *beside))


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_sealed_job_hands_the_system_no_word_to_write(
    tmp_path: Path, book: Path, export: Export, name: str
) -> None:
    """What libraries write on their own is seen here too; test_sealed shows that such a trace finds words."""
    for folder in ("work", "tmp", "home"):
        (tmp_path / folder).mkdir()
    out, trace = tmp_path / "work" / name, tmp_path / "trace"
    bulk = command("bulk", book, out, "--sealed", "--summary", "--model", export.folder, "--threads", 1)
    done = subprocess.run(
        under_strace(trace, bulk),
        env={**environment(), "TMPDIR": str(tmp_path / "tmp"), "HOME": str(tmp_path / "home")},
        cwd=tmp_path / "work", capture_output=True, check=False,
    )  # fmt: skip
    written, _ = traced(trace)

    assert done.returncode == 1, done.stderr
    assert [where for where, content in written.items() if is_stored(where) and holds(content, PHRASES)] == []
    assert any(out.name in where and content for where, content in written.items()), "its output was seen"


def contents(path: Path) -> object:
    """What a file holds, read as its kind."""
    if path.suffix == ".xlsx":
        with closing(load_workbook(path, read_only=True)) as book:
            assert book.active is not None
            return list(book.active.iter_rows(values_only=True))
    if path.suffix == ".parquet":
        import pyarrow.parquet as parquet  # type: ignore[import-untyped]

        return parquet.read_table(path).to_pylist()
    return path.read_text(encoding="utf-8-sig")


def test_the_parts_of_a_sealed_job_that_was_broken_off_hold_no_word(
    bulk: Petition, named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "work" / "out.csv"
    target.parent.mkdir()
    break_off(bulk, monkeypatch, named, target, "--chunk-rows", 1, "--sealed", parts=3)
    parts = sorted(target.with_name("out.csv.parts").glob("*.part"))
    unpacked = "".join(gzip.decompress(part.read_bytes()).decode() for part in parts)

    assert len(parts) == 3 and "G1" in unpacked and '"inaction"' in unpacked
    assert not any(phrase in unpacked for phrase in PHRASES)
    assert files_with([target.parent], PHRASES) == []
    assert bulk(named, target, "--chunk-rows", 1, "--sealed").code == 1


def test_what_a_sealed_job_looks_for_is_found_where_nothing_is_sealed(
    bulk: Petition, named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_off(bulk, monkeypatch, named, tmp_path / "out.csv", "--chunk-rows", 1, parts=3)
    part = gzip.decompress((tmp_path / "out.csv.parts" / "000000.part").read_bytes()).decode()

    assert all(phrase in part for phrase in PHRASES)


def test_a_sealed_table_has_the_ids_and_our_columns(bulk: Petition, named: Path, tmp_path: Path) -> None:
    bulk(named, tmp_path / "out.csv", "--sealed")
    bulk(named, tmp_path / "out.jsonl", "--sealed")
    heading, *rows = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    first = lines(tmp_path / "out.jsonl")[0]

    assert heading.startswith("编号,领域,领域分数") and [row[:3] for row in rows] == ["G1,", "G2,", "G3,"]
    assert (first["id"], first["text_hash"], first["file"], first["row"]) == ("G1", "", "in.csv", 2)
    assert "evidence" not in str(first) and first["tags"]["domain"][0]["label"] == "education"
    (reject,) = lines(tmp_path / "out.csv.rejects.jsonl")
    assert (reject["row"], reject["reason"]) == (5, "no_text") and "raw" not in reject


def test_sealed_standard_input_stays_in_memory(bulk: Petition, tmp_path: Path) -> None:
    target = tmp_path / "work" / "out.csv"
    target.parent.mkdir()
    told = ("-", target, "--sealed", "--chunk-rows", 2)
    given = f"{SCHOOL}\n{HOSPITAL}\n{QUIET}\n".encode()
    ended = bulk(*told, stdin=given)

    assert ended.code == 0 and files_with([target.parent], PHRASES) == []
    assert target.read_text(encoding="utf-8-sig").count("stdin:") == 3
    manifest = (target.parent / "out.csv.manifest.json").read_text(encoding="utf-8")
    assert hashlib.sha256(given).hexdigest() not in manifest, "a letter is known by its hash"
    assert "不再重做" in bulk(*told, stdin=given).err


@pytest.mark.parametrize(("flags", "plain"), [
    ((), True), (("--mask", "output"), False), (("--mask", "input"), False), (("--sealed",), False),
    (("--watch-list", "names.txt"), False),
])  # fmt: skip
def test_no_hash_of_a_covered_file_is_kept(
    bulk: Petition, named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...],
    plain: bool,
) -> None:  # fmt: skip
    """A file of one letter is known by its hash, and a number under a cover is found by trying all."""
    monkeypatch.chdir(tmp_path)
    Path("names.txt").write_text("钱多多\n", encoding="utf-8")
    told = (named, tmp_path / "out.csv", *flags)
    assert bulk(*told).code == 1
    manifest = Path("out.csv.manifest.json").read_text(encoding="utf-8")

    assert (hashlib.sha256(named.read_bytes()).hexdigest() in manifest) == plain
    assert "不再重做" in bulk(*told).err
    named.write_text(named.read_text(encoding="utf-8").replace(PHONE, "13800138001"), encoding="utf-8")
    assert "输入内容变了" in bulk(*told).err


def test_nobody_else_reads_what_an_unfinished_job_leaves(
    bulk: Petition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = ("-", tmp_path / "out.csv", "--chunk-rows", 1)
    given = f"{SCHOOL}\n{HOSPITAL}\n{QUIET}\n".encode()

    def full(parts: Parts, number: int, records: object) -> None:
        raise OSError(28, "", str(parts.folder))

    with monkeypatch.context() as patched:
        patched.setattr(Parts, "write", full)
        assert bulk(*told, stdin=given).code == 4
    folder = tmp_path / "out.csv.parts"

    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "stdin").stat().st_mode & 0o777 == 0o600


def test_the_environment_seals_and_masks_bulk_jobs_too(
    bulk: Petition, named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETITION_MASK", "output")
    bulk(named, tmp_path / "masked.csv")
    monkeypatch.setenv("PETITION_SEALED", "1")
    bulk(named, tmp_path / "sealed.csv")

    assert PHONE not in (tmp_path / "masked.csv").read_text(encoding="utf-8-sig")
    assert PLANTED in (tmp_path / "masked.csv").read_text(encoding="utf-8-sig")
    assert PLANTED not in (tmp_path / "sealed.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("mask", ["output", "input"])
def test_masked_outputs_cover_every_column_and_the_rejects_have_no_cells(
    bulk: Petition, named: Path, tmp_path: Path, mask: str
) -> None:
    ended = bulk(named, tmp_path / "out.jsonl", "--mask", mask)
    rows = lines(tmp_path / "out.jsonl")

    assert ended.code == 1 and files_with([tmp_path], (NAME, PHONE), [named]) == []
    assert [row["工单编号"] for row in rows] == ["G1", "G2", "G3"] and PLANTED in rows[0]["诉求内容"]
    assert "raw" not in lines(tmp_path / "out.jsonl.rejects.jsonl")[0]
    assert not (tmp_path / "out.jsonl.tags.gz").exists()


def test_masking_the_output_changes_no_tag(bulk: Petition, named: Path, tmp_path: Path) -> None:
    bulk(named, tmp_path / "plain.jsonl", "--evidence", "none")
    bulk(named, tmp_path / "masked.jsonl", "--mask", "output", "--evidence", "none")

    plain, masked = ([row["tags"] for row in lines(tmp_path / f"{n}.jsonl")] for n in ("plain", "masked"))
    assert plain == masked


def test_the_hash_of_a_masked_row_tells_nothing_of_what_is_covered(bulk: Petition, tmp_path: Path) -> None:
    found = []
    for number in (PHONE, "13911112222"):
        source = write_csv(tmp_path / "in.csv", [("1", "", f"电话{number}，{SCHOOL}")])
        bulk(source, tmp_path / "out.jsonl", "--mask", "output", "--overwrite")
        found.append(lines(tmp_path / "out.jsonl")[0]["text_hash"])

    assert found[0] == found[1] != ""


@pytest.mark.parametrize("protection", [("--mask", "input"), ("--sealed",)])
def test_kept_tags_are_not_asked_for_under_a_cover(
    bulk: Petition, named: Path, tmp_path: Path, protection: tuple[str, ...]
) -> None:
    bulk(named, tmp_path / "old.csv")
    refused = bulk(named, tmp_path / "new.csv", "--only-changed", tmp_path / "old.csv", *protection)

    assert refused.code == 2 and "--only-changed" in refused.err and not (tmp_path / "new.csv").exists()


def test_a_row_on_the_watch_list_keeps_its_number_alone(bulk: Petition, named: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("赵大海\n", encoding="utf-8")
    ended = bulk(named, tmp_path / "out.jsonl", "--watch-list", names)
    bulk(named, tmp_path / "old.jsonl")
    again = bulk(
        named, tmp_path / "new.jsonl", "--only-changed", tmp_path / "old.jsonl", "--watch-list", names
    )

    assert "涉及名单的 1 件没有打标，请由人办理" in ended.err
    assert "2 件的文字没有变，沿用了原结果的标签；重新打标 0 件" in again.err
    assert not holds((tmp_path / "new.jsonl").read_bytes(), [HOSPITAL])
    first, second, _ = lines(tmp_path / "out.jsonl")

    assert PLANTED in str(first) and first["text_hash"]
    assert second["review_reasons"] == ["handle_by_hand"] and second["model"] == ""
    assert (second["id"], second["工单编号"], second["text_hash"]) == ("G2", "G2", "")
    assert PLANTED not in str(second) and "河东区" not in str(second)
    kept = gzip.decompress((tmp_path / "out.jsonl.tags.gz").read_bytes()).decode()
    assert kept.count("\n") == 3  # the head and two reports


def test_parts_made_under_another_watch_list_are_refused(
    bulk: Petition, named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("赵大海\n", encoding="utf-8")
    told = (named, tmp_path / "out.csv", "--chunk-rows", 1, "--watch-list", names)
    break_off(bulk, monkeypatch, *told)
    names.write_text("赵大海\n岭上村\n", encoding="utf-8")
    refused = bulk(*told)
    assert refused.code == 5 and "--watch-list" in refused.err and "赵大海" not in refused.err

    names.write_text("# 负责人\n赵大海\n", encoding="utf-8")
    assert bulk(*told).code == 1


def test_a_job_is_recorded_once_with_all_its_reports(
    bulk: Petition, named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "audit.jsonl"
    monkeypatch.setenv("PETITION_AUDIT", str(log))
    told = (named, tmp_path / "out.csv", "--chunk-rows", 1)
    break_off(bulk, monkeypatch, *told)
    bulk(*told)
    bulk(*told)
    found = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]

    assert [(deed["action"], deed["count"], deed.get("ended")) for deed in found] == [
        ("tag", 2, "early"), ("tag", 3, None),
    ]  # fmt: skip
    assert TIME not in str(found) and "in.csv" not in str(found)


def test_an_output_that_cannot_be_recorded_does_not_appear(
    bulk: Petition, named: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PETITION_AUDIT", str(tmp_path / "nowhere" / "audit.jsonl"))
    ended = bulk(named, tmp_path / "out.csv")

    assert ended.code == 4 and "audit.jsonl" in ended.err and not (tmp_path / "out.csv").exists()
