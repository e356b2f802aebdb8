"""`petition audit` names the lines that are not as they were written, and gives the head to be kept."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from data.audit import Action, AuditLog, Deed, head_path
from data.audit_check import Fault, Kind
from serving.audit_words import fault_words
from tests.serving.conftest import Petition


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "audit.jsonl"
    AuditLog(path).append([Deed(Action.tag, "hotline", count) for count in range(4)])
    return path


def test_a_whole_log_is_told_with_its_head(petition: Petition, log: Path) -> None:
    head = petition("audit", "head", log).out.strip()
    ended = petition("audit", "verify", log, "--head", head)

    assert ended.code == 0 and ended.out == f"完好：共 4 行。末行 {head}\n"


def test_what_was_done_to_a_log_is_told_by_line(petition: Petition, log: Path) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(lines[0] + lines[2].replace(b"hotline", b"nobody!"))
    ended = petition("audit", "verify", log)

    assert ended.code == 1
    assert ended.out.splitlines() == [
        "文件第 2 行：第 2 号记录被改过，与写入时不符",
        "第 3 至 4 号记录：写入过，现在文件末尾没有了，被截去",
        "共 1 行，发现 2 处问题",
    ]


def test_a_log_written_anew_does_not_fit_a_head_kept_elsewhere(petition: Petition, log: Path) -> None:
    head = petition("audit", "head", log).out.strip()
    log.unlink()
    head_path(log).unlink()
    AuditLog(log).append([Deed(Action.tag, "hotline", 1)] * 4)

    assert petition("audit", "verify", log).code == 0
    assert "第 4 号记录：与保存的摘要不符" in petition("audit", "verify", log, "--head", head).out


@pytest.mark.parametrize("more", [("--head", "4"), ("--head", f"x:{'0' * 64}"), ("--heads",)])
def test_wrong_use_ends_with_two(petition: Petition, log: Path, more: tuple[str, ...]) -> None:
    assert petition("audit", "verify", log, *more).code == 2


def test_without_a_command_the_help_is_shown(petition: Petition) -> None:
    ended = petition("audit")

    assert ended.code == 2 and "verify" in ended.out


@pytest.mark.parametrize("command", ["verify", "head"])
def test_a_log_that_is_not_there_is_told_and_not_made(
    petition: Petition, tmp_path: Path, command: str
) -> None:
    assert petition("audit", command, tmp_path / "gone.jsonl").code == 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_of_fault_has_its_words(kind: Kind) -> None:
    assert fault_words(Fault(kind, 3, 4, 5))
