"""Tagger: reports to predictions. The only inference path: command line, service, bulk and evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.report import Report
from model.decide import Decided
from model.encode import BODY, TITLE, Encoder, pad_windows
from model.engine import Engine
from model.evidence import find_evidence, token_sums
from model.export import DEFAULT, GRAPH, SCOPE, TOKENIZER, WIDE, Export
from model.matters import find_matters
from model.nearest import Cases
from model.occlusion import Occlusion
from model.prediction import Evidence, Matters, Prediction, Tag
from model.scope import Scope
from model.wide import Wide
from model.work import Job, Work, attention, by_token, pooled

Floats = NDArray[np.float32]
EvidenceFor = Literal["misconduct", "all", "none", "careful"]
"""On which axes evidence is given; `careful`: on every axis, by deletion (model/occlusion.py)."""
BUDGET = 1024  # padded tokens in one call of the engine, at least: larger calls leave a core's cache
PER_THREAD = 512  # where there are many threads, each should have so many of them
CHUNK = 512  # reports worked on at a time: enough to sort by length, little enough for memory


class Tagger:
    """Tags reports with one Export; safe to call from several threads.

    `tag` and `stream` do all of it. A scheduler that mixes the windows of many requests calls their three
    steps itself: `begin` cuts reports into windows, `read` runs some windows, of whichever reports, in one
    call of the engine, and `finish` tells reports of which every window has been read.
    """

    def __init__(
        self,
        export: Export,
        threads: int = 0,
        max_tokens: int = 0,
        budget: int = 0,
        engine: Engine | None = None,
    ) -> None:
        """Load the graph.

        Args:
            threads: of the engine; 0: one per usable core.
            max_tokens: tokens of a report that are read at most; 0 reads all.
            budget: padded tokens in one call of the engine; 0: as many as its threads read quickest.
            engine: what has loaded the graph already; by default the one that runs everywhere.

        Raises:
            ValueError: the budget is smaller than one window.
        """
        if budget and budget < export.window:
            raise ValueError(f"token budget {budget} is smaller than one window of {export.window} tokens")
        self.export = export
        self.encoder = Encoder.from_file(
            export.folder / TOKENIZER, export.window, export.overlap, max_tokens, export.blind
        )
        self.engine = engine or Engine(export.folder / GRAPH, threads)
        self.budget = budget or max(BUDGET, PER_THREAD * self.engine.threads, export.window)
        wide = export.folder / WIDE
        self.wide = Wide.load(wide) if wide.is_file() else None
        scope = export.folder / SCOPE
        self.scope = Scope.load(scope) if scope.is_file() else None  # None: everything is taken for a report
        self._explained = export.taxonomy.explained
        self.cases: Cases | None = None  # where set, every prediction names the nearest of them

    @classmethod
    def load(cls, folder: Path | str = DEFAULT, threads: int = 0, max_tokens: int = 0) -> Tagger:
        """Load an Export's folder, the one that ships by default.

        Raises:
            BrokenExport: see Export.load.
        """
        return cls(Export.load(folder), threads, max_tokens)

    def tag(
        self, reports: Sequence[Report], evidence: EvidenceFor = "misconduct", matters: bool = False
    ) -> list[Prediction]:
        """Tag reports, in order.

        Args:
            evidence: "misconduct" gives evidence on the screened axes (misconduct in the taxonomy that ships;
                every axis where none is screened), "all" on every axis, "none" on none, "careful" on every
                axis by deleting each clause in turn, which takes many times as long.
            matters: tell also what each sentence speaks of, and whether a letter holds several matters.
        """
        return list(self.stream(reports, evidence, matters))

    def stream(
        self, reports: Iterable[Report], evidence: EvidenceFor = "misconduct", matters: bool = False
    ) -> Iterator[Prediction]:
        """Tag a stream of reports of any length, in order, in constant memory."""
        for works, logits in self.examine(reports):
            yield from self._decide(works, logits, evidence, matters)

    def examine(self, reports: Iterable[Report]) -> Iterator[tuple[list[Work], Floats]]:
        """Read a stream; give chunk by chunk the Works, in order, and their uncalibrated logits."""
        source = iter(reports)
        while chunk := list(islice(source, CHUNK)):
            works = self._run(chunk)
            yield works, self._logits(works)

    def logits(self, reports: Sequence[Report]) -> Floats:
        """Uncalibrated logits [reports, labels] in taxonomy order, for training's own checks."""
        tables = []
        for start in range(0, len(reports), CHUNK):
            tables.append(self._logits(self._run(reports[start : start + CHUNK])))
        labels = sum(len(axis.labels) for axis in self.export.taxonomy.axes)
        return np.concatenate(tables) if tables else np.zeros((0, labels), dtype=np.float32)

    def scores(self, reports: Sequence[Report]) -> Floats:
        """Calibrated scores [reports, labels] in taxonomy order."""
        return self._scores(self.logits(reports))

    def scored(
        self, reports: Iterable[Report], evidence: EvidenceFor = "none"
    ) -> Iterator[tuple[Floats, list[Prediction]]]:
        """Read a stream once; give chunk by chunk calibrated scores [reports, labels], and predictions."""
        for works, logits in self.examine(reports):
            yield self._scores(logits), list(self._decide(works, logits, evidence, matters=False))

    def scores_and_values(self, reports: Sequence[Report]) -> tuple[Floats, Floats]:
        """Calibrated scores, and the encoder's view of each report, each [reports, labels].

        The view is the values that the head pools for each label, without the wide part: all that an Export
        tells of the encoder's states. Reports that it takes for alike lie near each other.
        """
        logits, values = [], []
        for start in range(0, len(reports), CHUNK):
            works = self._run(reports[start : start + CHUNK])
            logits.append(self._logits(works))
            values.append(np.stack([pooled(work) for work in works]))
        if not logits:
            return self.scores(reports), self.logits(reports)
        return self._scores(np.concatenate(logits)), np.concatenate(values)

    def _scores(self, logits: Floats) -> Floats:
        parts = [
            self.export.decisions[axis.id].scores(logits[:, columns], axis.kind)
            for axis, columns in self.export.taxonomy.columns()
        ]
        return np.concatenate(parts, axis=1)

    def begin(self, reports: Sequence[Report]) -> list[Work]:
        """Clean reports and cut them into windows, in order; runs nothing yet."""
        return [
            Work.unread(report, encoded, self.encoder.windows(encoded))
            for report, encoded in zip(reports, self.encoder.encode(reports), strict=True)
        ]

    def read(self, jobs: Sequence[Job]) -> None:
        """Run windows, of any reports, in one call of the engine, and keep in each Work what came out."""
        ids, mask, counted = pad_windows([work.windows[number] for work, number in jobs], self.encoder.pad)
        scores, values = self.engine.run(ids, mask)
        for row, (work, number) in enumerate(jobs):
            size = work.windows[number].ids.size
            kept = counted[row, :size]
            work.scores[number] = scores[row, :size][kept]
            work.values[number] = values[row, :size][kept]

    def batches(self, works: Sequence[Work]) -> Iterator[list[Job]]:
        """Every window of these reports, sorted by length and cut into calls of `read`."""
        jobs = [Job(work, number) for work in works for number in range(len(work.windows))]
        return _batches(sorted(jobs, key=lambda job: job.tokens), self.budget)

    def finish(
        self, works: Sequence[Work], evidence: EvidenceFor = "misconduct", matters: bool = False
    ) -> list[Prediction]:
        """Predictions of reports of which every window has been read, in order."""
        return list(self._decide(works, self._logits(works), evidence, matters)) if works else []

    def _run(self, reports: Sequence[Report]) -> list[Work]:
        works = self.begin(reports)
        for batch in self.batches(works):
            self.read(batch)
        return works

    def _logits(self, works: Sequence[Work]) -> Floats:
        rows = []
        for work in works:
            row = pooled(work)
            if self.wide is not None:
                work.linear = self.wide.logits(work.encoded.plain)
                row = row + work.linear
            rows.append(row)
        return np.stack(rows).astype(np.float32)

    def decide(self, works: Sequence[Work], logits: Floats) -> Decided:
        """Say which tags reports get that have been read, and why a person should look at them."""
        scores, given, doubtful = [], [], []
        for axis, column in self.export.taxonomy.columns():
            decision = self.export.decisions[axis.id]
            scores.append(decision.scores(logits[:, column], axis.kind))
            given.append(decision.given(scores[-1], axis.kind))
            doubtful.append([f"{axis.id}:{r}" if r else "" for r in decision.doubtful(scores[-1], given[-1])])
        tags = np.concatenate(given, axis=1)
        outside, reasons = [], []
        for row, work in enumerate(works):
            outside.append(self.scope.outside(work.encoded.plain) if self.scope is not None else "")
            if outside[-1]:
                tags[row] = False
                why = [outside[-1]]
            else:
                why = [r[row] for r in doubtful if r[row]] + self._doubts(work, tags[row])
            if work.encoded.unread_chars:
                why.append("unread")
            reasons.append(tuple(why))
        return Decided(np.concatenate(scores, axis=1), tags, tuple(outside), tuple(reasons))

    def _decide(
        self, works: Sequence[Work], logits: Floats, evidence: EvidenceFor, matters: bool
    ) -> Iterator[Prediction]:
        decided = self.decide(works, logits)
        for row, work in enumerate(works):
            if decided.outside[row]:
                yield self._untagged(work, decided.reasons[row], matters)
                continue
            given = decided.given[row]
            wanted = [
                column.start + i
                for axis, column in self.export.taxonomy.columns()
                for i in np.flatnonzero(given[column]).tolist()
                if evidence in ("all", "careful") or (evidence == "misconduct" and axis.id in self._explained)
            ]
            explain = self.losses if evidence == "careful" else self.contributions
            parts = explain(work, wanted) if wanted else None
            tags = {}
            for axis, column in self.export.taxonomy.columns():
                found = []
                for i in np.flatnonzero(given[column]).tolist():
                    spans: tuple[Evidence, ...] = ()
                    if parts is not None and column.start + i in wanted:
                        spans = find_evidence(
                            work.report, work.encoded, parts[:, wanted.index(column.start + i)]
                        )
                    label, score = axis.labels[i], float(decided.scores[row, column.start + i])
                    found.append(Tag(label.id, label.name, score, spans))
                tags[axis.id] = tuple(sorted(found, key=lambda tag: -tag.score))
            why = decided.reasons[row]
            yield Prediction(
                work.report.id, tags, bool(why), work.encoded.unread_chars, self.export.model, why,
                self.cases.nearest(pooled(work)) if self.cases is not None else (),
                find_matters(work, self.wide, self.export) if matters else None,
            )  # fmt: skip

    def _untagged(self, work: Work, reasons: tuple[str, ...], matters: bool) -> Prediction:
        """The answer to a text that is no petition: no tags, and a person looks at it."""
        return Prediction(
            work.report.id, {axis.id: () for axis in self.export.taxonomy.axes}, True,
            work.encoded.unread_chars, self.export.model, reasons,
            matters=Matters(False, ()) if matters else None,
        )  # fmt: skip

    def _doubts(self, work: Work, given: NDArray[np.bool_]) -> list[str]:
        """Reasons to doubt tags that were given, with their axes, each once; given: [labels]."""
        if self.scope is None:
            return []
        doubts = self.scope.doubts(given, work.linear)
        found = [
            f"{axis.id}:{reason}"
            for axis, column in self.export.taxonomy.columns()
            for reason in doubts[column]
            if reason
        ]
        return list(dict.fromkeys(found))

    def outside(self, reports: Sequence[Report]) -> list[str]:
        """Per report: why it is no petition, "" where it may be one."""
        if self.scope is None:
            return [""] * len(reports)
        return [self.scope.outside(encoded.plain) for encoded in self.encoder.encode(reports)]

    def contributions(self, work: Work, labels: list[int]) -> Floats:
        """Each token's exact part of the logits [tokens, chosen labels] of a report that has been read.

        Args:
            labels: columns in taxonomy order.
        """
        columns = np.asarray(labels)
        mixed = (attention(work) * np.concatenate(work.values))[:, columns]
        result = by_token(work, mixed)
        if self.wide is not None:
            plain = work.encoded.plain
            by_char = self.wide.contributions(plain, columns)
            title = len(work.encoded.title.text)
            cut = title + 1 if title else 0
            result = result + token_sums(work.encoded, {TITLE: by_char[:title], BODY: by_char[cut:]})
        return result

    def losses(self, work: Work, labels: list[int]) -> Floats:
        """What the logits lose without each token's clause [tokens, chosen labels] (model/occlusion.py).

        What `doubt` planned must have been read; what it did not is planned and read here.
        """
        speaks = self.contributions(work, labels)
        if work.occlusion is None:
            work.occlusion = Occlusion.of(work, speaks)
            # One report's windows at a time: neighbours change no figure, and memory stays small.
            for batch in self.batches([work.occlusion.trials]):
                self.read(batch)
        return work.occlusion.parts(speaks, labels, self.wide)

    def doubt(self, works: Sequence[Work]) -> list[Work]:
        """Plan careful evidence of reports that have been read: the windows to read before `finish`, in a
        Work for each report, in order; no window where a report has no tag."""
        logits = self._logits(works)
        given = np.concatenate(
            [
                self.export.decisions[axis.id].given(
                    self.export.decisions[axis.id].scores(logits[:, column], axis.kind), axis.kind
                )
                for axis, column in self.export.taxonomy.columns()
            ],
            axis=1,
        )
        trials = []
        for work, labels in zip(works, given, strict=True):
            speaks = self.contributions(work, np.flatnonzero(labels).tolist())
            work.occlusion = Occlusion.of(work, speaks)
            trials.append(work.occlusion.trials)
        return trials


def _batches(jobs: list[Job], budget: int) -> Iterator[list[Job]]:
    """Cut windows sorted by length into batches of at most `budget` padded tokens."""
    batch: list[Job] = []
    for job in jobs:
        if batch and (len(batch) + 1) * job.tokens > budget:
            yield batch
            batch = []
        batch.append(job)
    if batch:
        yield batch
