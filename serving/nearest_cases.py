"""Nearest cases: a site's own labelled file, to find for each report the cases most like it."""

from __future__ import annotations

from pathlib import Path

from data.errors import EmptyFile
from data.labelled import read_labelled
from model.guard import Guard
from model.nearest import Cases
from model.tagger import Tagger


def read_cases(path: Path, tagger: Tagger, guard: Guard, with_text: bool) -> Cases:
    """Read labelled cases and what the encoder makes of them.

    Args:
        guard: what of a case may be shown; a case on the watch list is left out.
        with_text: whether its text is shown beside its id.

    Raises:
        DataError: the file cannot be read, or holds no case.
    """
    admitted = [guard.admit(row.report) for row in read_labelled(path, tagger.export.taxonomy)]
    cases = [case for case in admitted if case.report is not None]
    if not cases:
        raise EmptyFile(f"{path}: no labelled case; give a file with one a line")
    views = tagger.scores_and_values([case.report for case in cases if case.report is not None])[1]
    texts = [f"{case.shown.title} {case.shown.text}".strip() for case in cases] if with_text else []
    return Cases(views, [case.shown.id for case in cases], texts)
