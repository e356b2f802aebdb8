"""Export: the review log as lines of labelled JSONL."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from data.audit import Action
from data.columns import Columns
from data.imports.originals import Originals
from data.privacy.masked_report import Masking, ReportMasker
from data.privacy.masker import Style
from data.privacy.officials import Officials
from data.readers import read_reports
from data.report import Report
from data.reviews.effect import latest, standing
from data.reviews.key import ReviewKey
from data.reviews.line import to_line
from data.reviews.log import ReviewLog
from data.reviews.review import Review
from serving.protection import Protection
from serving.whole_file import open_text, whole_file


def export_reviews(
    place: str, target: Path, reports: Sequence[Path], every_row: bool, protection: Protection, key: Path
) -> tuple[int, int]:
    """Write reviews; give the number of lines, and of those that should have words and have none.

    Words that come from the reports are covered by as many stars unless the protection lets them be, and no
    hash goes out that is not keyed: by a plain one what is under the stars could be tried out.

    Args:
        place: SQLite file or URL.
        target: the file to write.
        reports: files of the reports as received.
        every_row: reviews and retractions as they are, instead of the last word on each report.
        protection: whether identifiers are covered, whose reports get no words, where it is recorded.
        key: file with the key of the log's hashes; made where there is none.

    Raises:
        BadReviewLog: the log cannot be read, or has another key. Nothing is written.
        DataError: a file of reports cannot be read. Nothing is written.
        OSError, BadAudit: the output or the audit log cannot be written. Nothing of it is left.
    """
    received = (row for file in reports for row in read_reports(file, Columns()))
    originals = Originals(row for row in received if isinstance(row, Report))
    written = without = 0
    guard = protection.guard(stored=True)
    masker = None if protection.masking is Masking.none else ReportMasker(protection.masker(Style.stars))
    with ExitStack() as stack:
        log = stack.enter_context(ReviewLog(place))
        out = stack.enter_context(open_text(stack.enter_context(whole_file(target))))
        tally = stack.enter_context(protection.recorded(Action.export))
        log.check()
        secret = ReviewKey.of_log(key, log.keys())
        rows = (replace(row, report_hash=secret.keyed(row.report_hash)) for row in log.read())
        for review in rows if every_row else latest(standing(rows)):
            report = originals.by_hash(review.report_hash, review.report_id, secret)
            kept = report or Report(review.report_id, review.text or "", review.title or "")
            if guard.withholds(kept):
                report, review = None, replace(review, title=None, text=None, note="")
            elif guard.withholds(Report("", review.note)):
                review = replace(review, note="")
            if masker is not None and protection.officials is not Officials.keep:
                review = _covered(review, masker)  # the log may have kept their names
            shown = masker.mask(report).report if masker is not None and report is not None else report
            out.write(to_line(review, shown) + "\n")
            tally.count = written = written + 1
            without += report is None and review.text is None and not review.undoes
    return written, without


def _covered(review: Review, masker: ReportMasker) -> Review:
    """A review whose kept words are covered once more; each character keeps its place."""
    note = masker.words(review.note) if review.note else ""
    if review.text is None:
        return replace(review, note=note)
    kept = masker.mask(Report(review.report_id, review.text, review.title or "")).report
    return replace(review, title=kept.title, text=kept.text, note=note)
