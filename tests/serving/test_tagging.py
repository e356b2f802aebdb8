"""Tagging for one request: a file is cut into parts that a deadline suffices for."""

from __future__ import annotations

import pytest

from data.report import Report
from serving.tagging import AT_ONCE, CHARS_AT_ONCE, parts


@pytest.mark.parametrize(
    ("lengths", "sizes"),
    [
        ([], []),
        ([10] * (2 * AT_ONCE + 1), [AT_ONCE, AT_ONCE, 1]),
        ([CHARS_AT_ONCE // 2] * 5, [2, 2, 1]),
        ([10, 2 * CHARS_AT_ONCE, 10, 10], [1, 1, 2]),
    ],
)
def test_few_reports_are_tagged_at_once_where_they_are_long(lengths: list[int], sizes: list[int]) -> None:
    reports = [Report(str(place), "字" * (length - 1), "题") for place, length in enumerate(lengths)]
    found = list(parts(reports))

    assert [len(part) for part in found] == sizes
    assert [report for part in found for report in part] == reports
