"""A review log in a SQLite file and in a real PostgreSQL: each test that asks for one runs on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data.report import Report
from data.reviews.database import Mode
from data.reviews.log import ReviewLog
from data.reviews.review import Review, report_hash
from data.reviews.schema import migrate

LAMP = Report("A1", "幸福路的路灯坏了半年，打了三次热线都没人来修。", "路灯")
QUEUE = Report("A2", "人民医院挂号排队要三个小时。")
NewReview = Callable[..., Review]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: the path of no file yet, or the URL of a real one."""
    if request.param == "sqlite":
        return str(tmp_path / "复核 #1?.db")
    url: str = request.getfixturevalue("new_postgresql")()
    return url


@pytest.fixture
def log(database: str) -> Iterator[ReviewLog]:
    """A log at work."""
    migrate(database)
    log = ReviewLog(database, Mode.write)
    yield log
    log.close()


@pytest.fixture
def review() -> NewReview:
    """Make a review of a report, by 王 unless said otherwise."""

    def new(id: str, report: Report = LAMP, reviewer: str = "王", **more: object) -> Review:
        labels = more.pop("labels", {"domain": ("housing",), "misconduct": ("inaction",)})
        return Review(id, report.id, report_hash(report), labels, reviewer, **more)  # type: ignore[arg-type]

    return new
