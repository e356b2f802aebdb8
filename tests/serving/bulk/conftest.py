"""`petition bulk` with the tiny Export, and files of invented reports for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from model.export import Export
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL, Petition, write_csv

TIME = "2026-11-01T08:00:00+08:00"
TEXTS = (SCHOOL, HOSPITAL, QUIET, f"{PLANTED}，小区补贴名单造假，街道推诿。")
COMMAND = [sys.executable, "-c", "from serving.cli import main; raise SystemExit(main())", "bulk"]
CHUNKS = 40  # of five rows
HEADING = ("工单编号", "承办单位", "诉求内容", "受理时间", "所属区域")


@pytest.fixture
def bulk(petition: Petition, export: Export) -> Petition:
    """Run `petition bulk` with the tiny Export, and hold that no message has a report's words."""

    def run(*arguments: object, stdin: bytes | None = None) -> Any:
        told = (*arguments, "--model", export.folder, "--threads", 1)
        ended = petition("bulk", *told, *(() if "--time" in arguments else ("--time", TIME)), stdin=stdin)
        assert PLANTED not in ended.err + ended.out
        return ended

    return run


def rows_of(count: int, first: int = 0) -> list[list[str]]:
    """So many invented rows, of which every tenth, from the eighth on, has no text."""
    return [
        [
            f"G{n}", f"{n % 3} 科", "" if n % 10 == 7 else f"{TEXTS[n % len(TEXTS)]}第{n}次",
            f"2026-{n % 12 + 1:02}-03", f"{'岭上村' if n % 2 else '河东区'}",
        ]
        for n in range(first, first + count)
    ]  # fmt: skip


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """A CSV file of 60 rows, 6 of them without text."""
    return write_csv(tmp_path / "in.csv", rows_of(60), HEADING)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A CSV file of CHUNKS chunks of five rows."""
    return write_csv(tmp_path / "in.csv", rows_of(5 * CHUNKS), HEADING)


@pytest.fixture
def whole(bulk: Petition, source: Path, tmp_path: Path) -> dict[str, bytes]:
    """What one process leaves of it."""
    target = tmp_path / "whole" / "out.csv"
    target.parent.mkdir()
    assert bulk(source, target, "--chunk-rows", 5).code == 1
    return beside(target)


def start_job(
    source: Path, target: Path, export: Export, *more: str, env: Mapping[str, str]
) -> subprocess.Popen[str]:
    """A process that does the job in chunks of five rows, and may be killed."""
    told = ["--model", export.folder, "--time", TIME, "--chunk-rows", "5", *more]
    return subprocess.Popen(
        [*COMMAND, *map(str, [source, target, *told])], env=env, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def beside(target: Path) -> dict[str, bytes]:
    """Every file that a job has left, by name, with its bytes; nothing hidden and no parts among them."""
    left = {path.name: path for path in target.parent.iterdir() if target.stem in path.name}
    assert all(path.is_file() and not name.startswith(".") for name, path in left.items()), left
    return {name: path.read_bytes() for name, path in left.items()}
