"""Export: the review log as lines of labelled JSONL."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from data.audit import Action
from data.columns import Columns
from data.imports.originals import Originals
from data.privacy.masked_report import Masking, ReportMasker
from data.privacy.masker import Masker, Style
from data.readers import read_reports
from data.report import Report
from data.reviews.effect import latest, standing
from data.reviews.line import to_line
from data.reviews.log import ReviewLog
from serving.protection import Protection
from serving.whole_file import open_text, whole_file


def export_reviews(
    place: str, target: Path, reports: Sequence[Path], every_row: bool, protection: Protection
) -> tuple[int, int]:
    """Write reviews; give the number of lines, and of those that should have words and have none.

    Words that come from the reports are covered by as many stars unless the protection lets them be.

    Args:
        place: SQLite file or URL.
        target: the file to write.
        reports: files of the reports as received.
        every_row: reviews and retractions as they are, instead of the last word on each report.
        protection: whether identifiers are covered, and where it is recorded.

    Raises:
        BadReviewLog: the log cannot be read. Nothing is written.
        DataError: a file of reports cannot be read. Nothing is written.
        OSError, BadAudit: the output or the audit log cannot be written. Nothing of it is left.
    """
    rows = (row for file in reports for row in read_reports(file, Columns()))
    originals = Originals(row for row in rows if isinstance(row, Report))
    written = without = 0
    masker = None if protection.masking is Masking.none else ReportMasker(Masker(style=Style.stars))
    with ExitStack() as stack:
        log = stack.enter_context(ReviewLog(place))
        out = stack.enter_context(open_text(stack.enter_context(whole_file(target))))
        tally = stack.enter_context(protection.recorded(Action.export))
        for review in log.read() if every_row else latest(standing(log.read())):
            report = originals.by_hash(review.report_hash, review.report_id)
            shown = masker.mask(report).report if masker is not None and report is not None else report
            out.write(to_line(review, shown) + "\n")
            tally.count = written = written + 1
            without += report is None and review.text is None and not review.undoes
    return written, without
