"""Readings become votes, or are rejected by the rules of the taxonomy."""

from __future__ import annotations

from data.imports.names import Names
from data.imports.reading import ANY, Given, Reading
from data.imports.settle import settle
from data.report import Report
from data.taxonomy import Taxonomy
from data.taxonomy_file import parse_taxonomy

ONE = parse_taxonomy(
    'version: "1"\naxes:\n- {id: kind, name: 类, kind: one, labels: [{id: a, name: 甲}, {id: b, name: 乙}]}\n'
    "- {id: mood, name: 气, kind: many, labels: [{id: c, name: 丙}, {id: d, name: 丁}]}\n"
)


def reading(given: Given, row: int = 1, complete: bool = False) -> Reading:
    return Reading("a.csv", Report(str(row), "路灯", row=row), given, complete=complete)


def test_two_labels_on_an_axis_of_one_are_rejected() -> None:
    settled = settle([reading({"kind": {"甲": "", "乙": ""}}), reading({"kind": {"甲": ""}}, 2)], Names(ONE))

    assert [(one.row, one.reason) for one in settled.rejected] == [(1, "two_labels")]
    assert "路灯" not in settled.rejected[0].message
    assert [vote.labels for vote in settled.votes] == [{"kind": {"a": ""}, "mood": None}]


def test_nothing_on_an_axis_of_one_is_unlabelled() -> None:
    settled = settle([reading({"kind": {}}), reading({"mood": {}})], Names(ONE))

    assert settled.unlabelled == 1 and settled.votes[0].labels == {"kind": None, "mood": {}}


def test_an_axis_whose_labels_were_all_dropped_is_unlabelled(taxonomy: Taxonomy) -> None:
    names = Names(taxonomy, drops=["其他"])
    rows = [
        reading({"domain": {"其他": ""}, "misconduct": {"推诿": ""}}, 1),
        reading({"domain": {"其他": "", "教育": ""}}, 2),
        reading({ANY: {"其他": ""}}, 3, complete=True),
        reading({ANY: {"其他": "", "教育": ""}}, 4, complete=True),
    ]
    settled = settle(rows, names)

    assert [vote.labels for vote in settled.votes] == [
        {"domain": None, "misconduct": {"evasion": ""}},
        {"domain": {"education": ""}, "misconduct": None},
        {"domain": {"education": ""}, "misconduct": {}},
    ]
    assert settled.unlabelled == 1


def test_the_word_for_nothing_labels_all_axes_that_are_used(taxonomy: Taxonomy) -> None:
    rows = [reading({ANY: {"教育": "", "推诿": ""}}, 1, True), reading({ANY: {"无": ""}}, 2, True)]

    assert settle(rows, Names(taxonomy)).votes[1].labels == {"domain": {}, "misconduct": {}}
