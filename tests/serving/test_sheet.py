"""Sheets are streamed, and the same rows give the same bytes."""

from __future__ import annotations

import gc
import resource
import time
from pathlib import Path

import pytest
from openpyxl import load_workbook

from serving.sheet import BookSheet


def write(path: Path, scratch: Path) -> None:
    book = BookSheet(path, ("编号", "内容"), scratch)
    for number in range(3):
        book.row((number, "=路灯" if number else ""))
    assert book.close() == []


def fill(book: BookSheet, rows: int) -> None:
    for number in range(rows):
        book.row((f"{number}路灯坏了" * 20,))
    book.close()


def test_a_workbook_has_no_date_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.xlsx", tmp_path)
    later = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    write(tmp_path / "b.xlsx", tmp_path)

    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    sheet = load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    assert [row for row in sheet.iter_rows(values_only=True)] == [
        ("编号", "内容"), (0, None), (1, "=路灯"), (2, "=路灯"),
    ]  # fmt: skip


def test_rows_that_wait_to_be_packed_go_whatever_happens(tmp_path: Path) -> None:
    write(tmp_path / "a.xlsx", tmp_path)
    book = BookSheet(tmp_path / "b.xlsx", ("内容",), tmp_path)
    book.row(("路灯",))
    assert list(tmp_path.glob(".sheet-*"))
    del book
    gc.collect()

    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


@pytest.mark.parametrize("most", [10_000, 300_000, 1_000_000])
def test_rows_that_wait_go_where_the_disk_is_full(tmp_path: Path, most: int) -> None:
    """Full while rows are taken, with some of them not yet written, or not before the workbook is packed."""
    book = BookSheet(tmp_path / "a.xlsx", ("内容",), tmp_path)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, usual[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            fill(book, 5_000)
        del book
        gc.collect()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)

    assert list(tmp_path.iterdir()) in ([], [tmp_path / "a.xlsx"])


def test_a_place_that_cannot_be_written_is_an_error_of_the_system(tmp_path: Path) -> None:
    book = BookSheet(tmp_path / "none" / "a.xlsx", ("内容",), tmp_path)

    with pytest.raises(FileNotFoundError):
        book.close()
