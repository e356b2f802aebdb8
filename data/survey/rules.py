"""Rules: what in a survey is worth a warning, and what should keep anybody from training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from data.survey.survey import Survey


class Level(StrEnum):
    """What a broken rule means."""

    off = "off"
    warn = "warn"
    fail = "fail"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and what it allows.

    Attributes:
        level: what it means to break it.
        limit: what is still allowed; a count, a share of rows, or an alpha, as `RULES` says.
    """

    level: Level
    limit: float


RULES: Mapping[str, Rule] = {
    "unlabelled_axis": Rule(Level.fail, 0),  # share of rows labelled on an axis: more than this
    "few_examples": Rule(Level.warn, 30),  # rows of a label: at least
    "repeated": Rule(Level.warn, 0.2),  # share of rows alike to an earlier one: at most
    "conflicts": Rule(Level.warn, 0),  # groups alike and labelled differently: at most
    "leaks": Rule(Level.fail, 0),  # rows alike to one that measures: at most
    "disagreement": Rule(Level.warn, 0.4),  # alpha of a label that several people judged: at least
    "rejected": Rule(Level.warn, 0.05),  # share of rows that the import rejected: at most
    "short": Rule(Level.warn, 10),  # characters at the lowest tenth: at least
}
MIN_JUDGED = 20  # reports; an alpha of fewer says little


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule: which, how bad, on which label or axis, and the figure."""

    rule: str
    level: Level
    where: str
    figure: float
    limit: float


def check(found: Survey, rules: Mapping[str, Rule] = RULES) -> list[Finding]:
    """Hold a survey against the rules; failures first.

    Args:
        found: the figures.
        rules: name -> rule; one that is missing or off is not checked.
    """
    findings = [
        Finding(name, rules[name].level, where, figure, rules[name].limit)
        for name, where, figure, low in _figures(found)
        if name in rules
        and rules[name].level is not Level.off
        and (figure < rules[name].limit if low else figure > rules[name].limit)
    ]
    for axis in found.axes:
        rule = rules.get("unlabelled_axis")
        if rule is not None and rule.level is not Level.off and axis.labelled <= rule.limit * found.rows:
            share = axis.labelled / max(1, found.rows)
            findings.append(Finding("unlabelled_axis", rule.level, axis.name, share, rule.limit))
    return sorted(findings, key=lambda finding: finding.level is not Level.fail)


def _figures(found: Survey) -> Iterator[tuple[str, str, float, bool]]:
    """Give (rule, where, figure, whether a figure below the limit breaks the rule)."""
    rows = max(1, found.rows)
    yield "leaks", "", len(found.leaks), False
    yield "conflicts", "", len(found.conflicts), False
    yield "repeated", "", found.repeated / rows, False
    rejected = sum(found.rejected.values())
    yield "rejected", "", rejected / (rows + rejected), False
    if found.lengths:
        yield "short", "", found.lengths[1], True
    for axis in found.axes:
        for label in axis.labels:
            if axis.labelled:
                yield "few_examples", f"{axis.name}·{label.name}", label.rows, True
            if label.alpha is not None and label.judged >= MIN_JUDGED:
                yield "disagreement", f"{axis.name}·{label.name}", label.alpha, True
