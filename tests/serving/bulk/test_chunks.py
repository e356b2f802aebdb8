"""Rows are dealt out in the same runs every time, and a run is never too large to hold."""

from __future__ import annotations

from data.report import BadRow, Report
from serving.bulk import chunks as module
from serving.bulk.chunks import chunks
from serving.bulk.inputs import Line


def reports(*sizes: int) -> list[Line]:
    return [Line("a", Report(str(n), "", cells={"内容": "字" * size})) for n, size in enumerate(sizes)]


def test_a_chunk_holds_so_many_rows() -> None:
    found = list(chunks(reports(*[1] * 7), 3))

    assert [(chunk.number, len(chunk.lines)) for chunk in found] == [(0, 3), (1, 3), (2, 1)]
    assert [line.row for chunk in found for line in chunk.lines] == [line.row for line in reports(*[1] * 7)]


def test_long_reports_end_a_chunk_early() -> None:
    long = module.MOST_CHARS
    found = list(chunks(reports(1, long, 1, long // 2, long // 2, 1), 100))

    assert [len(chunk.lines) for chunk in found] == [2, 3, 1]


def test_rejects_are_counted() -> None:
    bad = Line("a", BadRow("a", 1, "no_text", "", {"内容": "字"}))

    assert next(chunks([bad, *reports(1), bad], 9)).rejects == 2


def test_nothing_gives_no_chunk() -> None:
    assert list(chunks([], 5)) == []
