"""TrainedOn: the labelled reports that a run learns from, and how many rows are not among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.blind import words_read
from data.labelled import LabelledReport, read_labelled
from data.report import Report
from data.survey.alike import letters
from data.taxonomy import Taxonomy


@dataclass(frozen=True)
class TrainedOn:
    """Labelled reports, each once.

    Attributes:
        rows: in the order in which each report came first.
        replaced: rows in whose place a later row of the same report is learned from.
        held_out: rows of reports that stand in dev.
    """

    rows: Sequence[LabelledReport]
    replaced: int
    held_out: int

    def said(self) -> str:
        """The numbers in Chinese."""
        read = len(self.rows) + self.replaced + self.held_out
        more = f"，同一件后面又有标注、以后面为准的 {self.replaced} 件" if self.replaced else ""
        more += f"，开发集里也有、不用于训练的 {self.held_out} 件" if self.held_out else ""
        return f"标注数据 {read} 件：用于训练 {len(self.rows)} 件{more}。"


def read_train(files: Iterable[Path], dev: Sequence[LabelledReport], taxonomy: Taxonomy) -> TrainedOn:
    """Read labelled files without the reports of dev; of a report that comes again the later row counts.

    Two rows are one report where they have one id and the same words, identifiers in them covered or not. An
    id alone says nothing: offices count from 1 every year, and a row without one is called after its file
    and line. A report of dev is known under any id.
    """
    given = [row for path in files for row in read_labelled(path, taxonomy)]
    often = Counter(row.report.id for row in (*dev, *given))

    def key(report: Report) -> tuple[str, str]:
        return report.id, words_read(report) if often[report.id] > 1 else ""

    held_out = {key(row.report) for row in dev}
    keyed = ((key(row.report), row) for row in without(given, dev))
    apart = [(one, row) for one, row in keyed if one not in held_out]
    found = dict(apart)
    return TrainedOn([*found.values()], len(apart) - len(found), len(given) - len(apart))


def without(rows: Iterable[LabelledReport], dev: Iterable[LabelledReport]) -> list[LabelledReport]:
    """The rows whose words are those of no report of dev, whatever their ids."""
    held_out = {_words(row.report) for row in dev}
    return [row for row in rows if _words(row.report) not in held_out]


def _words(report: Report) -> str:
    return letters(f"{report.title}\n{report.text}")
