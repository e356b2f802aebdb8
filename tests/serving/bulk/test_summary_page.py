"""The page of figures is one Chinese file that needs nothing else and shows no report's words."""

from __future__ import annotations

import re
import xml.etree.ElementTree as Tree
from pathlib import Path

from tests.serving.bulk.conftest import HEADING, rows_of
from tests.serving.conftest import PLANTED, Petition, write_csv


def test_the_page_shows_every_figure_and_loads_nothing(bulk: Petition, big: Path, tmp_path: Path) -> None:
    bulk(big, tmp_path / "out.csv", "--summary")
    page = (tmp_path / "out.csv.summary.html").read_text(encoding="utf-8")

    for heading in ("打标统计", "领域 × 问题", "按月", "按区域", "人工复核", "读不了的行", "来历"):
        assert heading in page
    for shown in ("54 件", "6 行", "岭上村", "2026-01", "没有正文", "tiny@1"):
        assert shown in page
    assert PLANTED not in page
    assert not re.search(r"(?:src=|href=|url\(|@import|<script)", page)
    charts = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(charts) >= 6 and all(Tree.fromstring(chart).tag == "svg" for chart in charts)


def test_names_from_the_input_are_escaped(bulk: Petition, tmp_path: Path) -> None:
    rows = [[*row[:4], '<b onload="x">&区'] for row in rows_of(3)]
    bulk(
        write_csv(tmp_path / "in.csv", rows, ("编号", "科", "内容", "时间", "区域")),
        tmp_path / "out.csv",
        "--summary",
    )
    page = (tmp_path / "out.csv.summary.html").read_text(encoding="utf-8")

    assert "<b onload" not in page and "&lt;b onload=" in page


def test_times_that_tell_no_month_are_said(bulk: Petition, tmp_path: Path) -> None:
    rows = [[*row[:3], f"03/0{n + 1}/2026", row[4]] for n, row in enumerate(rows_of(3))]
    bulk(write_csv(tmp_path / "in.csv", rows, HEADING), tmp_path / "out.csv", "--summary")
    page = (tmp_path / "out.csv.summary.html").read_text(encoding="utf-8")

    assert "<h2>按月</h2><p>有 3 件写了时间，都看不出月份" in page


def test_without_months_and_regions_the_page_has_no_such_charts(bulk: Petition, tmp_path: Path) -> None:
    rows = [row[2:3] for row in rows_of(3)]
    bulk(write_csv(tmp_path / "in.csv", rows, ("内容",)), tmp_path / "out.csv", "--summary")
    page = (tmp_path / "out.csv.summary.html").read_text(encoding="utf-8")

    assert "按月" not in page and "按区域" not in page and "没有。" in page
