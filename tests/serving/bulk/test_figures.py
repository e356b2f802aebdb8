"""Figures count what passes, months in any spelling, and never more regions than fit."""

from __future__ import annotations

from typing import Any

import pytest

from data.taxonomy import Taxonomy
from serving.bulk import figures as module
from serving.bulk.figures import NONE, OTHER, Figures, month_of


def record(
    domain: str = "", misconduct: str = "", time: str = "", region: str = "", review: bool = False
) -> Any:
    tags = {"domain": domain, "misconduct": misconduct, "purpose": "complaint"}
    return {
        "tags": {axis: [{"label": label} for label in labels.split()] for axis, labels in tags.items()},
        "needs_review": review, "review_reasons": ["domain:no_label"] if review else [],
        "time": time, "region": region,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "month"),
    [
        ("2026-03-01", "2026-03"), ("2026/3/1 08:00", "2026-03"), ("2026年3月1日", "2026-03"),
        ("20260301", "2026-03"), ("2026.12", "2026-12"), (" 2026-12-31T23:59", "2026-12"), ("2026-13-01", ""),
        ("三月", ""), ("", ""), ("46082", ""), ("03/01/2026", ""), ("2026", ""),
    ],
)  # fmt: skip
def test_the_month_is_read_however_it_is_written(written: str, month: str) -> None:
    assert month_of(written) == month


def test_reports_are_counted_by_label_month_region_and_review(taxonomy: Taxonomy) -> None:
    figures = Figures(taxonomy)
    figures.add(record("education medical", "inaction", "2026-03-01", "河东区"))
    figures.add(record("education", "", "2026-03-09", "河东区", review=True))
    figures.add(record("", "inaction falsification", "", ""))
    figures.add(record(time="三月"))
    figures.reject({"reason": "no_text", "file": "a.csv"})
    found = figures.to_dict()

    assert (found["reports"], found["tagged"], found["reviews"], found["undated"]) == (4, 2, 1, 1)
    assert found["crossed"] == {
        "education": {"inaction": 1, NONE: 1},
        "medical": {"inaction": 1},
        NONE: {"inaction": 1, "falsification": 1, NONE: 1},
    }
    assert found["labels"]["domain/education"] == 2 and found["labels"]["purpose/complaint"] == 4
    assert found["months"] == {
        NONE: {"reports": 2, "tagged": 1, "reviews": 0},
        "2026-03": {"reports": 2, "tagged": 1, "reviews": 1},
    }
    assert found["regions"]["河东区"]["reports"] == 2 and found["regions"][NONE]["reports"] == 2
    assert found["rejects"] == {"no_text": 1} and found["reject_files"] == {"a.csv": 1}


def test_a_column_of_free_text_does_not_fill_the_memory(
    taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_REGIONS", 4)
    monkeypatch.setattr(module, "KEPT_REGIONS", 2)
    figures = Figures(taxonomy)
    for n in (*range(8), 1, 1, 2):
        figures.add(record(region=f"{n} 号楼"))
    regions = {region: row["reports"] for region, row in figures.to_dict()["regions"].items()}

    assert sum(regions.values()) == 11 and len(regions) <= 3
    assert regions[OTHER] >= 5 and regions["1 号楼"] == 3
