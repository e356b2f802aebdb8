"""Recall and precision on invented reports do not fall below what the docs are far above."""

from __future__ import annotations

from benchmarks.planted import reports
from benchmarks.privacy import NUMBERS, measure, ours
from data.privacy.entity import Entity

# The seed is another than that of the figures in docs/privacy.md.
REPORTS, SEED = 600, 7
STRUCTURED, NAMES, PRECISION, OTHER = 0.99, 0.9, 0.98, 0.002


def test_planted_identifiers_are_found_and_little_else() -> None:
    found, _, other = measure(list(reports(REPORTS, SEED)), ours())
    structured = [found[entity] for entity in NUMBERS]
    names = [found[entity] for entity in (Entity.PERSON, Entity.OFFICIAL)]

    assert all(row.planted > 30 for row in (*structured, *names))
    assert sum(row.found for row in structured) >= STRUCTURED * sum(row.planted for row in structured)
    assert all(row.found >= NAMES * row.planted for row in names)
    assert all(row.right >= PRECISION * row.findings for row in (*structured, *names))
    assert other < OTHER, "share of the other characters that were covered"
