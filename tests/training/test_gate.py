"""The gate lets a candidate pass that is as good or better, and says which rule another one breaks."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer

from data.frozen_split import Labels
from data.labelled import LabelledReport
from data.report import Report
from data.taxonomy import Taxonomy
from model.decide import AxisDecision
from model.export import GOLDEN, SCOPE, Export
from model.golden import write_golden
from model.scope import Scope
from model.tagger import Tagger
from tests.conftest import plain_decisions, speaking_tables
from tests.model.test_scope import linear
from training.behaviour import Case, Expectation
from training.gate import GateSettings, Verdict, judge
from training.settings import BadSettings
from training.verdict_words import reasons

WORDS = {"学校": 0, "医院": 1, "推诿": 3, "造假": 4}
LABELS = ("education", "medical", "housing", "inaction", "falsification")
QUICK = GateSettings(samples=200)
CASES = [
    Case("plain", Report("plain:1", "学校收费，领导推诿"), {"domain": Expectation(frozenset({"education"}))}),
    Case(
        "plain",
        Report("plain:2", "医院补贴名单造假"),
        {"misconduct": Expectation(frozenset({"falsification"}))},
    ),
]


@pytest.fixture
def make(make_export: Callable[..., Export], tokenizer: Tokenizer) -> Callable[..., Tagger]:
    """A model in which these words speak for these columns."""

    def tagger(folder: str, words: dict[str, int] = WORDS, **more: Any) -> Tagger:
        export = make_export(speaking_tables(tokenizer, words, 7), folder=folder, **more)
        return Tagger(export, 1)

    return tagger


@pytest.fixture
def axes() -> GateSettings:
    """Settings in which the axis that no test report labels may stay so."""
    return replace(QUICK, least_test=0)


def labelled(count: int = 120) -> list[LabelledReport]:
    dice = random.Random(1)
    rows = []
    for index in range(count):
        domain, misconduct = dice.choice(["学校", "医院"]), dice.choice(["推诿", "造假", "没人"])
        labels = {
            "domain": frozenset({LABELS[WORDS[domain]]}),
            "misconduct": frozenset({LABELS[WORDS[misconduct]]} if misconduct in WORDS else ()),
            "purpose": None,
        }
        rows.append(LabelledReport(Report(f"r{index}", f"{domain}{misconduct}"), labels))
    return rows


def labels_of(rows: Sequence[LabelledReport]) -> dict[int, Labels]:
    return {place: row.labels for place, row in enumerate(rows)}


def broken(verdict: Verdict) -> set[tuple[str, str]]:
    return {(check.rule, check.where) for check in verdict.checks if not check.passed}


def test_a_candidate_that_is_as_good_is_promoted(make: Callable[..., Tagger], axes: GateSettings) -> None:
    verdict = judge(make("new"), make("old"), labelled(), CASES, axes)

    assert verdict.promoted and verdict.tested == {"domain": 120, "misconduct": 120, "purpose": 0}
    assert verdict.axes["domain"].macro.after == 1.0
    assert "purpose" not in verdict.axes  # no test report is labelled there


def test_an_axis_without_test_reports_does_not_pass(make: Callable[..., Tagger]) -> None:
    verdict = judge(make("new"), make("old"), labelled(), (), QUICK)

    assert broken(verdict) == {("test_size", "purpose")}


def test_a_candidate_that_forgot_a_protected_label_is_refused(
    make: Callable[..., Tagger], axes: GateSettings
) -> None:
    forgot = {word: column for word, column in WORDS.items() if word != "推诿"}
    verdict = judge(make("new", forgot), make("old"), labelled(), CASES, axes)

    assert {("protected", "inaction"), ("macro_f1", "misconduct")} <= broken(verdict)
    assert ("protected", "falsification") not in broken(verdict)
    assert ("macro_f1", "domain") not in broken(verdict)


def test_a_label_that_is_not_protected_may_fall_where_the_mean_rises(
    make: Callable[..., Tagger], axes: GateSettings
) -> None:
    old = {"学校": 0, "造假": 4}  # knows neither 医院 nor 推诿
    new = {"医院": 1, "推诿": 3, "造假": 4}  # has learnt both, and forgot 学校
    settings = replace(axes, protected=("medical", "inaction"))

    assert judge(make("new", new), make("old", old), labelled(), (), settings).promoted
    protected = replace(axes, protected=("education",))
    verdict = judge(make("new2", new), make("old2", old), labelled(), (), protected)
    assert broken(verdict) == {("protected", "education")}


def test_scores_that_are_no_longer_probabilities_are_refused(
    make: Callable[..., Tagger], axes: GateSettings, taxonomy: Taxonomy
) -> None:
    flat: dict[str, AxisDecision] = {
        axis: replace(decision, slope=decision.slope * 0.05, thresholds=decision.thresholds)
        for axis, decision in plain_decisions(taxonomy).items()
    }
    verdict = judge(make("new", decisions=flat), make("old"), labelled(), (), axes)

    assert broken(verdict) == {("calibration", "domain"), ("calibration", "misconduct")}


def test_golden_scores_that_are_not_met_are_refused(make: Callable[..., Tagger], axes: GateSettings) -> None:
    new = make("new")
    write_golden(new.export.folder / GOLDEN, make("other", {}), [Report("g", "学校")])
    verdict = judge(new, make("old"), labelled(), (), axes)

    assert broken(verdict) == {("golden", "")}


def test_behaviour_that_got_lost_is_refused_and_named(
    make: Callable[..., Tagger], axes: GateSettings
) -> None:
    forgot = {word: column for word, column in WORDS.items() if word != "医院"}
    hardly = [row for row in labelled() if row.labels["domain"] == {"education"}]
    settings = replace(axes, behaviours=0.9, behaviours_lost=0)
    cases = [
        *CASES,
        Case("plain", Report("plain:3", "医院收费没人处理"), {"domain": Expectation(frozenset({"medical"}))}),
    ]
    verdict = judge(make("new", forgot), make("old"), hardly, cases, settings)

    assert broken(verdict) == {("behaviour", ""), ("behaviour_lost", "")}
    assert {check.cases for check in verdict.checks if not check.passed} == {("plain:3",)}


def test_reports_that_the_scope_turns_away_count_as_tagged_with_nothing(
    make: Callable[..., Tagger], axes: GateSettings
) -> None:
    narrow = make("narrow").export
    Scope(linear("学校"), np.inf, np.zeros(7, bool)).save(narrow.folder / SCOPE)
    narrow.save()
    verdict = judge(Tagger(Export.load(narrow.folder), 1), make("old"), labelled(), (), axes)

    assert ("protected", "education") in broken(verdict)
    assert verdict.axes["domain"].labels[0] is not None and verdict.axes["domain"].labels[0].after == 0
    assert ("calibration", "domain") not in broken(verdict)


def test_a_label_to_protect_that_there_is_not_is_refused(taxonomy: Taxonomy) -> None:
    GateSettings().refuse_unknown(taxonomy)  # of the default ones this taxonomy lacks some
    with pytest.raises(BadSettings, match="no label is educaton; there are education, medical"):
        GateSettings(protected=("educaton", "medical")).refuse_unknown(taxonomy)


def test_too_few_test_reports_prove_nothing(make: Callable[..., Tagger]) -> None:
    verdict = judge(make("new"), make("old"), labelled(20), CASES, QUICK)

    assert ("test_size", "domain") in broken(verdict)
    assert not judge(make("new2"), make("old2"), [], CASES, QUICK).promoted


def test_an_axis_of_which_no_test_report_holds_a_label_proves_nothing(
    make: Callable[..., Tagger], axes: GateSettings
) -> None:
    clean = [replace(row, labels={**row.labels, "misconduct": frozenset()}) for row in labelled()]
    verdict = judge(make("new"), make("old"), clean, (), axes)

    assert ("macro_f1", "misconduct") in broken(verdict)
    assert any("没有一件有标签，无从判断" in line for line in reasons(verdict))
    both = judge(make("new2"), make("old2"), [*labelled(), *clean], (), axes, labels_of(clean))
    assert "misconduct" in both.unproven


def test_labels_that_were_wrong_in_the_new_reports_alone_are_found_on_the_older(
    make: Callable[..., Tagger], axes: GateSettings
) -> None:
    swapped = {"学校": 1, "医院": 0, "推诿": 4, "造假": 3}
    older = labelled(100)
    names = {"education": "medical", "medical": "education", "inaction": "falsification",
             "falsification": "inaction"}  # fmt: skip
    wrong = [
        replace(
            row,
            labels={axis: held and frozenset(names[x] for x in held) for axis, held in row.labels.items()},
        )
        for row in labelled(300)
    ]
    settings = replace(axes, least_test=50)
    new, old = make("new", swapped), make("old")
    together = judge(new, old, [*older, *wrong], (), settings)
    apart = judge(new, old, [*older, *wrong], (), settings, settled=labels_of(older))
    relabelled = judge(new, old, wrong, (), settings, settled=labels_of(labelled(300)))

    assert broken(together) == {("test_size", "purpose")}  # most of the test is as wrong as the candidate
    assert {("macro_f1", "domain"), ("macro_f1", "misconduct"), ("protected", "education")} <= broken(apart)
    assert all(check.settled for check in apart.checks if not check.passed and check.rule != "test_size")
    assert apart.unproven == ("purpose",) and together.unproven == ()
    assert {("macro_f1", "domain"), ("protected", "education")} <= broken(relabelled)
    few = judge(new, old, [*older, *wrong], (), settings, settled=labels_of(older[:20]))
    assert few.unproven == ("domain", "misconduct", "purpose") == tuple(few.to_dict()["unproven"])


def test_other_labels_are_not_compared(
    make: Callable[..., Tagger], make_export: Callable[..., Export], taxonomy: Taxonomy, tokenizer: Tokenizer
) -> None:
    old = make("old")
    smaller = replace(taxonomy, axes=taxonomy.axes[:1])
    old.export = replace(old.export, taxonomy=smaller)

    assert broken(judge(make("new"), old, labelled(), (), QUICK)) == {("taxonomy", "")}


def test_the_first_model_of_a_taxonomy_must_do_better_than_who_does_not_read(
    make: Callable[..., Tagger],
) -> None:
    words = {"补贴": "complaint", "名单": "advice"}
    test = [
        replace(
            row,
            report=replace(row.report, text=f"{row.report.text}{word}"),
            labels={**row.labels, "purpose": frozenset({words[word]})},
        )
        for row, word in zip(labelled(), cycle(words), strict=False)
    ]
    knows, bad = make("new", {**WORDS, "补贴": 5, "名单": 6}), make("bad", {})
    verdict = judge(knows, None, test, CASES, QUICK)

    assert verdict.promoted and verdict.axes == {} and verdict.tested["purpose"] == 120
    assert {("test_size", "domain"), ("learned", "domain")} <= broken(judge(knows, None, [], (), QUICK))
    assert {("behaviour", ""), ("learned", "misconduct")} <= broken(judge(bad, None, test, CASES, QUICK))


def test_a_verdict_is_json_without_words(make: Callable[..., Tagger]) -> None:
    shape = json.loads(json.dumps(judge(make("new"), make("old"), labelled(), CASES, QUICK).to_dict()))

    assert shape["axes"]["domain"]["labels"]["education"]["after"] == 1.0
    assert np.isclose(shape["axes"]["domain"]["macro_f1"]["low"], 0)
    assert "学校" not in json.dumps(shape, ensure_ascii=False)
