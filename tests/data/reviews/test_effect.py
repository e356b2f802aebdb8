"""Retractions are respected, and on each axis the last judgement stands."""

from __future__ import annotations

from data.reviews.effect import latest, standing
from tests.data.reviews.conftest import LAMP, QUEUE, NewReview


def test_a_retraction_takes_its_review_and_itself_away(review: NewReview) -> None:
    rows = [review("r1"), review("r2", QUEUE), review("u1", undoes="r1", labels={})]

    assert [one.id for one in standing(rows)] == ["r2"]


def test_the_later_correction_wins_whoever_gave_it(review: NewReview) -> None:
    rows = [review("r1"), review("r2", reviewer="李", labels={"domain": ("transport",), "misconduct": ()})]
    (found,) = latest(rows)

    assert (found.id, found.reviewer, found.labels["domain"]) == ("r2", "李", ("transport",))


def test_after_an_undo_the_review_before_it_stands_again(review: NewReview) -> None:
    rows = [
        review("r1"),
        review("r2", labels={"domain": ("transport",)}),
        review("u2", undoes="r2", labels={}),
    ]
    (found,) = latest(standing(rows))

    assert found.id == "r1" and found.labels["domain"] == ("housing",)


def test_an_axis_that_is_not_judged_again_keeps_its_labels(review: NewReview) -> None:
    rows = [review("r1"), review("r2", labels={"domain": ("transport",), "misconduct": None})]

    assert [one.labels for one in latest(rows)] == [{"domain": ("transport",), "misconduct": ("inaction",)}]


def test_each_person_keeps_a_last_word_where_asked(review: NewReview) -> None:
    rows = [review("r1"), review("r2", reviewer="李"), review("r3")]

    assert [one.id for one in latest(rows, by_person=True)] == ["r2", "r3"]


def test_the_words_kept_by_an_earlier_review_are_not_lost(review: NewReview) -> None:
    rows = [review("r1", title=LAMP.title, text=LAMP.text), review("r2", reviewer="李")]

    assert [(one.id, one.title, one.text) for one in latest(rows)] == [("r2", LAMP.title, LAMP.text)]
