"""Reading: one person's labels of one report, as the file has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from data.report import Report

ANY = ""
"""In the place of an axis id: these labels are looked for on every axis."""

Given = Mapping[str, Mapping[str, str] | None]
"""Axis id (or ANY) -> label as written -> the words that carry it ("" where not said); None: not labelled."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One person's labels of one report, not yet brought to the taxonomy's ids.

    Attributes:
        file: name of the file, for messages; a member of a zip is "labels.zip/anna.jsonl".
        report: what was labelled; `report.row` is its place in the file.
        given: the labels.
        annotator: who gave them, as the file says; "" where it does not.
        complete: the person looked at the whole report, so an axis that this file labels elsewhere and that
            has nothing here holds nothing, rather than being unlabelled.
        before: axis id -> labels that a model had given, where the file shows them beside the correction.
        source: where the report came from, where the file says so.
        unsure: the person doubted.
        corrects: the person saw what was said before and set it right, so that on the axes labelled here
            this reading alone speaks.
        may_be_draft: the file does not say whether the person had finished.
    """

    file: str
    report: Report
    given: Given = field(hash=False)
    annotator: str = ""
    complete: bool = False
    before: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    source: str = ""
    unsure: bool = False
    corrects: bool = False
    may_be_draft: bool = False

    @property
    def project(self) -> str:
        """The file, or the zip that it lies in: what was labelled together, on the same axes."""
        return self.file.split("/")[0]

    @property
    def own_id(self) -> str:
        """The report's id where the file gave one, else ""."""
        return "" if self.report.id == f"{self.file}:{self.report.row}" else self.report.id
