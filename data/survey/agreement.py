"""Agreement: how far people who labelled the same reports agree on a label, beyond chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def alpha(units: Iterable[Sequence[bool]]) -> float | None:
    """Krippendorff's alpha for a yes-or-no question; 1 is full agreement, 0 what chance would give.

    Args:
        units: per report the answers of those who gave one; reports with fewer than two do not count.

    Returns:
        None where nobody ever differed from anybody because only one answer was ever given, or where no
        report has two answers.
    """
    total = yes = 0
    apart = 0.0
    for answers in units:
        count = len(answers)
        if count < 2:
            continue
        given = sum(answers)
        total, yes = total + count, yes + given
        apart += 2 * given * (count - given) / (count - 1)
    expected = 2 * yes * (total - yes)
    return None if not expected else 1 - (total - 1) * apart / expected
