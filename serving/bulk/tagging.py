"""Tagging: a chunk of rows to the records of a part. A function of its arguments alone, so that any process,
on any machine with the same Export, makes the same part of the same chunk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

from data.report import BadRow, Report
from model.guard import Case, Guard, by_hand
from model.prediction import Prediction
from model.tagger import EvidenceFor, Tagger
from model.work import Job, Work
from serving.bulk.chunks import Chunk
from serving.bulk.faults import EngineFault
from serving.bulk.inputs import Line
from serving.bulk.record import FAILED, Record, rejected, tagged, text_hash, with_words
from serving.bulk.single import Failed, each
from serving.wording import matter_lines

MANY = 20  # reports of different words: where the engine fails on all of so many, none of them is to blame
R = TypeVar("R")


class Known(Protocol):
    """Tags of earlier runs."""

    def find(self, hashed: str) -> Mapping[str, Any] | None:
        """What `record.without_words` kept of a report with this text hash, or None."""


@dataclass(frozen=True)
class Stamp:
    """What every record of a job is told.

    Attributes:
        time: when its tags were made: one time for the whole job, so that a part made twice is the same.
        evidence: on which axes.
        matters: what each sentence speaks of is told too.
    """

    time: str
    evidence: EvidenceFor
    matters: bool = False


@dataclass(frozen=True)
class Begun:
    """A chunk whose reports are cut into windows.

    Attributes:
        cases: place in the chunk -> what may be read and stored of the report there.
        failed: place -> what came of a report that could not be worked on; `read` and `finish` add to them.
        hashes: place -> its text hash; none for one that a person handles.
        kept: place -> what was known of it.
        works: place -> its windows; of the others that may be read, in order.
    """

    chunk: Chunk
    cases: Mapping[int, Case]
    failed: dict[int, Failed]
    hashes: Mapping[int, str]
    kept: Mapping[int, Mapping[str, Any]]
    works: Mapping[int, Work]


@dataclass(frozen=True)
class ChunkTagger:
    """Tags chunks; its three steps may run at once on three chunks.

    Batches are made of one chunk's windows, sorted by length: which other chunks are under way changes
    nothing in the figures.
    """

    tagger: Tagger
    stamp: Stamp
    known: Known | None = None
    guard: Guard = field(default_factory=Guard)

    def tag(self, chunk: Chunk) -> list[Record]:
        """Do all three steps."""
        return self.finish(self.read(self.begin(chunk)))

    def begin(self, chunk: Chunk) -> Begun:
        """Clean and cut the reports that may be read and are not known."""
        failed: dict[int, Failed] = {}
        hashes, kept, unknown = {}, {}, {}
        rows = {place: line.row for place, line in enumerate(chunk.lines) if isinstance(line.row, Report)}
        admitted = each(lambda found: [self.guard.admit(row) for row in found], list(rows.values()))
        cases = _done(rows, admitted, failed)
        for place, case in cases.items():
            if case.report is None:
                continue
            # Of the report as it is stored: see Settings.keeps_tags.
            hashes[place] = "" if self.guard.wordless else text_hash(case.shown)
            found = self.known.find(hashes[place]) if self.known else None
            if found is None:
                unknown[place] = case.report
            else:
                kept[place] = found
        works = _done(unknown, each(self.tagger.begin, list(unknown.values())), failed)
        return Begun(chunk, cases, failed, hashes, kept, works)

    def read(self, begun: Begun) -> Begun:
        """Run the engine.

        Raises:
            EngineFault: it fails on every one of many reports.
        """
        places = {work: place for place, work in begun.works.items()}
        for batch in self.tagger.batches(list(begun.works.values())):
            for job, done in zip(batch, each(self._run, batch), strict=True):
                if isinstance(done, Failed):
                    begun.failed[places[job.work]] = done
        if begun.works and begun.failed.keys() >= begun.works.keys():
            _check_engine(begun)
        return begun

    def finish(self, begun: Begun) -> list[Record]:
        """Decide, explain, and make the records in the order of the chunk."""
        stamp, failed = self.stamp, begun.failed
        works = {place: work for place, work in begun.works.items() if place not in failed}
        told = each(
            lambda works: self.tagger.finish(works, stamp.evidence, stamp.matters), list(works.values())
        )
        predictions = _done(works, told, failed)
        ready = [place for place in begun.cases if place not in failed]
        records = _done(ready, each(partial(self._records, begun, predictions), ready), failed)
        return [
            records.get(place) or self._reject(line, failed.get(place))
            for place, line in enumerate(begun.chunk.lines)
        ]

    def _run(self, jobs: list[Job]) -> list[Job]:
        self.tagger.read(jobs)
        return jobs

    def _records(
        self, begun: Begun, predictions: Mapping[int, Prediction], places: Sequence[int]
    ) -> list[Record]:
        return [self._record(begun, place, predictions.get(place)) for place in places]

    def _record(self, begun: Begun, place: int, made: Prediction | None) -> Record:
        line, case, time = begun.chunk.lines[place], begun.cases[place], self.stamp.time
        assert isinstance(line.row, Report)  # of another row there is no case
        said: list[tuple[str, str]] = []
        if case.report is None:
            shape = by_hand(case.shown.id, self.tagger.export).to_dict()
        elif place in begun.kept:
            known = begun.kept[place]
            shape, time = with_words(known, line.row), known["time"]
            if self.stamp.matters:
                said = matter_lines(case.shown, Prediction.from_dict(shape))
        else:
            assert made is not None  # it was begun, and has not failed
            shape = self.guard.show(case, made).prediction.to_dict()
            if self.stamp.matters:
                said = matter_lines(*self.guard.show(case, made, as_shown=True))
        cells = self._cells(line.row, case)
        hashed = begun.hashes.get(place, "")
        return tagged(line, case.shown, cells, shape, hashed, time, said, place in begun.kept)

    def _reject(self, line: Line, failed: Failed | None) -> Record:
        bad = line.row if isinstance(line.row, BadRow) else None
        if bad is None:
            assert failed is not None  # else it would have a record
            bad = _unreadable(line, failed)
        return rejected(bad, raw=self.guard.idle)

    def _cells(self, received: Report, case: Case) -> Mapping[str, str]:
        if self.guard.wordless:
            return {"id": case.shown.id}
        if case.report is None:
            # Nothing is kept but the id, and that stays in its column.
            return {
                heading: case.shown.id
                for heading, cell in received.cells.items()
                if cell.strip() == received.id
            }
        return case.shown.cells


def _unreadable(line: Line, failed: Failed) -> BadRow:
    """A row that no reader rejected and that the tagger cannot work on."""
    said = f"打标时程序出错（{failed.error}），其余各行不受影响；请把这一行的行号告诉维护人员"
    cells = line.row.cells if isinstance(line.row, Report) else line.row.raw
    place = f"文件 {line.file} 第 {line.row.row} 行"
    return BadRow(line.file, line.row.row, FAILED, f"{place}：{said}。", dict(cells))


def _done(places: Iterable[int], found: Sequence[R | Failed], failed: dict[int, Failed]) -> dict[int, R]:
    """What came of each place; what failed goes to `failed`."""
    done: dict[int, R] = {}
    for place, one in zip(places, found, strict=True):
        if isinstance(one, Failed):
            failed[place] = one
        else:
            done[place] = one
    return done


def _check_engine(begun: Begun) -> None:
    """Of reports that all failed, tell a copy of a bad one from an engine that reads none.

    Raises:
        EngineFault: they are many.
    """
    texts = {work.report.text for work in begun.works.values()}
    if len(texts) >= MANY:
        error = begun.failed[next(iter(begun.works))].error
        raise EngineFault(
            f"推理引擎连续 {len(texts)} 件全部出错（{error}），不像是哪一件来件的问题，已停止；"
            "先运行 petition doctor 检查，再用同样的命令继续"
        )
