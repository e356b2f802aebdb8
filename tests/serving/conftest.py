"""A tiny real Export in which single words carry tags, invented reports, and the command line at hand."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from openpyxl import Workbook
from tokenizers import Tokenizer

from data.report import Report
from model.export import GOLDEN, Export
from model.golden import write_golden
from model.tagger import Tagger
from serving.cli import main
from tests.conftest import speaking_tables
from tests.serving.collector import Collected, collecting

PLANTED = "独角鲸穿过玻璃桥"
"""Stands in every invented report; no error and no message may hold it."""
SCHOOL = f"{PLANTED}，学校收费，领导推诿没人处理。"
HOSPITAL = f"{PLANTED}，医院名单造假。"
QUIET = f"{PLANTED}，我们小区旁边路灯。"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Petition = Callable[..., Ended]


@pytest.fixture
def export(make_export: Callable[..., Export], tokenizer: Tokenizer) -> Export:
    """学校: education, 医院: medical, 推诿: inaction, 造假: falsification; with golden reports."""
    words = {"学校": 0, "医院": 1, "推诿": 2, "造假": 3}
    made = make_export(speaking_tables(tokenizer, words))
    reports = [Report("S1", SCHOOL), Report("S2", HOSPITAL, "名单"), Report("S3", "")]
    write_golden(made.folder / GOLDEN, Tagger(made, 1), reports)
    made.save()
    return Export.load(made.folder)


@pytest.fixture
def collector() -> Iterator[Collected]:
    """A collector of traces; skips where the extra traces is not installed."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the extra traces is not installed")
    with collecting() as found:
        yield found


@pytest.fixture
def petition(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Petition:
    """Run `petition` in this process, as the shell would; `stdin` is what standard input holds.

    What the processes write that it starts is caught too.
    """

    def run(*arguments: object, stdin: bytes | None = None) -> Ended:
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        return Ended(code, *capfd.readouterr())

    return run


@pytest.fixture
def tag(petition: Petition, export: Export) -> Petition:
    """Run `petition tag` with the tiny Export, and hold that no message has a report's words."""

    def run(*arguments: object, stdin: bytes | None = None) -> Ended:
        ended = petition("tag", *arguments, "--model", export.folder, "--threads", 1, stdin=stdin)
        assert PLANTED not in ended.err
        return ended

    return run


def write_csv(
    path: Path, rows: Sequence[Sequence[str]], heading: Sequence[str] = ("编号", "标题", "内容")
) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([heading, *rows])
    return path


def write_two_sheets(path: Path) -> Path:
    """A workbook whose second sheet, “二月”, holds a report too."""
    book = Workbook()
    assert book.active is not None
    book.active.append(("内容", "编号"))
    book.active.append((SCHOOL, "1"))
    book.copy_worksheet(book.active).title = "二月"
    book.save(path)
    return path


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A CSV file of three reports."""
    return write_csv(tmp_path / "in.csv", [("1", "", SCHOOL), ("2", "名单", HOSPITAL), ("3", "", QUIET)])
