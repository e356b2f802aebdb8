"""The figures about labelled reports, and the rules they are held against."""

from __future__ import annotations

import json

import pytest

from data.labelled import LabelledReport
from data.report import Report
from data.survey.agreement import alpha
from data.survey.alike import alike_groups
from data.survey.rules import RULES, Level, Rule, check
from data.survey.survey import Survey, survey
from data.taxonomy import Taxonomy

LAMP = "幸福路的路灯坏了半年，打了三次热线都没人来修，晚上走路看不见。"
TAXONOMY = Taxonomy.default()


def labelled(
    id: str, text: str, *domain: str, source: str = "a.csv", **readings: list[str]
) -> LabelledReport:
    kept = {who: {"domain": labels, "misconduct": None} for who, labels in readings.items()}
    extra = {"readings": json.dumps(kept)} if kept else {}
    return LabelledReport(
        Report(id, text, extra=extra), {"domain": frozenset(domain), "misconduct": None}, source=source
    )


def test_texts_in_nearly_the_same_words_are_alike() -> None:
    texts = [LAMP, "医院挂号排队要三个小时。", f" {LAMP.replace('，', ',')}", LAMP + "请处理。", LAMP[:12]]

    assert alike_groups(texts) == [[0, 2, 3]]


def test_the_groups_are_those_that_datasketch_finds() -> None:
    pytest.importorskip("datasketch", reason="datasketch, which nothing here needs, is not installed")
    from benchmarks.alike import SAMPLE, datasketch_groups, with_copies
    from data.readers import read_reports

    texts = with_copies([row.text for row in read_reports(SAMPLE) if isinstance(row, Report)][:80])
    assert alike_groups(texts) == datasketch_groups(texts) != []


def test_short_and_empty_texts_are_alike_only_where_equal() -> None:
    assert alike_groups(["路灯", "路灯。", "路", "", "。"]) == [[0, 1], [3, 4]]


def test_many_equal_forms_are_quick_and_all_found() -> None:
    assert alike_groups([f"{LAMP}编号{place}" for place in range(500)]) == [[*range(500)]]


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([(True, True), (False, False)], 1.0),
        ([(True, False), (False, True)], -0.5),
        ([(True, True), (True, False), (False, False), (False, False)], 1 - 7 * 2 / 30),
        ([(True, True)], None),
        ([(True,), (False,)], None),
    ],
)
def test_alpha(units: list[tuple[bool, ...]], expected: float | None) -> None:
    assert alpha(units) == (expected if expected is None else pytest.approx(expected))


def figures() -> Survey:
    reports = [
        labelled("1", LAMP, "housing", anna=["housing"], bo=["housing", "transport"]),
        labelled("2", LAMP + "请处理。", "transport", source="b.csv"),
        labelled("3", "医院挂号排队要三个小时，窗口只开两个。", "medical", "governance"),
        labelled("4", "学校食堂的饭菜不新鲜，孩子吃了肚子疼。"),
    ]
    dev = [labelled("d1", "医院挂号排队要三个小时，窗口只开两个，请处理")]
    return survey(reports, TAXONOMY, {"dev.jsonl": dev}, {"no_text": 1})


def test_rows_are_counted_by_source_and_label() -> None:
    found = figures()
    domain, misconduct = found.axes
    labels = {label.id: label for label in domain.labels}

    assert (found.rows, found.sources, found.several) == (4, {"a.csv": 3, "b.csv": 1}, 1)
    assert (domain.labelled, domain.empty, misconduct.labelled) == (4, 1, 0)
    assert labels["transport"].by_source == {"b.csv": 1} and labels["housing"].rows == 1
    assert domain.together == {("medical", "governance"): 1}
    assert [(one.axes, one.together) for one in found.across] == [(("domain", "misconduct"), {})]
    assert found.lengths[0] < found.lengths[-1] == len(LAMP) + 4


def test_labels_of_two_axes_that_stand_together_are_counted() -> None:
    inaction, nothing = frozenset({"inaction"}), frozenset[str]()
    held = [
        ({"housing", "rural"}, inaction), ({"housing"}, inaction), ({"medical"}, nothing), ({"medical"}, None)
    ]  # fmt: skip
    reports = [
        LabelledReport(Report(str(n), f"{n}" * 20), {"domain": frozenset(domain), "misconduct": misconduct})
        for n, (domain, misconduct) in enumerate(held)
    ]
    (across,) = survey(reports, TAXONOMY).across

    assert across.together == {("housing", "inaction"): 2, ("rural", "inaction"): 1}


def test_repeats_conflicts_and_leaks_are_found() -> None:
    found = figures()

    assert found.repeated == 1
    assert [(one.axis, one.ids) for one in found.conflicts] == [("domain", ("1", "2"))]
    assert [(one.id, one.file, one.other) for one in found.leaks] == [("3", "dev.jsonl", "d1")]


def test_the_reports_that_measure_themselves_are_counted_apart_from_copies_of_them() -> None:
    dev = [labelled("d1", LAMP, "housing"), labelled("d2", "学校食堂的饭菜不新鲜，孩子吃了肚子疼。")]
    corrected, copy = labelled("d1", f" {LAMP}", "transport"), labelled("7", LAMP + "请处理。", "housing")
    found = survey([corrected, copy], TAXONOMY, {"dev.jsonl": dev})

    assert found.measured == 1 and [one.id for one in found.leaks] == ["7"]
    assert survey([corrected], TAXONOMY, {"dev.jsonl": dev}).leaks == []
    again = survey([labelled("8", LAMP)], TAXONOMY, {"dev.jsonl": dev})
    assert (again.measured, again.leaks) == (1, [])  # under another id it is left out of training as well


def test_agreement_comes_from_everybodys_labels() -> None:
    reports = [
        labelled(str(n), f"{n}" * 20, anna=["housing"] * (n % 2), bo=["housing"] * (n % 2)) for n in range(9)
    ]
    label = {one.id: one for one in survey(reports, TAXONOMY).axes[0].labels}["housing"]

    assert (label.judged, label.alpha) == (9, 1.0)


def test_broken_rules_are_found_failures_first() -> None:
    findings = check(figures())
    rules = [finding.rule for finding in findings]

    assert rules[:2] == ["leaks", "unlabelled_axis"] and findings[0].level is Level.fail
    assert {"conflicts", "repeated", "rejected", "few_examples"} <= {*rules}
    assert "disagreement" not in rules  # one report judged twice says little


def test_rules_can_be_set() -> None:
    rules = {**{name: Rule(Level.off, 0) for name in RULES}, "few_examples": Rule(Level.fail, 1)}

    assert {(finding.rule, finding.level) for finding in check(figures(), rules)} == {
        ("few_examples", Level.fail)
    }
    assert "领域·教育" in [finding.where for finding in check(figures(), rules)]


def test_nothing_at_all_can_be_surveyed() -> None:
    assert survey([], TAXONOMY).rows == 0 and check(survey([], TAXONOMY))
