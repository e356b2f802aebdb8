"""Rules: which figures of drift are worth a warning, and which should stop whoever relies on the tags.

A rule is broken where the figure is beyond its limit *and* chance alone would hardly bring it there: the
limit keeps tiny differences of huge piles quiet, the chance keeps wild ones of tiny piles quiet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from data.survey.rules import Level, Rule
from model.drift.compare import Drift
from model.drift.intervals import holm

RULES: Mapping[str, Rule] = {
    "label_points": Rule(Level.fail, 0.05),  # share of reports with a label, or with none: change at most
    "label_ratio": Rule(Level.fail, 2.0),  # the same, as the larger share by the smaller
    "review_points": Rule(Level.fail, 0.05),  # share that asks for a person: change at most
    "scores": Rule(Level.fail, 0.25),  # PSI of a label's scores
    "apart": Rule(Level.fail, 0.55),  # AUC of the two-sample test
    "length": Rule(Level.warn, 0.25),  # PSI of the lengths
    "unknown": Rule(Level.warn, 0.01),  # mean share of unknown characters: change at most
    "rare": Rule(Level.warn, 0.02),  # mean share of n-grams rare in training: change at most
    "few": Rule(Level.warn, 200),  # reports on each side: at least
}
ALPHA = 0.01


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule.

    Attributes:
        axis, label: where; "" where the rule is about all reports.
        figure, limit: what was found, and what is allowed.
        p: chance of such a figure without drift, made fit for being one of many; None where none is asked.
    """

    rule: str
    level: Level
    axis: str
    label: str
    figure: float
    limit: float
    p: float | None = None


def check(found: Drift, rules: Mapping[str, Rule] = RULES, alpha: float = ALPHA) -> list[Finding]:
    """Hold figures against the rules; failures first.

    Args:
        rules: name -> rule; one that is missing or off is not checked.
        alpha: chance of one false alarm and more per rule, where nothing has changed.
    """
    findings = []
    for name, rule in rules.items():
        if rule.level is Level.off:
            continue
        figures = [*_figures(found, name)]
        for (axis, label, figure, _), p in zip(figures, holm([each[3] for each in figures]), strict=True):
            beyond = figure < rule.limit if name == "few" else figure > rule.limit
            if beyond and p < alpha:
                chance = None if name == "few" else p
                findings.append(Finding(name, rule.level, axis, label, figure, rule.limit, chance))
    return sorted(findings, key=lambda finding: finding.level is not Level.fail)


def _figures(found: Drift, rule: str) -> Iterator[tuple[str, str, float, float]]:
    """Give (axis, label, figure, p) of one rule."""
    if rule in ("label_points", "label_ratio"):
        for one in found.labels:
            yield one.axis, one.label, abs(one.points) if rule == "label_points" else one.ratio, one.p
    elif rule == "review_points":
        yield "", "", abs(found.review.points), found.review.p
    elif rule == "scores":
        for score in found.scores:
            yield score.axis, score.label, score.shift.psi, score.shift.p
    elif rule == "apart" and found.apart is not None:
        yield "", "", found.apart.auc, found.apart.p
    elif rule == "length" and found.lengths is not None:
        yield "", "", found.lengths.psi, found.lengths.p
    elif rule == "unknown" and found.unknown is not None:
        yield "", "", abs(found.unknown.points), found.unknown.p
    elif rule == "rare" and found.rare is not None:
        yield "", "", abs(found.rare.points), found.rare.p
    elif rule == "few":
        yield "", "", float(min(len(found.before), len(found.after))), 0.0
