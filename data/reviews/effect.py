"""Effect: what a log says in the end, when retractions and later corrections have had their say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from data.reviews.review import Review


def standing(reviews: Iterable[Review]) -> list[Review]:
    """Leave out retractions and what they retract; the others stay in the order of the log."""
    rows = [*reviews]
    gone = {review.undoes for review in rows if review.undoes}
    return [review for review in rows if not review.undoes and review.id not in gone]


def latest(reviews: Iterable[Review], by_person: bool = False) -> Iterator[Review]:
    """Give one review for each report: on each axis the last judgement stands, whoever gave it.

    The rest (who, when, model, note) is that of the last review. Reports come in the order in which they
    were last reviewed.

    Args:
        reviews: that stand, in the order of the log.
        by_person: one for each report and reviewer instead.
    """
    found: dict[tuple[str, str, str, str], Review] = {}
    for review in reviews:
        who = (review.reviewer, review.key) if by_person else ("", "")
        place = (review.report_id, review.report_hash, *who)
        earlier = found.pop(place, None)
        if earlier is not None:
            judged = {axis: held for axis, held in review.labels.items() if held is not None}
            review = replace(review, labels={**earlier.labels, **judged})
            if review.text is None:
                review = replace(review, title=earlier.title, text=earlier.text)
        found[place] = review
    yield from found.values()
