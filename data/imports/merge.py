"""Merge: the votes of several people on the same report to one labelled report, ties listed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from data.imports.settle import Vote
from data.labelled import LabelledReport
from data.report import Report
from data.taxonomy import Axis, Taxonomy

_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


class Tie(StrEnum):
    """What becomes of a label that as many people gave as did not."""

    unlabelled = "unlabelled"  # the axis takes no loss for this report
    yes = "yes"  # it holds
    no = "no"  # it does not


class Repeated(StrEnum):
    """What becomes of the labels of two rows of one file that are of one person, report and axis."""

    later = "later"  # the later row counts
    joined = "join"  # both do: the file has a row for each label


@dataclass(frozen=True, slots=True)
class Draw:
    """A label on which people were divided evenly; holds no words of the report.

    Attributes:
        id: the report's id.
        file: where its first reading stands.
        row: and in which row.
        axis: axis id.
        label: label id.
        given_by: the annotators who gave it.
        not_given_by: those who labelled the axis and did not.
    """

    id: str
    file: str
    row: int
    axis: str
    label: str
    given_by: tuple[str, ...]
    not_given_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """One report with its labels, and how they came about.

    Attributes:
        labelled: what training reads.
        votes: annotator -> vote, where there are several and nobody corrected them.
        before: axis id -> label ids that a model had given.
    """

    labelled: LabelledReport
    votes: Mapping[str, Vote] = field(default_factory=dict, hash=False)
    before: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Merger:
    """All reports of an import.

    Attributes:
        reports: in the order in which they first came.
        draws: every tie.
        replaced: how many votes were on an axis that the same person had judged before, on the same report.
        lost: of these, how many took a label away that stood in an earlier row of the same file.
    """

    reports: Sequence[Merged]
    draws: Sequence[Draw]
    replaced: int
    lost: int = 0


def merge(
    votes: Sequence[Vote],
    taxonomy: Taxonomy,
    tie: Tie = Tie.unlabelled,
    repeated: Repeated = Repeated.later,
) -> Merger:
    """Join the votes on each report: on an axis a label holds if more than half of its voters gave it.

    A reading that corrects speaks alone on the axes that it labels; of several such the last.

    Reports are the same where id, title and text are, white space apart, which a workbook does not keep;
    without ids of their own, where title and text are, the second such report of one file with the second
    of another. Of two votes by one person on an axis the later one counts; an axis of which it says nothing
    keeps what the earlier one said.

    Args:
        votes: in the order of the files.
        taxonomy: the labels there are.
        tie: what becomes of a label with exactly half the votes.
        repeated: what becomes of an axis that one person labelled in two rows of one file; on an axis of kind
            "one" the later counts.
    """
    many = frozenset(axis.id for axis in taxonomy.axes if axis.kind == "many")
    groups: dict[tuple[str, str, str, int], list[Vote]] = {}
    seen: Counter[tuple[str, str, str, str]] = Counter()
    replaced = lost = 0
    for vote in votes:
        reading = vote.reading
        report, own = reading.report, reading.own_id
        place = 0
        if not own:
            here = (reading.file, reading.annotator, *_words_of(report))
            place = seen[here]
            seen[here] += 1
        group = groups.setdefault((own, *_words_of(report), place), [])
        who = (reading.annotator, reading.corrects)
        earlier = [one for one in group if (one.reading.annotator, one.reading.corrects) == who]
        again = any(_judged(one) & _judged(vote) for one in earlier)
        # Corrections stay apart: on each axis the last of all speaks, whoever made it.
        if earlier and not reading.corrects:
            (before,) = earlier
            group.remove(before)
            if before.reading.file == reading.file:
                if repeated is Repeated.joined:
                    vote, again = _added(before, vote, many), False
                lost += any(
                    {*(before.labels[axis] or ())} - {*(vote.labels[axis] or ())} for axis in _judged(vote)
                )
            vote = _joined(before, vote)
        replaced += again
        group.append(vote)
    draws: list[Draw] = []
    reports = [_merged(group, taxonomy, tie, draws) for group in groups.values()]
    return Merger(reports, draws, replaced, lost)


def _judged(vote: Vote) -> set[str]:
    return {axis for axis, labels in vote.labels.items() if labels is not None}


def _joined(before: Vote, vote: Vote) -> Vote:
    """The later vote of one person, with what they had said on the axes of which it says nothing."""
    labels = {**before.labels, **{axis: vote.labels[axis] for axis in _judged(vote)}}
    return replace(vote, labels=labels, before={**before.before, **vote.before})


def _added(before: Vote, vote: Vote, axes: frozenset[str]) -> Vote:
    """The later vote with the labels of the earlier one too, on axes where several may hold."""
    both = {
        axis: {**(before.labels[axis] or {}), **(vote.labels[axis] or {})} for axis in axes & _judged(vote)
    }
    return replace(vote, labels={**vote.labels, **both})


def _words_of(report: Report) -> tuple[str, str]:
    return _SPACE.sub("", report.title), _SPACE.sub("", report.text)


def _corrected(votes: Sequence[Vote]) -> Sequence[Vote]:
    """Leave each axis that was corrected to the last of its corrections."""
    last = {
        axis: vote
        for vote in votes
        if vote.reading.corrects
        for axis, labels in vote.labels.items()
        if labels is not None
    }
    if not last:
        return votes
    left = [
        replace(vote, labels={a: ls if last.get(a, vote) is vote else None for a, ls in vote.labels.items()})
        for vote in votes
    ]
    return [vote for vote in left if any(labels is not None for labels in vote.labels.values())]


def _merged(said: Sequence[Vote], taxonomy: Taxonomy, tie: Tie, draws: list[Draw]) -> Merged:
    votes = _corrected(said)
    first = next((vote for vote in said if not vote.reading.corrects), said[0]).reading
    last = votes[-1]
    labels: dict[str, frozenset[str] | None] = {}
    evidence: dict[str, dict[str, str]] = {}
    for axis in taxonomy.axes:
        held = _held(axis, votes, tie, draws)
        labels[axis.id] = held
        # Of all: who corrects the labels seldom marks again the words of those that stay.
        words = _words(axis.id, held or frozenset(), said)
        if words:
            evidence[axis.id] = words
    labelled = LabelledReport(
        first.report,
        labels,
        evidence,
        first.source or first.project,
        any(vote.reading.unsure for vote in votes),
    )
    # Votes kept beside a correction would be counted again, against it, at the next import.
    corrected = any(vote.reading.corrects for vote in votes)
    several = {vote.reading.annotator: vote for vote in votes} if len(votes) > 1 and not corrected else {}
    return Merged(labelled, several, last.before)


def _held(axis: Axis, votes: Sequence[Vote], tie: Tie, draws: list[Draw]) -> frozenset[str] | None:
    """Count the votes on one axis."""
    voters: list[tuple[str, Mapping[str, str]]] = []
    for vote in votes:
        mine = vote.labels[axis.id]
        if mine is not None:
            voters.append((vote.reading.annotator, mine))
    if not voters:
        return None
    given: defaultdict[str, list[str]] = defaultdict(list)
    for who, labels in voters:
        for label in labels:
            given[label].append(who)
    most = max(map(len, given.values()), default=0)
    held, divided = set(), False
    for label in sorted(given, key=axis.label_ids.index):
        share = len(given[label])
        if axis.kind == "one":
            even = share == most and sum(len(people) == most for people in given.values()) > 1
            holds = share == most and not even
        else:
            even, holds = 2 * share == len(voters), 2 * share > len(voters)
        if even:
            divided = True
            others = tuple(who for who, labels in voters if label not in labels)
            reading = votes[0].reading
            draws.append(
                Draw(reading.report.id, reading.file, reading.report.row, axis.id, label,
                     tuple(given[label]), others)
            )  # fmt: skip
        if holds or (even and tie is Tie.yes and axis.kind == "many"):
            held.add(label)
    # On an axis where exactly one label holds, an even vote leaves none.
    return None if divided and (tie is Tie.unlabelled or axis.kind == "one") else frozenset(held)


def _words(axis: str, held: frozenset[str], votes: Sequence[Vote]) -> dict[str, str]:
    found: dict[str, str] = {}
    for vote in votes:
        for label, words in (vote.labels[axis] or {}).items():
            if label in held and words:
                found.setdefault(label, words)
    return found
