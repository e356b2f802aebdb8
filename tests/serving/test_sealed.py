"""Sealed mode: a report's words stay in memory. Every file that a process writes is searched for them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from openpyxl import Workbook

from model.export import Export
from serving.sealed import STORING, is_stored
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL, Petition, write_csv
from tests.serving.test_cli import command, environment
from tests.serving.test_server import Process
from tests.serving.written import HOOK, files_with, holds, traced, under_strace
from tests.serving.written import is_stored as stays

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")
NAME = "王小明"
PHRASES = (PLANTED, NAME, "13800138000")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder to work in; temporary files and the home lie in it too."""
    for name in ("work", "tmp", "home"):
        (tmp_path / name).mkdir()
    return tmp_path


def around(place: Path, **more: str) -> dict[str, str]:
    return {**environment(), "TMPDIR": str(place / "tmp"), "HOME": str(place / "home"),
            "XDG_CACHE_HOME": str(place / "home" / "cache"), **more}  # fmt: skip


@pytest.fixture
def letters(place: Path) -> Path:
    """A workbook, since those are what libraries like to unpack to a disk; one row cannot be read."""
    book = Workbook()
    assert book.active is not None
    for row in (
        ("编号", "标题", "内容", "联系人"),
        ("1", "", f"我叫{NAME}，电话13800138000。{SCHOOL}", NAME),
        ("2", PLANTED, HOSPITAL, NAME),
        ("3", "", QUIET * 200, NAME),
        ("4", "", "", NAME),
    ):
        book.active.append(row)
    path = place / "work" / "in.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_tag_writes_ids_and_tags_and_no_word(place: Path, letters: Path, export: Export, name: str) -> None:
    out, trace = place / "work" / name, place / "trace"
    tag = command("tag", letters, "--sealed", "-o", out, "--model", export.folder, "--threads", 1)
    done = subprocess.run(
        under_strace(trace, tag), env=around(place), cwd=place / "work", capture_output=True, check=False
    )
    written, opened = traced(trace)

    assert done.returncode == 1 and not holds(done.stdout + done.stderr, PHRASES)
    # A workbook is put together from temporary files, wordless ones too.
    assert out.is_file()
    folders = {Path(path).parent for path in opened}
    assert {f for f in folders if f.parent != place / "tmp"} <= {place / "work", place / "tmp", Path("/dev")}
    assert [where for where, content in written.items() if stays(where) and holds(content, PHRASES)] == []
    assert files_with([place / "work", place / "tmp", place / "home"], PHRASES, [letters]) == []
    assert not out.with_name(f"{name}.rejects.jsonl").exists()


def test_the_watching_finds_words_where_nothing_is_sealed(place: Path, letters: Path, export: Export) -> None:
    out, trace = place / "work" / "out.csv", place / "trace"
    tag = command("tag", letters, "-o", out, "--model", export.folder, "--threads", 1)
    subprocess.run(under_strace(trace, tag), env=around(place), cwd=place / "work", capture_output=True)
    written, _ = traced(trace)

    found = {where for where, content in written.items() if stays(where) and holds(content, PHRASES)}
    assert {Path(where).suffix for where in found} == {".part"}
    assert str(out) in files_with([place / "work"], PHRASES, [letters])


def test_tag_writes_no_word_as_seen_from_within(place: Path, letters: Path, export: Export) -> None:
    out = place / "work" / "out.jsonl"
    arguments = ["tag", letters, "--sealed", "-o", out, "--model", export.folder, "--threads", 1, "--quiet"]
    done = subprocess.run(
        [sys.executable, "-P", "-c", HOOK, *map(str, arguments)],
        env=around(place), cwd=place / "work", capture_output=True, text=True, check=False,
    )  # fmt: skip
    opened = done.stderr.partition("WRITTEN\n")[2].splitlines()

    assert {Path(path).parent for path in opened if path != os.devnull} == {place / "work"}
    assert files_with([place / "work", place / "tmp", place / "home"], PHRASES, [letters]) == []


def test_evidence_is_shown_in_a_pipe_and_not_in_a_file(place: Path, letters: Path, export: Export) -> None:
    tag = command("tag", letters, "--model", export.folder, "--threads", 1, "--quiet")
    sealed = around(place, PETITION_SEALED="1")
    piped = subprocess.run(tag, env=sealed, cwd=place / "work", capture_output=True, check=False)
    with (place / "work" / "out.jsonl").open("wb") as file:
        subprocess.run(tag, env=sealed, cwd=place / "work", stdout=file, stderr=subprocess.DEVNULL)

    assert b'"evidence"' in piped.stdout
    lines = (place / "work" / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["1", "2", "3"] and "evidence" not in str(lines)


def test_the_service_writes_no_word(place: Path, export: Export) -> None:
    trace = place / "trace"
    serve = command(
        "serve", "--port", 0, "--log-format", "json", "--threads", 1, "--model", export.folder,
        "--sealed", "--set", "log_level=debug", "--audit", place / "work" / "audit.jsonl",
    )  # fmt: skip
    server = Process(wrapped=under_strace(trace, serve), env=around(place))
    try:
        body = {"reports": [{"id": NAME, "title": PLANTED, "text": SCHOOL * n} for n in (1, 40)]}
        found = httpx.post(f"{server.url}/v1/tag", json=body, headers={"X-Request-ID": "GD-1"}, timeout=60)
        assert found.status_code == 200 and NAME in found.text
        sheet = f"编号,内容\n{NAME},{PLANTED}{SCHOOL}\n".encode()
        page = httpx.post(f"{server.url}/", files={"file": ("in.csv", sheet)}, timeout=60)
        assert page.status_code == 200 and "教育" in page.text
        httpx.post(f"{server.url}/v1/tag", content=f'{{"text": "{PLANTED}'.encode(), timeout=60)
        httpx.post(f"{server.url}/v1/{PLANTED}", json={PLANTED: 1}, timeout=60)
        metrics = httpx.get(f"{server.url}/metrics", timeout=60).text
    finally:
        # strace passes no signal on to the process that it runs.
        os.kill(
            int(Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()),
            signal.SIGTERM,
        )
        assert server.process.wait(60) == 0
        server.end()
    written, opened = traced(trace)

    # In tmp tempfile tries whether it may write there: four letters of its own.
    assert {Path(path).parent for path in opened} <= {place / "work", place / "tmp", Path("/dev")}
    assert [where for where, content in written.items() if stays(where) and holds(content, PHRASES)] == []
    assert files_with([place / "work", place / "tmp", place / "home"], PHRASES) == []
    assert (place / "work" / "audit.jsonl").read_text(encoding="utf-8").count("\n") == 4
    assert not holds(str(server.log).encode(), (*PHRASES, "GD-1"))
    assert 'label="education"' not in metrics and "petition_reports_total 3.0" in metrics


def test_a_sealed_process_leaves_no_core(place: Path) -> None:
    probe = (
        "import ctypes, resource\nfrom serving.sealed import seal\nseal()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    done = subprocess.run([sys.executable, "-c", probe], env=around(place), capture_output=True, text=True)

    dumpable = "0" if sys.platform == "linux" else "-1"
    assert done.stdout.split(")") == ["(0, 0", f" {dumpable}\n"]


@pytest.mark.parametrize("name", sorted(STORING))
def test_commands_that_store_reports_are_refused(
    petition: Petition, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv("PETITION_SEALED", "1")
    ended = petition(name, write_csv(tmp_path / "in.csv", [("1", "", SCHOOL)]), tmp_path / "out.csv")

    assert ended.code == 2 and "密封模式" in ended.err and not (tmp_path / "out.csv").exists()


def test_a_variable_that_says_neither_yes_nor_no_is_refused(
    petition: Petition, monkeypatch: pytest.MonkeyPatch, reports: Path
) -> None:
    monkeypatch.setenv("PETITION_SEALED", "maybe")

    assert petition("tag", reports).code == 2


def test_files_store_and_pipes_do_not(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb"), os.fdopen(writer, "wb") as pipe, (tmp_path / "a").open("wb") as file:
        assert is_stored(file) and not is_stored(pipe)
