"""The errors that reading input can end in; all are `DataError`, so that a caller maps them once.

Messages name the file and the place in it and say what to do; they never quote a report's words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class DataError(ValueError):
    """Input that cannot be used as it is; the message says what to change."""


class UnsupportedFile(DataError):
    """A file of a kind that no reader here reads."""


class MissingFile(DataError):
    """A path that does not exist, or is a folder."""


class EmptyFile(DataError):
    """A file or sheet with nothing in it."""


class BrokenFile(DataError):
    """A file that is not what its name says, is damaged, or is locked with a password."""


class SuspiciousFile(DataError):
    """An archive that would unpack to far more than a real workbook does (a zip bomb)."""


class UnknownSheet(DataError):
    """A sheet name that the workbook does not have."""


class UnknownEncoding(DataError):
    """A text file that is neither UTF-8, UTF-16 nor GB18030.

    Attributes:
        offset: 0-based position in the file of the first byte that cannot be read.
    """

    def __init__(self, message: str, offset: int) -> None:
        """Keep the byte offset beside the message."""
        super().__init__(message)
        self.offset = offset


class UnknownColumns(DataError):
    """A table in which no heading can be taken as a needed field.

    Attributes:
        headings: the headings found, left to right.
    """

    def __init__(self, message: str, headings: Sequence[str] = ()) -> None:
        """Keep the headings beside the message."""
        super().__init__(message)
        self.headings = tuple(headings)


class BadTaxonomy(DataError):
    """A taxonomy file that breaks a rule."""


class BadCases(DataError):
    """A file of behaviour cases that cannot be used; names the case, never its words."""


class BadLabelledRow(DataError):
    """A row of labelled data that cannot be read; training data are mended, not skipped."""


class UnknownLabels(DataError):
    """Labels in an import that the taxonomy does not have.

    Attributes:
        counts: (axis id, label as written) -> how often it stands in the file.
    """

    def __init__(self, message: str, counts: Mapping[tuple[str, str], int]) -> None:
        """Keep the counts beside the message."""
        super().__init__(message)
        self.counts = dict(counts)


class NoLabels(DataError):
    """An import in which no row is labelled."""


class BadReviewLog(DataError):
    """A review log that cannot be used."""


class ReviewLogAway(BadReviewLog):
    """A database that is not there, cannot be reached, or does not take what it is given."""


class OldReviewLog(BadReviewLog):
    """A database whose schema is older than this program, or that has none yet."""


class NewReviewLog(BadReviewLog):
    """A database whose schema is newer than this program."""


class BadReviewKey(BadReviewLog):
    """A key of a review log's hashes that is not there, is none, or is another log's."""


class ReviewConflict(DataError):
    """A review that does not go with what is in the log."""


class UnknownReview(DataError):
    """The id of no review."""


class LostLabels(DataError):
    """Labels that have no place in a newer taxonomy, and for which nobody has said what to do."""
