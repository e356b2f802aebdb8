"""Files that the labelling tools' own code wrote are read; written/README.md says how they were made."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.imports.formats import Format, find_format
from data.imports.plan import Plan
from data.imports.source import Source
from tests.data.imports.conftest import QUEUE, Labels, Read, held
from tests.data.imports.written.write import LAMP, MARKED, STAMP

WRITTEN = Path(__file__).with_name("written")
FIRST = {"domain": {"housing"}, "misconduct": {"inaction"}}
SECOND = {"domain": {"rural"}, "misconduct": {"graft"}}
THIRD = {"domain": {"medical"}, "misconduct": set()}


def texts(merged: object) -> list[str]:
    return [one.labelled.report.text for one in merged.reports]  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ["json", "json_min"])
def test_label_studio(read: Read, labels: Labels, plan: Plan, form: str) -> None:
    path = WRITTEN / f"label_studio.{form}.json"
    readings, bad = read(path)
    merged = labels(path)

    assert find_format(Source.at(path), plan) is Format.label_studio and bad == []
    assert [one.annotator for one in readings] == ["10", "11", "10", "11"]  # 11 cancelled the second
    # One of the two says that there is no misconduct: a tie.
    assert held(merged) == [{"domain": {"housing"}, "misconduct": None}, SECOND, THIRD]
    assert [(draw.label, draw.given_by) for draw in merged.draws] == [("inaction", ("10",))]
    assert [one.labelled.report.id for one in merged.reports] == ["A1", "A2", "A3"]
    assert texts(merged) == [LAMP, STAMP, QUEUE]


def test_words_marked_in_label_studio_are_those_of_the_text(read: Read) -> None:
    """Whether the converter counts an emoji as one or two."""
    for form in ("json", "json_min"):
        readings, _ = read(WRITTEN / f"label_studio.{form}.json")
        assert readings[0].given["misconduct"] == {"不作为": MARKED}


@pytest.mark.parametrize("form", ["json", "list.json", "names.json", "index.json", "datasets.jsonl"])
def test_argilla(read: Read, labels: Labels, plan: Plan, form: str) -> None:
    path = WRITTEN / f"argilla.{form}"
    merged = labels(path)
    first = merged.reports[0]

    assert find_format(Source.at(path), plan) is Format.argilla and read(path)[1] == []
    assert held(merged) == [FIRST, SECOND] and texts(merged) == [LAMP, STAMP]
    assert (first.labelled.report.id, first.labelled.report.region) == ("A1", "岭安县")


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "txt"])
def test_doccano(read: Read, labels: Labels, plan: Plan, suffix: str) -> None:
    path = WRITTEN / f"doccano.{suffix}"
    merged = labels(path)

    assert find_format(Source.at(path), plan) is Format.doccano and read(path)[1] == []
    assert held(merged) == [FIRST, SECOND, THIRD] and texts(merged) == [LAMP, STAMP, QUEUE]
    assert suffix == "txt" or merged.reports[0].labelled.report.region == "岭安县"


def test_spans_of_doccano_are_evidence(labels: Labels) -> None:
    merged = labels(WRITTEN / "doccano.spans.jsonl")

    assert merged.reports[0].labelled.evidence == {"misconduct": {"inaction": MARKED}}


def test_a_zip_of_doccano_has_a_file_for_each_person(labels: Labels) -> None:
    merged = labels(WRITTEN / "doccano.zip")

    assert held(merged) == [FIRST, SECOND, THIRD]
    assert set(merged.reports[0].votes) == {"anna", "bo", "chen"}
