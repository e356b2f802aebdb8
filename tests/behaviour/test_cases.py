"""The cases, perturbations, pairs and floors themselves: whole, different, and of one another's rows."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest

from data.report import Report
from data.taxonomy import Taxonomy
from tests.behaviour.cases import AXES, CASES, kinds
from tests.behaviour.directions import groups, read_pairs
from tests.behaviour.floors import MARGIN, Floors, read_floors, write_floors
from tests.behaviour.measure import Count, table_lines
from tests.behaviour.perturbations import EXACT, NEUTRAL, last_sentence_first, other_names, other_numbers
from training.behaviour import Case, Expectation, read_cases


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return Taxonomy.default()


@pytest.fixture(scope="module")
def cases(taxonomy: Taxonomy) -> list[Case]:
    return read_cases(taxonomy, CASES)


def test_every_kind_has_enough_cases(cases: list[Case]) -> None:
    counts = Counter(case.kind for case in cases)

    assert sum(counts.values()) >= 220
    assert min(counts.values()) >= 14


def test_no_text_stands_twice(cases: list[Case]) -> None:
    texts = Counter(case.report.text for case in cases)

    assert [text for text, count in texts.items() if count > 1] == []


def test_long_cases_are_long_and_terse_ones_short(cases: list[Case]) -> None:
    sizes = {
        kind: [len(case.report.text) for case in group]
        for kind, group in itertools.groupby(cases, lambda case: case.kind)
    }
    assert min(sizes["long"]) > 600
    assert max(sizes["terse"]) < 30


def test_every_label_is_asked_for_by_several_cases(cases: list[Case], taxonomy: Taxonomy) -> None:
    asked = Counter(label for case in cases for expected in case.expected.values() for label in expected.has)
    labels = [label.id for axis in taxonomy.axes for label in axis.labels]

    assert [label for label in labels if asked[label] < 4] == []


@pytest.mark.parametrize(
    ("kind", "none"),
    [("private_actor", True), ("request_not_complaint", True), ("praise_thanks", True),
     ("policy_question", True), ("label_border", False), ("implicit", False)],
)  # fmt: skip
def test_kinds_without_misconduct_ask_for_none(kind: str, none: bool, cases: list[Case]) -> None:
    exactly_none = Expectation(frozenset(), exact=True)
    found = [case.expected.get("misconduct") == exactly_none for case in cases if case.kind == kind]

    assert all(found) if none else not all(found)


def test_an_exact_expectation_allows_nothing_more() -> None:
    exact, partial = (
        Expectation(frozenset({"a"}), exact=True),
        Expectation(frozenset({"a"}), frozenset({"b"})),
    )

    assert exact.met(["a"]) and not exact.met(["a", "c"]) and not exact.met([])
    assert partial.met(["a", "c"]) and not partial.met(["a", "b"]) and not partial.met(["c"])
    assert (str(exact), str(partial)) == ("a", "+a -b")


@pytest.mark.parametrize(
    "case",
    [
        "{text: 路灯坏了, domain: [housing], wants: []}",
        "{text: 路灯坏了, domain: [street]}",
        "{text: 路灯坏了, has: [street]}",
        "{text: 路灯坏了, has: [inaction], not: [inaction]}",
        "{text: 路灯坏了, domain: [housing], has: [transport]}",
        "{text: 路灯坏了}",
    ],
)
def test_a_case_that_cannot_be_right_is_refused(case: str, taxonomy: Taxonomy, tmp_path: Path) -> None:
    (tmp_path / "cases.yaml").write_text(f"terse:\n- {case}\n", encoding="utf-8")

    with pytest.raises(ValueError, match="terse:1"):
        read_cases(taxonomy, tmp_path / "cases.yaml")


def test_every_label_has_pairs_that_must_raise_it(taxonomy: Taxonomy) -> None:
    found = Counter(pair.group for pair in read_pairs(taxonomy))

    assert set(found) == set(groups())
    assert min(found.values()) >= 10


def test_floors_have_a_row_for_all_that_is_measured() -> None:
    floors = read_floors()

    assert {name: list(rows) for name, rows in floors.items()} == {
        "minimum": kinds(),
        "invariance": list(NEUTRAL),
        "directions": list(floors["directions"]),
    }
    assert set(floors["directions"]) == set(groups())
    assert all(list(row) == list(AXES) for row in floors["minimum"].values())


def test_floors_are_what_passed_less_the_margin(tmp_path: Path) -> None:
    path = tmp_path / "floors.yaml"
    write_floors("tiny@1", {"minimum": {"terse": {"domain": Count(9, 10), "misconduct": Count(1, 10)}}}, path)

    assert MARGIN["minimum"] == 2
    assert read_floors(path) == {"minimum": {"terse": {"domain": 7, "misconduct": 0}}}


def test_a_table_shows_rates_floors_and_sums() -> None:
    floors: Floors = {"minimum": {"terse": {"domain": 7}}}
    lines = table_lines(
        "minimum", {"terse": {"domain": Count(9, 10)}, "long": {"domain": Count(1, 10)}}, floors["minimum"]
    )
    assert [line.split() for line in lines] == [
        ["minimum", "domain"],
        ["terse", "9", "of", "10", "90%", "floor", "7"],
        ["long", "1", "of", "10", "10%"],
        ["all", "10", "of", "20", "50%"],
    ]


def test_names_are_changed_but_not_words_that_look_like_them() -> None:
    report = Report("1", "汀蓼县教育局王局长，班主任老师，向书记反映。", "汀蓼县", region="汀蓼县")
    changed = other_names(report)

    assert changed is not None
    assert "汀蓼" not in changed.title + changed.text and "王局长" not in changed.text
    assert changed.text.endswith("班主任老师，向书记反映。")


def test_well_known_numbers_and_years_stay() -> None:
    changed = other_numbers(Report("1", "2025年3月打12345，7栋。"))

    assert changed is not None and changed.text == "2025年4月打12345，8栋。"


def test_a_sentence_that_leans_on_another_is_not_moved() -> None:
    free = last_sentence_first(Report("1", "路坏了。灯也坏了。请核实处理。"))

    assert free is not None and free.text == "请核实处理。路坏了。灯也坏了。"
    assert last_sentence_first(Report("1", "路坏了。灯也坏了。但是没人来。")) is None


@pytest.mark.parametrize("perturbation", [*EXACT, *NEUTRAL])
def test_a_perturbation_keeps_all_but_the_words(perturbation: str) -> None:
    report = Report(
        "7", "王某说：“3号楼，水管坏了。”路灯、井盖也坏了。请核实处理。", "汀蓼县", region="汀蓼县"
    )
    changed = {**EXACT, **NEUTRAL}[perturbation](report)

    assert changed is None or (changed.id, changed.region) == ("7", "汀蓼县")
