"""The review log adds and reads, and refuses to forget; on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.errors import ReviewConflict, ReviewLogAway, UnknownReview
from data.reviews.database import Mode, connect
from data.reviews.log import ReviewLog
from data.reviews.review import Review, report_hash
from tests.data.reviews.conftest import LAMP, QUEUE, NewReview

PREDICTION = {"tags": {"domain": [{"label": "transport", "score": 0.61}]}, "needs_review": True}


def test_a_review_comes_back_as_it_went_in(log: ReviewLog, review: NewReview) -> None:
    whole = review(
        "r1", key="office", model="default@2026.11", taxonomy="1", prediction=PREDICTION, title="路灯",
        text="幸福路的路灯坏了半年", note="“没人来修”是原话", unsure=True,
    )  # fmt: skip
    added = log.add(whole)
    (read,) = log.read()

    assert read == whole and (read.number, read.at) == (added.number, added.at)
    assert read.at is not None and abs(read.at - datetime.now(UTC)) < timedelta(minutes=1)


def test_not_judged_and_nothing_holds_stay_apart(log: ReviewLog, review: NewReview) -> None:
    log.add(review("r1", labels={"domain": None, "misconduct": ()}))

    assert [one.labels for one in log.read()] == [{"domain": None, "misconduct": ()}]


def test_sending_again_adds_nothing(log: ReviewLog, review: NewReview) -> None:
    first, again = log.add(review("r1")), log.add(review("r1"))

    assert (again.number, again.at) == (first.number, first.at)
    assert (first.repeated, again.repeated) == (False, True)
    assert log.counts()[0] == 1


def test_a_review_that_cannot_be_recorded_elsewhere_is_not_added(log: ReviewLog, review: NewReview) -> None:
    def refuse(added: Review) -> None:
        assert added.number > 0
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        log.add(review("r1"), refuse)
    assert log.counts()[0] == 0
    log.add(review("r1"))
    with pytest.raises(OSError, match="no space"):
        log.undo("u1", "r1", "王", record=refuse)
    assert log.counts()[:2] == (1, 0)


def test_another_review_of_the_same_id_is_refused(log: ReviewLog, review: NewReview) -> None:
    log.add(review("r1"))

    with pytest.raises(ReviewConflict, match="another review of that id"):
        log.add(review("r1", labels={"domain": ()}))


def test_an_undone_review_no_longer_stands_and_is_still_read(log: ReviewLog, review: NewReview) -> None:
    log.add(review("r1"))
    log.undo("u1", "r1", "王")

    assert log.standing(report_hash(LAMP)) == [] and log.reviewed([report_hash(LAMP)]) == set()
    assert [(one.id, one.undoes) for one in log.read()] == [("r1", ""), ("u1", "r1")]
    assert log.counts()[:2] == (1, 1)


def test_undoing_again_by_the_same_request_adds_nothing(log: ReviewLog, review: NewReview) -> None:
    log.add(review("r1"))
    assert log.undo("u1", "r1", "王").number == log.undo("u1", "r1", "王").number


def test_only_who_gave_a_review_undoes_it_and_only_once(log: ReviewLog, review: NewReview) -> None:
    log.add(review("r1", key="office"))

    for who, key in (("李", "office"), ("王", "other")):
        with pytest.raises(ReviewConflict, match="by who gave it"):
            log.undo("u1", "r1", who, key)
    log.undo("u1", "r1", "王", "office")
    with pytest.raises(ReviewConflict, match="already"):
        log.undo("u2", "r1", "王", "office")
    with pytest.raises(ReviewConflict, match="itself a retraction"):
        log.undo("u3", "u1", "王", "office")
    with pytest.raises(UnknownReview):
        log.undo("u4", "nothing", "王", "office")


def test_reviewed_reports_are_found_among_many(log: ReviewLog, review: NewReview) -> None:
    log.add(review("r1"))
    log.add(review("r2", QUEUE))
    many = [f"{number:064x}" for number in range(1200)]

    assert log.reviewed([*many, report_hash(LAMP), report_hash(QUEUE)]) == {
        report_hash(LAMP),
        report_hash(QUEUE),
    }


@pytest.mark.parametrize("statement", ["UPDATE reviews SET note = 'x'", "DELETE FROM reviews", "ALL"])
def test_the_database_itself_refuses_to_change_or_drop_a_row(
    log: ReviewLog, review: NewReview, statement: str
) -> None:
    log.add(review("r1"))
    engine = connect(log.database, Mode.write)
    if statement == "ALL":
        sqlite = engine.dialect.name == "sqlite"
        statement = "INSERT OR REPLACE INTO reviews SELECT * FROM reviews" if sqlite else "TRUNCATE reviews"
    with pytest.raises(sa.exc.DBAPIError, match="only added"), engine.begin() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()

    assert [one.id for one in log.read()] == ["r1"]


def test_many_threads_add_at_once_and_none_is_lost(log: ReviewLog, review: NewReview) -> None:
    def add(start: int) -> None:
        for number in range(start, start + 10):
            log.add(review(f"r{number}"))
            log.add(review("the same"))

    threads = [threading.Thread(target=add, args=(100 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [one.id for one in log.read()]

    assert len(found) == len({*found}) == 41


def test_who_reads_does_not_wait_for_who_writes(
    log: ReviewLog, review: NewReview, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.add(review("r1"))
    writer = connect(database, Mode.write)
    monkeypatch.setattr("data.reviews.database.WAIT_S", 0)

    with writer.begin() as connection:
        connection.execute(sa.text("INSERT INTO reviews SELECT * FROM reviews WHERE id = 'none'"))
        log.check()
        assert [one.id for one in log.standing(report_hash(LAMP))] == ["r1"]
        assert log.reviewed([report_hash(LAMP)]) and log.counts()[0] == 1
        assert [one.id for one in log.read()] == ["r1"]
    writer.dispose()


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    path = tmp_path / "none.db"

    with pytest.raises(ReviewLogAway, match="petition reviews migrate"):
        ReviewLog(str(path), Mode.write).check()
    assert not path.exists()


def test_no_error_holds_what_was_sent(log: ReviewLog, review: NewReview) -> None:
    bad = Review("r1", "A1", "0" * 64, {}, "王", note="独角鲸", undoes="r1")  # against a rule of the table

    with pytest.raises(ReviewConflict) as caught:
        log.add(bad)
    assert "独角鲸" not in str(caught.value)
    with pytest.raises(ReviewLogAway) as away:
        log.add(review("r2", reviewer=None, note="独角鲸"))  # type: ignore[arg-type]
    assert "独角鲸" not in str(away.value) and away.value.__cause__ is None


def test_repr_leaves_words_out(review: NewReview) -> None:
    assert "路灯" not in repr(review("r1", title="路灯", text="路灯", note="路灯", prediction={"a": "路灯"}))
