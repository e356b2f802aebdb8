"""MaskedReport: a report with every field of it covered; what is stored or shown in the report's place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from data.privacy.cells import CellMasker
from data.privacy.entity import Entity
from data.privacy.headings import entity_of
from data.privacy.masker import Masked, Masker
from data.report import Report

ID_HEADING = "编号"
_BETWEEN = "\n"


class Masking(StrEnum):
    """How much of tagging is masked; each covers what those before it do."""

    none = "none"
    """Nothing is."""
    output = "output"
    """What comes out: the report's own fields, and the words of the evidence. Tags come from the report as
    received."""
    input = "input"
    """The report is masked before it is tagged, so that the model never reads an identifier."""

    def stricter(self, other: Masking) -> Masking:
        """Whichever of two covers more."""
        order = list(Masking)
        return max(self, other, key=order.index)


@dataclass(frozen=True, slots=True)
class MaskedReport:
    """A masked report.

    Attributes:
        report: title, text and every other field covered; its id too, where that is an identifier.
        title, text: the two that evidence points into, with where the covers stand.
    """

    report: Report
    title: Masked
    text: Masked

    def part(self, name: str) -> Masked:
        """The masked title or text, by the name that Evidence has for it."""
        return self.title if name == "title" else self.text


class ReportMasker:
    """Masks reports before they are stored or shown: bulk outputs, the review log, files of worst cases.

    One masker serves one file or one service; it may be shared by threads as long as nobody reads `counts`.
    """

    def __init__(self, masker: Masker | None = None) -> None:
        """Take a masker; by default all classes are covered but officials and posts."""
        self._cells = CellMasker(masker or Masker())

    @property
    def counts(self) -> Counter[Entity]:
        """What was covered so far, title and text among it, per class."""
        return self._cells.counts

    def mask(self, report: Report) -> MaskedReport:
        """Cover a whole report; other columns by their headings, as `petition mask` does."""
        cells = self._cells.knowing((*report.cells.items(), *report.extra.items()))
        title, text = _together(cells.masker, report)
        for masked in (title, text):
            cells.counts.update(masked.counts())
        # Every field, those too that a Report may get one day.
        rest = {
            field.name: _rest(cells, getattr(report, field.name))
            for field in fields(report)
            if field.name not in ("id", "title", "text")
        }
        return MaskedReport(Report(self.id(report), text.text, title.text, **rest), title, text)

    def id(self, report: Report) -> str:
        """A report's id: an office's own number stays; one that is a resident's identity number is covered.

        An id that a user took from a column of something else (证件号, 微信) is covered as that column is.
        """
        came = [heading for heading, cell in report.cells.items() if cell.strip() == report.id]
        return self._cells.cell(next(filter(entity_of, came), came[0] if came else ID_HEADING), report.id)

    def words(self, text: str) -> str:
        """Cover any other text, such as an officer's remark."""
        return self._cells.text(text)


def _together(masker: Masker, report: Report) -> tuple[Masked, Masked]:
    """Title and text, read as one: a name that one of them tells (我叫…) is covered in the other too."""
    border = len(report.title) + len(_BETWEEN)
    found = masker.find(f"{report.title}{_BETWEEN}{report.text}")
    title = [replace(one, end=min(one.end, border - 1)) for one in found if one.start < border - 1]
    text = [
        replace(one, start=max(0, one.start - border), end=one.end - border)
        for one in found
        if one.end > border
    ]
    return masker.mask(report.title, title), masker.mask(report.text, text)


def _rest(cells: CellMasker, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {heading: cells.cell(heading, cell) for heading, cell in value.items()}
    return cells.text(value) if isinstance(value, str) else value
