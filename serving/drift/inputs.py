"""Inputs: what a user names as one side of the comparison, to a Sample."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from data.columns import Columns
from data.privacy.watch_list import WatchList
from data.readers import read_reports
from data.report import BadRow, Report
from data.taxonomy import Taxonomy
from model.drift.measure import measure, of_total
from model.drift.sample import SUFFIX, Sample
from model.drift.tagged import is_tagged, read_tagged
from model.tagger import Tagger


@dataclass(frozen=True)
class Inputs:
    """How sides are read.

    Attributes:
        tagger: loads the Tagger when reports have to be read.
        taxonomy: loads the taxonomy of the model when its predictions have to be read.
        most: reports of a file that are measured, drawn at random; 0 is all.
        columns: headings named by the user.
        sheet: of a workbook; None is the first that can be read.
        told: gets each message about a row that cannot be read.
        seed: of the draw.
        names: the watch list; reports that name one of these are not read.
    """

    tagger: Callable[[], Tagger]
    taxonomy: Callable[[], Taxonomy]
    most: int = 5000
    columns: Columns | None = None
    sheet: str | None = None
    told: Callable[[str], None] = lambda line: None
    seed: int = 0
    names: WatchList | None = None

    def open(self, path: Path) -> Sample:
        """Read kept figures, predictions, or reports that are tagged on the way.

        Raises:
            DataError: the file cannot be read.
            BrokenExport: the Export cannot be used.
        """
        if path.suffix.lower() == SUFFIX and path.is_file():
            return Sample.load(path)
        if is_tagged(path):
            return read_tagged(path, self.taxonomy())
        return self._measured(path)

    def _measured(self, path: Path) -> Sample:
        tagger = self.tagger()
        drawn, total, rejected = self._draw(self._read(path))
        return of_total(measure(tagger, drawn, self.seed), total, rejected)

    def _read(self, path: Path) -> Iterator[Report | BadRow]:
        by_hand = 0
        for row in read_reports(path, self.columns, sheet=self.sheet):
            if self.names is not None and isinstance(row, Report) and self.names.meets(row):
                by_hand += 1
            else:
                yield row
        if by_hand:
            self.told(f"{path.name}：涉及名单的 {by_hand} 件没有打分，也没有计入，请由人办理。")

    def _draw(self, rows: Iterable[Report | BadRow]) -> tuple[list[Report], int, int]:
        """Draw at most so many reports evenly from a stream (reservoir sampling); also count it."""
        dice, total, rejected = random.Random(self.seed), 0, 0
        kept: list[Report] = []
        for row in rows:
            if isinstance(row, BadRow):
                rejected += 1
                self.told(row.message)
                continue
            total += 1
            if not self.most or len(kept) < self.most:
                kept.append(row)
            elif (place := dice.randrange(total)) < self.most:
                kept[place] = row
        return kept, total, rejected
