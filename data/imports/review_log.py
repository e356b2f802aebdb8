"""The service's review log, or its export: retractions are respected, and a later correction wins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from data.imports.objects import objects_of
from data.imports.plan import Plan
from data.imports.reading import Reading
from data.imports.source import Source
from data.intake import Intake, cell_text
from data.readers import MAX_CHARS
from data.report import BadRow, Report
from data.reviews.effect import latest, standing
from data.reviews.key import ReviewKey, key_beside, key_of
from data.reviews.line import from_line, labels_before
from data.reviews.review import Review


def read_reviews(source: Source, plan: Plan) -> Iterator[Reading | BadRow]:
    """Read a SQLite file, a database's URL, or the lines of `petition reviews export`.

    The words come from `plan.reports`, by their hash; failing that, from the log where it keeps them.

    Raises:
        BadReviewLog: the database cannot be read, or `plan.reports` are given and the key is not.
        DataError: what `objects_of` raises.
    """
    rows: list[Review] = []
    if source.place:
        from data.reviews.log import ReviewLog

        with ReviewLog(source.place) as log:
            rows += log.read()
    else:
        for made in _of_lines(source, plan):
            if isinstance(made, BadRow):
                yield made
            else:
                rows.append(made)
    key = _key(source, plan, rows)
    if key is not None:  # so that a report has one hash, whichever version of the program took the review
        rows = [replace(row, report_hash=key.keyed(row.report_hash)) for row in rows]
    for review in latest(standing(rows), by_person=plan.each_reviewer):
        report = _report(review, source, plan, key)
        if isinstance(report, BadRow):
            yield report
            continue
        yield Reading(
            source.name,
            replace(report, extra={}, row=review.number),
            {axis: None if held is None else dict.fromkeys(held, "") for axis, held in review.labels.items()},
            review.reviewer,
            before=labels_before(review),
            source="reviews",
            unsure=review.unsure,
            corrects=not plan.each_reviewer,
        )


def _key(source: Source, plan: Plan, rows: Sequence[Review]) -> ReviewKey | None:
    """The log's key, where it is at hand; another log's is none."""
    path = plan.key or key_beside(source.place)
    if path is None or not (plan.key or path.is_file()):
        return None
    key = ReviewKey.load(path)
    return key if all(key_of(row.report_hash) in ("", key.id) for row in rows) else None


def _of_lines(source: Source, plan: Plan) -> Iterator[Review | BadRow]:
    axes = [axis.id for axis in plan.taxonomy.axes]
    for made in objects_of(source):
        if isinstance(made, BadRow):
            yield made
            continue
        row, value = made
        review = from_line(value, axes)
        if review is None:
            advice = "不是 petition reviews export 写出的样子，请重新导出"
            yield Intake(source.name, MAX_CHARS).bad(row, "bad_shape", advice, {"line": cell_text(value)})
        else:
            yield replace(review, number=row)


def _report(review: Review, source: Source, plan: Plan, key: ReviewKey | None) -> Report | BadRow:
    """Give the words that were reviewed."""
    kept = None
    if review.text is not None:
        kept = Report(review.report_id, review.text, review.title or "")
    if plan.reports is not None:
        found = plan.reports.by_hash(review.report_hash, review.report_id, key)
        if found is not None:
            return found
    if kept is not None:
        return kept
    intake, raw = Intake(source.name, MAX_CHARS), {"id": review.report_id}
    if plan.reports is None:
        return intake.bad(review.number, "no_report", "复核库没有存正文，请用 --reports 给出原件", raw)
    if review.report_id in plan.reports:
        advice = "原件里这个编号的内容与复核时的不同，请给出当时的原件"
        return intake.bad(review.number, "other_text", advice, raw)
    return intake.bad(review.number, "no_report", "复核库没有存正文，原件里也没有这一件", raw)
