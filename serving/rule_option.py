"""Rule option: `--rule NAME=LEVEL:LIMIT` of the commands that hold figures against rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from data.survey.rules import Level, Rule
from serving.faults import WrongUse


def chosen_rules(given: Sequence[str], known: Mapping[str, Rule]) -> dict[str, Rule]:
    """The known rules with what the user changed.

    Raises:
        WrongUse: not of that form, or no such rule.
    """
    rules = dict(known)
    for one in given:
        name, _, said = one.partition("=")
        level, _, limit = said.partition(":")
        try:
            rules[name] = Rule(Level(level), float(limit) if limit else known[name].limit)
        except (KeyError, ValueError):
            raise WrongUse(
                f"--rule 要写成 名称=off|warn|fail 或 名称=级别:界限；名称有：{'、'.join(known)}"
            ) from None
    return rules
