"""Each report stands once in the pool, with the labels of the last who labelled each axis."""

from __future__ import annotations

from collections.abc import Mapping

from data.labelled import LabelledReport
from data.pool import pool
from data.report import Report

LONG = "幸福路的路灯坏了半年，打了三次热线都没有人来修，晚上走路要打手电筒，老人摔过两次"


def row(
    id: str, text: str, domain: str | None = None, misconduct: str | None = None, words: str = ""
) -> LabelledReport:
    labels = {
        axis: None if given is None else frozenset(given.split())
        for axis, given in (("domain", domain), ("misconduct", misconduct))
    }
    evidence: Mapping[str, Mapping[str, str]] = {"misconduct": {misconduct or "": words}} if words else {}
    return LabelledReport(Report(id, text), labels, evidence)


def test_the_later_correction_wins_axis_by_axis() -> None:
    before = row("1", LONG, "housing", "inaction", "没有人来修")
    (one,) = pool([("base", [before]), ("labels", [row("1", LONG, None, "evasion")])])

    assert one.labelled.labels == {"domain": {"housing"}, "misconduct": {"evasion"}}
    assert one.labelled.evidence == {} and one.sources == ("base", "labels")


def test_words_of_evidence_stay_where_their_axis_was_not_corrected() -> None:
    before = row("1", LONG, "housing", "inaction", "没有人来修")
    (one,) = pool([("base", [before]), ("labels", [row("9", LONG, "transport")])])

    assert one.labelled.labels["domain"] == {"transport"}
    assert one.labelled.evidence == {"misconduct": {"inaction": "没有人来修"}}
    assert one.labelled.report.id == "1"


def test_the_same_words_are_the_same_report_whatever_their_stops() -> None:
    found = pool(
        [("a", [row("1", LONG, "housing")]), ("b", [row("x", LONG.replace("，", ", "), "transport")])]
    )

    assert [one.labelled.labels["domain"] for one in found] == [{"transport"}]


def test_the_same_id_is_the_same_report_only_where_the_words_are_alike() -> None:
    edited = LONG + "请尽快。"
    found = pool([("a", [row("1", LONG, "housing")]), ("b", [row("1", edited, "transport")])])
    other = pool(
        [("a", [row("1", LONG, "housing")]), ("b", [row("1", "学校乱收费，家长都有意见", "education")])]
    )

    assert len(found) == 1 and found[0].labelled.report.text == LONG
    assert len(other) == 2


def test_reports_alike_share_a_group_and_stay_two() -> None:
    found = pool([("a", [row("1", LONG), row("2", LONG + "请尽快。"), row("3", "学校乱收费，家长都有意见")])])

    assert len(found) == 3
    assert found[0].group == found[1].group != found[2].group
