"""`petition` as the shell sees it: help, exit codes, pipes and signals."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from model.export import Export
from model.tagger import Tagger
from serving.commands.training import NEEDED
from tests.serving.conftest import PLANTED, SCHOOL, Petition, write_csv

ROOT = Path(__file__).parents[2]
RUN = "import sys; from serving.cli import main; sys.exit(main())"
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX pipes and signals")


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-P", "-c", RUN, *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("arguments", [(), ("--help",), ("tag", "--help"), ("--version",)])
def test_help_loads_nothing_that_tagging_needs(arguments: Sequence[str]) -> None:
    heavy = {"numpy", "onnxruntime", "openpyxl", "pyarrow", "tokenizers", *NEEDED}
    probe = f"import sys; from serving.cli import main; main({list(arguments)}); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", probe], env=environment(), capture_output=True, text=True, check=True
    )

    assert heavy & set(done.stdout.splitlines()[-1].split()) == set()


def test_without_a_command_the_help_is_shown_and_it_is_wrong_use(petition: Petition) -> None:
    ended = petition()

    assert ended.code == 2 and ended.out == petition("--help").out


def test_version_is_shown(petition: Petition) -> None:
    ended = petition("--version")

    assert ended.code == 0 and ended.out.startswith("petition-tagger ")


def test_an_unknown_command_lists_the_known_ones(petition: Petition) -> None:
    ended = petition("tagg")

    assert ended.code == 2 and "tag、bulk、mask、doctor、serve、train、evaluate" in ended.err
    assert all(
        name in ended.err for name in ("retrain", "import", "survey", "key", "audit", "reviews", "models")
    )


def test_an_unforeseen_error_shows_its_place_and_no_words(
    tag: Petition, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Tagger, *arguments: object) -> None:
        raise RuntimeError(SCHOOL)

    monkeypatch.setattr(Tagger, "_run", fail)
    ended = tag(reports)

    assert ended.code == 70
    assert "程序内部错误（RuntimeError，test_cli.py:" in ended.err and PLANTED not in ended.err


def test_an_interrupt_leaves_no_output(
    tag: Petition, reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(self: Tagger, *arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Tagger, "_run", interrupt)
    ended = tag(reports, "-o", tmp_path / "out.csv")

    assert ended.code == 130 and "已中断" in ended.err
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []


@posix
@pytest.mark.parametrize("form", ["jsonl", "csv", "table"])
def test_a_pipe_that_closes_is_quiet(export: Export, tmp_path: Path, form: str) -> None:
    path = write_csv(tmp_path / "in.csv", [(str(n), "", SCHOOL) for n in range(2000)])
    process = subprocess.Popen(
        command("tag", path, "--format", form, "--model", export.folder, "--threads", 1),
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()

    assert (process.wait(60), err) == (141, b"")


@posix
def test_a_signal_to_end_leaves_no_half_file(export: Export, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    process = subprocess.Popen(
        command("tag", "-", "-o", target, "--model", export.folder, "--threads", 1),
        env=environment(), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin is not None
    until = time.monotonic() + 60
    while not list(tmp_path.glob(".out.jsonl.*")) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.stdin.close()

    assert process.wait(60) == 143
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []


@posix
def test_the_progress_bar_is_on_standard_error_alone(export: Export, reports: Path) -> None:
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        command("tag", reports, "--model", export.folder, "--threads", 1),
        env={**environment(), "TERM": "xterm", "COLUMNS": "80"}, stdout=subprocess.PIPE, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    assert process.stdout is not None
    out, err = process.stdout.read(), b""
    process.stdout.close()
    process.wait(60)
    try:
        while select.select([ours], [], [], 5)[0] and (part := os.read(ours, 4096)):
            err += part
    except OSError:
        pass  # the other end of a terminal that has gone
    os.close(ours)

    assert out.count(b"\n") == 3 and b"\x1b" not in out
    assert "打标".encode() in err and b"\x1b[" in err
