"""Rejected rows are counted and kept whole."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from data.report import BadRow
from serving.rejects import Rejects, rejects_path

BAD = BadRow("in.csv", 3, "no_text", "文件 in.csv 第 3 行：没有内容。", {"编号": "7", "内容": ""})


def test_a_row_is_kept_with_its_place_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "out.csv.rejects.jsonl"
    with ExitStack() as stack:
        rejects = Rejects(path, stack)
        rejects.add(BAD)
        rejects.add(BAD)
        assert not path.exists()  # it appears whole

    row = {"file": "in.csv", "row": 3, "reason": "no_text", "message": BAD.message, "raw": BAD.raw}
    assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == [row, row]
    assert rejects.count == 2
    assert path.stat().st_mode & 0o777 == 0o600  # they are rows as received


def test_without_bad_rows_there_is_no_file_and_an_earlier_one_goes(tmp_path: Path) -> None:
    path = tmp_path / "out.csv.rejects.jsonl"
    path.write_text("earlier", encoding="utf-8")
    with ExitStack() as stack:
        rejects = Rejects(path, stack)
    assert path.read_text(encoding="utf-8") == "earlier"
    rejects.forget_earlier()

    assert not path.exists()


def test_without_a_file_rows_are_counted() -> None:
    with ExitStack() as stack:
        rejects = Rejects(None, stack)
        rejects.add(BAD)
    rejects.forget_earlier()

    assert rejects.count == 1


def test_an_error_leaves_no_file(tmp_path: Path) -> None:
    def fail() -> None:
        with ExitStack() as stack:
            Rejects(tmp_path / "a.jsonl", stack).add(BAD)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_the_file_stands_beside_the_output(tmp_path: Path) -> None:
    assert rejects_path(tmp_path / "out.csv") == tmp_path / "out.csv.rejects.jsonl"
    assert rejects_path(None) is None and rejects_path(Path("/dev/null")) is None
