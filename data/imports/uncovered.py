"""Uncovered: corrections of reports whose identifiers are covered, joined to the reports as labelled."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from data.imports.reading import Reading
from data.privacy.entity import Entity
from data.privacy.masked_report import ReportMasker
from data.privacy.masker import Masker
from data.privacy.officials import Officials
from data.report import Report

_COVER = re.compile("【(?:" + "|".join(entity.label for entity in Entity) + ")】")
_SPACE = re.compile(r"\s+")


def uncovered(readings: Sequence[Reading]) -> list[Reading]:
    """Give a correction of a covered report the report itself, where another file of the import has it.

    A sheet of `petition suspects` shows reports with their identifiers covered; what is put right there is
    meant for the report that was labelled. That is the one of its id, or the only one that reads the same
    once it is covered; where there is none, the correction keeps the covered words.
    """
    if not any(_is_covered(reading) for reading in readings):
        return [*readings]
    labelled = [reading for reading in readings if not reading.corrects]
    by_id = _only((reading.own_id, reading) for reading in labelled if reading.own_id)
    by_words = _only(
        (_words(masker.mask(reading.report).report), reading)
        for masker in [ReportMasker(Masker(officials.kept)) for officials in _covered_with(readings)]
        for reading in labelled
    )

    def whole(reading: Reading) -> Reading:
        found = by_id.get(reading.own_id) or by_words.get(_words(reading.report))
        if found is None:
            return reading
        # One without an id of its own has none here either, so that the two are known by their words.
        id = found.report.id if found.own_id else reading.report.id
        return replace(reading, report=replace(found.report, id=id, row=reading.report.row))

    return [whole(reading) if _is_covered(reading) else reading for reading in readings]


def _covered_with(readings: Sequence[Reading]) -> list[Officials]:
    """How much may be covered of officials in these corrections; the usual first."""
    covered = "".join(f"{one.report.title}\n{one.report.text}" for one in readings if _is_covered(one))
    names, posts = (f"【{entity.label}】" in covered for entity in (Entity.OFFICIAL, Entity.POST))
    return [Officials.keep, *([Officials.names] if names else []), *([Officials.all] if posts else [])]


def _is_covered(reading: Reading) -> bool:
    return reading.corrects and bool(_COVER.search(f"{reading.report.title}\n{reading.report.text}"))


def _only(found: Iterable[tuple[str, Reading]]) -> dict[str, Reading]:
    """Of each key a reading; none where those of several reports have it."""
    readings: dict[str, dict[tuple[str, str], Reading]] = defaultdict(dict)
    for key, reading in found:
        readings[key].setdefault((reading.report.title, reading.report.text), reading)
    return {key: next(iter(same.values())) for key, same in readings.items() if len(same) == 1}


def _words(report: Report) -> str:
    return _SPACE.sub("", f"{report.title}\x1f{report.text}")
