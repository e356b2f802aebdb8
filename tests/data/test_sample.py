"""The sample is what its README says: invented, many-sided, labelled with evidence."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from data.labelled import LabelledReport, read_labelled
from data.readers import read_reports
from data.taxonomy import Taxonomy

FOLDER = Path(__file__).parents[2] / "data" / "sample"
ACCUSING = re.compile("推诿|不作为")


@pytest.fixture(scope="module")
def rows() -> list[LabelledReport]:
    return list(read_labelled(FOLDER / "reports.jsonl", Taxonomy.default()))


def kind(row: LabelledReport) -> str:
    return row.report.extra["kind"]


def test_there_are_as_many_as_the_readme_says_each_once(rows: list[LabelledReport]) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert len(rows) >= 400 and f"{len(rows)} invented reports" in readme
    assert len({row.report.id for row in rows}) == len({row.report.text for row in rows}) == len(rows)


def test_the_table_holds_the_same_reports_as_the_labelled_lines(rows: list[LabelledReport]) -> None:
    def seen(report: object) -> tuple[object, ...]:
        return tuple(getattr(report, name) for name in ("id", "title", "text", "channel", "time", "region"))

    assert [seen(one) for one in read_reports(FOLDER / "reports.csv")] == [seen(row.report) for row in rows]


def test_every_label_stands_at_least_twenty_times(rows: list[LabelledReport]) -> None:
    counts = Counter(
        (axis, label) for row in rows for axis, held in row.labels.items() for label in held or ()
    )
    wanted = [(axis.id, label) for axis in Taxonomy.default().axes for label in axis.label_ids]

    assert {key: counts[key] for key in wanted if counts[key] < 20} == {}


def test_at_least_120_allege_no_misconduct_and_every_axis_of_all_is_labelled(
    rows: list[LabelledReport],
) -> None:
    assert all(held is not None for row in rows for held in row.labels.values())
    assert sum(not row.labels["misconduct"] for row in rows) >= 120


def test_every_allegation_has_its_words_in_the_report(rows: list[LabelledReport]) -> None:
    alleged = {(row.report.id, label) for row in rows for label in row.labels["misconduct"] or ()}
    words = {
        (row.report.id, label): words
        for row in rows
        for label, words in row.evidence.get("misconduct", {}).items()
    }
    texts = {row.report.id: (row.report.title, row.report.text) for row in rows}

    assert words.keys() == alleged
    for (id, label), said in words.items():
        found = [(part, part.find(said)) for part in texts[id] if said in part]
        assert found and said == said.strip() and len(said) >= 2, (id, label)
        assert all(part[start : start + len(said)] == said for part, start in found)


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("forum_letter", 50),
        ("hotline", 50),
        ("long_petition", 10),
        ("one_liner", 30),
        ("polite_question", 20),
        ("private_dispute", 30),
        ("several_matters", 20),
    ],
)
def test_every_kind_of_writing_is_there(rows: list[LabelledReport], name: str, least: int) -> None:
    assert sum(kind(row) == name for row in rows) >= least


def test_long_petitions_have_over_two_thousand_characters(rows: list[LabelledReport]) -> None:
    assert sum(len(row.report.text) > 2000 for row in rows if kind(row) == "long_petition") >= 10


def test_letters_of_several_matters_have_several_domains(rows: list[LabelledReport]) -> None:
    several = [row for row in rows if kind(row) == "several_matters"]

    assert sum(len(row.labels["domain"] or ()) > 1 for row in several) >= 20


def test_the_words_of_inaction_against_private_parties_are_no_misconduct(rows: list[LabelledReport]) -> None:
    private = [row for row in rows if kind(row) == "private_dispute"]
    spoken = [row for row in rows if ACCUSING.search(row.report.title + row.report.text)]
    innocent = [row for row in spoken if not row.labels["misconduct"]]

    assert sum(not row.labels["misconduct"] for row in private) >= 40
    assert not any(row.labels["misconduct"] for row in spoken if row in private)
    assert sum(row in private for row in innocent) >= 8 and len(innocent) >= 20
    assert len(spoken) > len(innocent)  # of a public actor they may be one


def test_questions_without_a_complaint_allege_nothing(rows: list[LabelledReport]) -> None:
    asked = [row for row in rows if kind(row) == "polite_question"]

    assert not any(row.labels["misconduct"] for row in asked)
