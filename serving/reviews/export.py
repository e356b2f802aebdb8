"""Export: the review log as lines of labelled JSONL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from data.columns import Columns
from data.imports.originals import Originals
from data.readers import read_reports
from data.report import Report
from data.reviews.effect import latest, standing
from data.reviews.line import to_line
from data.reviews.log import ReviewLog
from serving.whole_file import open_text, whole_file


def export_reviews(place: str, target: Path, reports: Sequence[Path], every_row: bool) -> tuple[int, int]:
    """Write reviews; give the number of lines, and of those that should have words and have none.

    Args:
        place: SQLite file or URL.
        target: the file to write.
        reports: files of the reports as received.
        every_row: reviews and retractions as they are, instead of the last word on each report.

    Raises:
        BadReviewLog: the log cannot be read. Nothing is written.
        DataError: a file of reports cannot be read. Nothing is written.
        OSError: the output cannot be written. Nothing of it is left.
    """
    rows = (row for file in reports for row in read_reports(file, Columns()))
    originals = Originals(row for row in rows if isinstance(row, Report))
    written = without = 0
    with ReviewLog(place) as log, whole_file(target) as part, open_text(part) as out:
        for review in log.read() if every_row else latest(standing(log.read())):
            report = originals.by_hash(review.report_hash, review.report_id)
            out.write(to_line(review, report) + "\n")
            written += 1
            without += report is None and review.text is None and not review.undoes
    return written, without
