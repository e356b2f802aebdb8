"""What evidence is worth, as ERASER measures it (DeYoung et al. 2020): overlap with a reader's own words, and
whether the tag rests on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from data.labelled import LabelledReport
from data.report import Report
from model.prediction import Evidence

Spans = Sequence[tuple[str, int, int]]
"""(part, start, end) in code points of the report."""


def spans(evidence: Sequence[Evidence]) -> list[tuple[str, int, int]]:
    """Evidence as places alone."""
    return [(e.part, e.start, e.end) for e in evidence]


def marked(row: LabelledReport, words: str) -> set[tuple[str, int]]:
    """Every character, as (part, place), of every occurrence of a reader's words."""
    found = set()
    for part, text in (("title", row.report.title), ("text", row.report.text)):
        at = text.find(words)
        while at >= 0:
            found |= {(part, place) for place in range(at, at + len(words))}
            at = text.find(words, at + 1)
    return found


def char_f1(ours: Spans, gold: set[tuple[str, int]]) -> float:
    """F1 of characters: Chinese evidence is measured by them as English by tokens."""
    shown = {(part, place) for part, start, end in ours for place in range(start, end)}
    both = len(shown & gold)
    return 2 * both / (len(shown) + len(gold)) if both else 0.0


def meets(ours: Spans, gold: set[tuple[str, int]]) -> bool:
    """Whether one of the spans shares a character with the reader's words."""
    return any((part, place) in gold for part, start, end in ours for place in range(start, end))


def without(report: Report, cut: Spans) -> Report:
    """The report with the spans cut out: comprehensiveness asks what the score loses by it."""
    title, text = list(report.title), list(report.text)
    for part, start, end in cut:
        chars = title if part == "title" else text
        chars[start:end] = [""] * (end - start)
    return replace(report, title="".join(title), text="".join(text))


def only(report: Report, kept: Spans) -> Report:
    """The spans alone, each a sentence: sufficiency asks what the score loses by it."""
    title = [report.title[start:end] for part, start, end in sorted(kept) if part == "title"]
    text = [report.text[start:end] for part, start, end in sorted(kept) if part == "text"]
    return replace(report, title="。".join(title), text="。".join(text))
