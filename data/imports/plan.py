"""Plan: what the user said about an import, beyond the files."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from data.columns import Columns
from data.imports.names import Names
from data.imports.originals import Originals
from data.taxonomy import Taxonomy


class Blank(StrEnum):
    """What a blank cell of a label column means."""

    unlabelled = "unlabelled"  # nobody said anything: no loss on this axis
    none = "none"  # somebody looked, and nothing holds
    before = "before"  # the model's tags beside it are right


@dataclass(frozen=True)
class Plan:
    """How files of labels are to be read.

    Attributes:
        names: what labels are called.
        columns: headings of the report's fields named by the user.
        sheet: of a workbook; None is the first that can be read.
        labels: (axis id or ANY, heading or question) that the user named; none: they are found by name.
        annotator: the column that says who labelled; None: it is found by its heading.
        blank: what a blank cell means.
        reports: the reports as received, for files that hold no texts.
        key: file with the key of review logs; None: it lies beside a SQLite file.
        each_reviewer: a review log gives the reading of each reviewer, to be voted on; otherwise a later
            correction wins over all that was said before.
    """

    names: Names
    columns: Columns = field(default_factory=Columns)
    sheet: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    annotator: str | None = None
    blank: Blank = Blank.unlabelled
    reports: Originals | None = field(default=None, repr=False)
    each_reviewer: bool = False
    key: Path | None = None

    @property
    def taxonomy(self) -> Taxonomy:
        """The labels there are."""
        return self.names.taxonomy
