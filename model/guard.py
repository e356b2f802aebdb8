"""Guard: what may be read of a report, and what may be shown of it, around the one inference path.

`stream` does all of it for a file. A scheduler that calls the engine itself asks `admit` before and `show`
after. Whatever stores or shows a report takes it from here, never from the reader.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from data.privacy.masked_report import MaskedReport, Masking, ReportMasker
from data.privacy.masker import Masked
from data.privacy.watch_list import WatchList
from data.report import Report
from model.export import Export
from model.prediction import Evidence, Prediction, Sentence, Tag
from model.tagger import EvidenceFor, Tagger

BY_HAND = "handle_by_hand"
"""Review reason of a report that the watch list kept from being scored or stored."""


class Shown(NamedTuple):
    """A report and its prediction as they may be stored or shown."""

    report: Report
    prediction: Prediction


@dataclass(frozen=True, slots=True)
class Case:
    """One report under a Guard.

    Attributes:
        report: what is read; None where a person is to handle it, and nothing of it is kept but its id.
        shown: the report as it may be shown.
        masked: where something was covered.
        masking: how much is masked.
    """

    report: Report | None
    shown: Report
    masked: MaskedReport | None
    masking: Masking


class Guard:
    """Masking and the watch list for one job or one service; safe to call from several threads."""

    def __init__(
        self,
        masking: Masking = Masking.none,
        watch_list: WatchList | None = None,
        wordless: bool = False,
        masker: ReportMasker | None = None,
    ) -> None:
        """Set up.

        Args:
            masking: how much is masked.
            watch_list: reports that name one of these are answered as BY_HAND, unread.
            wordless: nothing of a report is shown but its id, covered as masking does: no text, no column, no
                evidence.
            masker: by default one that leaves officials and posts.
        """
        self.masking, self.watch_list, self.wordless = masking, watch_list, wordless
        self._masker = masker or ReportMasker()

    @property
    def idle(self) -> bool:
        """Whether it changes nothing."""
        return self.masking is Masking.none and self.watch_list is None and not self.wordless

    def withholds(self, report: Report) -> bool:
        """Whether a report names somebody of the watch list, so that nobody but a person may read it."""
        return self.watch_list is not None and self.watch_list.meets(report)

    def admit(self, report: Report, masking: Masking = Masking.none) -> Case:
        """Decide about one report before anything reads it; `masking` may ask for more than is set."""
        masking = self.masking.stricter(masking)
        bare = masking is Masking.none and not self.wordless
        if self.withholds(report):
            id = report.id if bare else self._masker.id(report)
            return Case(None, Report(id, "", row=report.row), None, masking)
        masked = None if masking is Masking.none else self._masker.mask(report)
        shown = report if masked is None else masked.report
        if self.wordless:
            shown = Report(self._masker.id(report), "", row=report.row)
        return Case(
            masked.report if masked is not None and masking is Masking.input else report,
            shown,
            masked,
            masking,
        )

    def show(self, case: Case, prediction: Prediction, as_shown: bool = False) -> Shown:
        """What may be stored or shown of a case.

        Args:
            prediction: of `case.report`; of a case without one, `by_hand`.
            as_shown: offsets of evidence count in `Shown.report`; else in the report as received.
        """
        prediction = replace(prediction, id=case.shown.id)
        if case.masked is not None:
            prediction = mask_evidence(prediction, case.masked, case.masking is Masking.input, as_shown)
        return Shown(case.shown, _without_evidence(prediction) if self.wordless else prediction)

    def stream(
        self,
        tagger: Tagger,
        reports: Iterable[Report],
        evidence: EvidenceFor = "misconduct",
        as_shown: bool = False,
        matters: bool = False,
    ) -> Iterator[Shown]:
        """Tag a stream of reports of any length, in order; see Tagger.stream."""
        waiting: deque[Case] = deque()

        def read() -> Iterator[Report]:
            for report in reports:
                case = self.admit(report)
                waiting.append(case)
                if case.report is not None:
                    yield case.report

        def handled() -> Iterator[Shown]:
            while waiting and waiting[0].report is None:
                case = waiting.popleft()
                yield Shown(case.shown, by_hand(case.shown.id, tagger.export))

        for prediction in tagger.stream(read(), evidence, matters):
            yield from handled()
            yield self.show(waiting.popleft(), prediction, as_shown)
        yield from handled()


def by_hand(id: str, export: Export) -> Prediction:
    """The answer to a report that nobody but a person may read: no tags, no model."""
    tags: dict[str, tuple[Tag, ...]] = {axis.id: () for axis in export.taxonomy.axes}
    return Prediction(id, tags, True, 0, "", (BY_HAND,))


def mask_evidence(
    prediction: Prediction, masked: MaskedReport, read_masked: bool, as_shown: bool = False
) -> Prediction:
    """Give evidence the words of the masked report; a span that meets an identifier takes in its cover.

    Args:
        prediction: of the report as received, or of the masked one.
        masked: the report.
        read_masked: which of the two the offsets of the prediction count in.
        as_shown: whether those of the answer count in the masked report, else in the one as received.
    """

    def places(part: Masked, start: int, end: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Where a span stands in the report as received and in the masked one."""
        received = part.outside(start, end) if read_masked else (start, end)
        return received, part.inside(*received)

    def moved(evidence: Evidence) -> Evidence:
        part = masked.part(evidence.part)
        received, shown = places(part, evidence.start, evidence.end)
        start, end = shown if as_shown else received
        return replace(evidence, start=start, end=end, text=part.text[slice(*shown)])

    def sentence(found: Sentence) -> Sentence:
        received, shown = places(masked.part("text"), found.start, found.end)
        start, end = shown if as_shown else received
        return replace(found, start=start, end=end)

    tags = {
        axis: tuple(replace(tag, evidence=tuple(map(moved, tag.evidence))) for tag in tags)
        for axis, tags in prediction.tags.items()
    }
    matters = prediction.matters
    if matters is not None:
        matters = replace(matters, sentences=tuple(map(sentence, matters.sentences)))
    return replace(prediction, tags=tags, matters=matters)


def _without_evidence(prediction: Prediction) -> Prediction:
    return replace(prediction, tags={
        axis: tuple(replace(tag, evidence=()) for tag in tags) for axis, tags in prediction.tags.items()
    })  # fmt: skip
