"""The gate: may a candidate take the champion's place? Both answer the same frozen test reports.

New labels of test reports come out of the same import as those that taught the candidate: where they are
wrong, both are wrong alike. So reports with settled labels (data/frozen_split.py) are also judged alone, by
these labels, where they suffice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.frozen_split import Labels
from data.labelled import LabelledReport, label_targets
from data.report import Report
from data.taxonomy import Axis, Taxonomy
from model.export import GOLDEN
from model.golden import GoldenMismatch, replay_golden
from model.tagger import Tagger
from training.behaviour import Behaviour, Case, behave
from training.paired import Answers, Change, Changes, Floats, compare
from training.settings import BadSettings

PROTECTED = (
    "education", "medical", "pension", "social_security", "inaction", "falsification", "privilege",
)  # fmt: skip


@dataclass(frozen=True)
class GateSettings:
    """What a candidate must reach. Every field is also a flag of `petition retrain`."""

    margin: float = 0.02
    """How far the macro-F1 of an axis may lie below the champion's: unless it is higher, the lower end of the
    interval of the difference must not fall below this."""
    protected: tuple[str, ...] = PROTECTED
    """Labels none of which may fall significantly; default ones that the taxonomy lacks do not count."""
    calibration: float = 0.02
    """How far the calibration error of an axis may rise, where the rise is significant."""
    level: float = 0.05
    """A difference is significant where its interval of probability 1 - level does not hold zero."""
    least_test: int = 50
    """Test reports labelled on an axis, at least."""
    behaviours: float = 0.9
    """Share of the behaviour cases to pass."""
    behaviours_lost: int = 1
    """Cases that the champion passes and the candidate may fail."""
    samples: int = 2000
    """Bootstrap samples."""

    def refuse_unknown(self, taxonomy: Taxonomy) -> None:
        """End where somebody named a label to protect that the taxonomy does not have.

        Raises:
            BadSettings: names it, and the labels that there are.
        """
        known = [label for axis in taxonomy.axes for label in axis.label_ids]
        lost = [label for label in self.protected if label not in known]
        if lost and self.protected != PROTECTED:
            raise BadSettings(f"--protected: no label is {', '.join(lost)}; there are {', '.join(known)}")


@dataclass(frozen=True)
class Check:
    """One rule and whether it is kept.

    Attributes:
        rule: test_size, macro_f1, protected, calibration, golden, behaviour, behaviour_lost, taxonomy or
            learned.
        where: axis id or label id; "" where the rule is about the whole model.
        figures: what it was decided on.
        cases: names of behaviour cases.
        settled: decided on the test reports that have settled labels, alone, and by these.
    """

    rule: str
    passed: bool
    where: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    cases: tuple[str, ...] = ()
    settled: bool = False


@dataclass(frozen=True)
class Verdict:
    """What the gate says.

    Attributes:
        candidate, champion: name@version; no champion: "".
        checks: in the order in which they were made.
        axes: axis id -> figures of both; empty without a champion.
        supports: axis id -> per label the test reports that hold it.
        tested: axis id -> test reports that label it.
        behaviour: of candidate and champion.
        protected: labels none of which may fall.
        unproven: axis ids on which too few test reports have settled labels for them to be judged alone.
    """

    candidate: str
    champion: str
    checks: tuple[Check, ...]
    taxonomy: Taxonomy
    axes: Mapping[str, Changes] = field(default_factory=dict)
    supports: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    tested: Mapping[str, int] = field(default_factory=dict)
    behaviour: tuple[Behaviour, Behaviour | None] = (Behaviour((), ()), None)
    protected: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()

    @property
    def promoted(self) -> bool:
        """Every rule is kept."""
        return all(check.passed for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """JSON shape: figures, ids and names of cases; no words of a report."""
        return {
            "candidate": self.candidate,
            "champion": self.champion,
            "promoted": self.promoted,
            "checks": [asdict(check) for check in self.checks],
            "tested": dict(self.tested),
            "unproven": list(self.unproven),
            "axes": {
                axis.id: _axis_shape(axis.label_ids, self.axes[axis.id], self.supports[axis.id])
                for axis in self.taxonomy.axes
                if axis.id in self.axes
            },
        }


def _axis_shape(labels: Sequence[str], changes: Changes, supports: Sequence[int]) -> dict[str, Any]:
    return {
        "macro_f1": asdict(changes.macro),
        "micro_f1": asdict(changes.micro),
        "calibration_error": asdict(changes.calibration),
        "labels": {
            label: {"support": support, **(asdict(change) if change else {})}
            for label, change, support in zip(labels, changes.labels, supports, strict=True)
        },
    }


def judge(
    candidate: Tagger,
    champion: Tagger | None,
    test: Sequence[LabelledReport],
    cases: Sequence[Case] = (),
    settings: GateSettings | None = None,
    settled: Mapping[int, Labels] | None = None,
) -> Verdict:
    """Let both answer the same reports, and hold the difference against the rules.

    Args:
        champion: None where there is none yet; the candidate must then do better than whoever does not read.
        test: frozen test reports, on which neither was trained.
        cases: behaviour cases.
        settled: place in `test` -> the report's settled labels; None is all of them, as they are.
    """
    settings = settings or GateSettings()
    taxonomy = candidate.export.taxonomy
    checks = [_golden(candidate)]
    behaviour = behave(candidate, cases), behave(champion, cases) if champion and cases else None
    checks += _behaviour(*behaviour, settings)
    verdict = Verdict(
        candidate.export.model, champion.export.model if champion else "", tuple(checks), taxonomy,
        behaviour=behaviour, protected=settings.protected if champion else (),
    )  # fmt: skip
    if champion is not None and _order(champion.export.taxonomy) != _order(taxonomy):
        return replace(verdict, checks=(*checks, Check("taxonomy", False)))
    said = _Said(candidate, champion, test)
    compared = said.compare(settings)
    rules = _learned if champion is None else _axis_checks
    for axis in taxonomy.axes:
        one = compared[axis.id]
        figures = {"reports": one.reports, "least": settings.least_test}
        checks.append(Check("test_size", one.reports >= settings.least_test, axis.id, figures))
        checks += rules(axis, one, settings)
    unproven = []
    if settled is not None and not _all_settled(test, settled):
        older = said.compare(settings, settled)
        for axis in taxonomy.axes:
            one = older[axis.id]
            if one.reports < settings.least_test or one.changes is None:
                unproven.append(axis.id)
                continue
            again = rules(axis, one, settings)
            checks += [replace(check, settled=True) for check in again if check.rule != "calibration"]
    return replace(
        verdict,
        checks=tuple(checks),
        axes={axis: one.changes for axis, one in compared.items() if champion and one.changes},
        supports={axis: one.supports for axis, one in compared.items()},
        tested={axis: one.reports for axis, one in compared.items()},
        unproven=tuple(unproven),
    )


def _all_settled(test: Sequence[LabelledReport], settled: Mapping[int, Labels]) -> bool:
    return all(settled.get(place) == row.labels for place, row in enumerate(test))


@dataclass(frozen=True)
class _Compared:
    """One axis: figures where any label holds on any report, reports, and reports per label."""

    changes: Changes | None
    reports: int
    supports: tuple[int, ...]


def _order(taxonomy: Taxonomy) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(axis.id, axis.kind, tuple(axis.label_ids)) for axis in taxonomy.axes]


class _Said:
    """What candidate and champion said of the test reports; in the place of no champion who does not read."""

    def __init__(self, candidate: Tagger, champion: Tagger | None, test: Sequence[LabelledReport]) -> None:
        self.taxonomy, self.test = candidate.export.taxonomy, test
        reports = [row.report for row in test]
        self.after = _answers(candidate, reports)
        self.before = _answers(champion, reports) if champion is not None else None
        targets = [label_targets(row, self.taxonomy) for row in test]
        self.truth: Floats = np.array(targets, dtype=np.float32).reshape(self.after.scores.shape)

    def compare(
        self, settings: GateSettings, settled: Mapping[int, Labels] | None = None
    ) -> dict[str, _Compared]:
        """Figures per axis over the reports at these places, by these labels; None is all, by their own."""
        truth = self.truth
        if settled is not None:
            truth = np.full_like(self.truth, np.nan)
            for place, labels in settled.items():
                truth[place] = label_targets(replace(self.test[place], labels=labels), self.taxonomy)
        found = {}
        for axis, columns in self.taxonomy.columns():
            rows = ~np.isnan(truth[:, columns.start])
            real = truth[rows][:, columns]
            changes = None
            if real.any():
                after = _part(self.after, rows, columns)
                before = _part(self.before, rows, columns) if self.before else _unread(real, axis.kind)
                changes = compare(before, after, real, settings.level, settings.samples)
            found[axis.id] = _Compared(changes, len(real), tuple(int(x) for x in real.sum(axis=0)))
        return found


def _answers(tagger: Tagger, reports: Sequence[Report]) -> Answers:
    """What `petition tag` says: scores, and tags, which a text that is no petition does not get."""
    found = [tagger.decide(works, logits) for works, logits in tagger.examine(reports)]
    none = np.zeros((0, sum(len(axis.labels) for axis in tagger.export.taxonomy.axes)))
    return Answers(
        np.concatenate([none.astype(np.float32), *(one.scores for one in found)]),
        np.concatenate([none.astype(bool), *(one.given for one in found)]),
    )


def _part(answers: Answers, rows: NDArray[np.bool_], columns: slice) -> Answers:
    return Answers(answers.scores[rows][:, columns], answers.given[rows][:, columns])


def _unread(truth: Floats, kind: str) -> Answers:
    """The best answer of whoever does not read: the same to every report, as often as each label holds.

    Every label, since none at all would have an F1 of 0; where one label holds, the most frequent.
    """
    shares = truth.mean(axis=0)
    given = np.arange(len(shares)) == shares.argmax() if kind == "one" else np.ones(len(shares), dtype=bool)
    return Answers(np.tile(shares, (len(truth), 1)), np.tile(given, (len(truth), 1)))


def _learned(axis: Axis, found: _Compared, settings: GateSettings) -> list[Check]:
    """Whether the first model of a taxonomy does significantly better than whoever does not read."""
    if found.changes is None:
        return [Check("learned", False, axis.id)]
    return [Check("learned", found.changes.macro.low > 0, axis.id, _figures(found.changes.macro))]


def _axis_checks(axis: Axis, found: _Compared, settings: GateSettings) -> list[Check]:
    if found.changes is None:
        # Reports enough, and none holds a label: whatever is said of them, there is no F1.
        empty = found.reports and found.reports >= settings.least_test
        return [Check("macro_f1", False, axis.id)] if empty else []
    macro, error = found.changes.macro, found.changes.calibration
    holds = macro.difference >= 0 or macro.low >= -settings.margin
    rises = error.difference > settings.calibration and error.low > 0
    checks = [
        Check("macro_f1", holds, axis.id, _figures(macro, margin=settings.margin)),
        Check("calibration", not rises, axis.id, _figures(error, margin=settings.calibration)),
    ]
    for label, change, support in zip(axis.label_ids, found.changes.labels, found.supports, strict=True):
        if label in settings.protected and change is not None:
            checks.append(Check("protected", change.high >= 0, label, _figures(change, support=support)))
    return checks


def _figures(change: Change, **more: float) -> dict[str, float]:
    return asdict(change) | more


def _golden(candidate: Tagger) -> Check:
    try:
        count, worst = replay_golden(candidate.export.folder / GOLDEN, candidate)
    except GoldenMismatch:
        return Check("golden", False)
    return Check("golden", True, figures={"reports": count, "worst": worst})


def _behaviour(candidate: Behaviour, champion: Behaviour | None, settings: GateSettings) -> list[Check]:
    if not candidate.cases:
        return []
    figures = {"passed": len(candidate.cases) - len(candidate.failed), "of": len(candidate.cases),
               "least": settings.behaviours}  # fmt: skip
    checks = [
        Check("behaviour", candidate.share >= settings.behaviours, figures=figures, cases=candidate.failed)
    ]
    if champion is not None:
        lost = tuple(case for case in candidate.failed if case not in champion.failed)
        few = len(lost) <= settings.behaviours_lost
        figures = {"lost": len(lost), "most": settings.behaviours_lost}
        checks.append(Check("behaviour_lost", few, figures=figures, cases=lost))
    return checks
