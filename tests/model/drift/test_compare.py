"""Files become figures without words, and figures that have moved break the rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from data.errors import BrokenFile
from data.report import Report
from data.survey.rules import Level, Rule
from model.drift.compare import NONE, Drift, NotComparable, compare
from model.drift.measure import measure, of_total
from model.drift.rules import RULES, check
from model.drift.sample import FORMAT, Sample
from model.drift.tagged import is_tagged, read_tagged
from model.export import Export
from model.tagger import Tagger
from tests.conftest import random_wide, speaking_tables
from tests.model.test_scope import POEM, with_scope

Make = Callable[..., Export]
OF = {"学校": "学校收费", "医院": "医院名单造假", "路灯": "我们小区旁边路灯"}


def reports(schools: int, hospitals: int, lamps: int) -> list[Report]:
    words = ["学校"] * schools + ["医院"] * hospitals + ["路灯"] * lamps
    return [Report(f"独角鲸{n}", OF[word] + "了" * (n % 7)) for n, word in enumerate(words)]


@pytest.fixture
def tagger(make_export: Make, tokenizer: Tokenizer) -> Tagger:
    words = {"学校": 0, "医院": 1, "推诿": 2, "造假": 3}
    return Tagger(make_export(speaking_tables(tokenizer, words), wide=None), 1)


def broken(found: Drift, rules: dict[str, Rule] | None = None) -> set[tuple[str, str]]:
    return {(one.rule, one.label) for one in check(found, {**RULES, **(rules or {})})}


def test_what_is_measured_is_what_the_tagger_says(tagger: Tagger) -> None:
    some = [*reports(3, 2, 4), Report("x", "", "医院"), Report("y", "甲骨龘")]
    sample, told = measure(tagger, some), tagger.tag(some, "none")

    assert len(sample) == sample.total == 11
    given = [tag.label for one in told for tags in one.tags.values() for tag in tags]
    assert sample.given.sum(0).tolist() == [
        given.count(label) for axis in tagger.export.taxonomy.axes for label in axis.label_ids
    ]
    assert sample.review.sum() == sum(one.needs_review for one in told)
    assert sample.scores is not None and sample.scores.shape == (11, 6)
    np.testing.assert_allclose(np.sort(sample.scores, 0), np.sort(tagger.scores(some), 0), atol=1e-6)
    assert sample.lengths is not None and sample.lengths.sum() == sum(len(one.text) for one in some)
    assert sample.vectors is not None and sample.vectors.shape == (11, 18) and sample.rare is None
    assert sample.unknown is not None and sample.unknown.max() == pytest.approx(2 / 3)  # 甲 is known


def test_review_reasons_and_unread_words_are_counted(make_export: Make, tokenizer: Tokenizer) -> None:
    export = make_export(speaking_tables(tokenizer, {"学校": 0}), wide=random_wide())
    empty = replace(export.decisions["domain"], review_when_empty=True)
    export = replace(export, decisions={**export.decisions, "domain": empty})
    tagger = Tagger(export, 1, max_tokens=4)
    some = reports(2, 0, 2)
    sample, told = measure(tagger, some), tagger.tag(some, "none")

    reasons = [reason for one in told for reason in one.review_reasons]
    assert sample.reasons == {reason: reasons.count(reason) for reason in set(reasons)}
    assert sample.review.sum() == sum(one.needs_review for one in told)
    assert sample.rare is not None and 0 <= sample.rare.min() <= sample.rare.max() <= 1


def test_a_scope_counts_in_drift_as_it_does_in_tags(
    make_export: Make, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    made = make_export(speaking_tables(tokenizer, {"学校": 0, "医院": 1, "造假": 3}), wide=random_wide())
    tagger = Tagger(with_scope(made, rare=(0, 1)), 1)
    some = [*reports(3, 2, 4), Report("a", f"{POEM}，学校"), Report("b", "您好！")]
    sample, told = measure(tagger, some), tagger.tag(some, "none")
    (tmp_path / "told.jsonl").write_text("\n".join(json.dumps(one.to_dict()) for one in told))

    reasons = [reason for one in told for reason in one.review_reasons]
    assert {"out_of_scope", "too_short", "domain:rare_label"} <= {*reasons}
    assert sample.reasons == {reason: reasons.count(reason) for reason in set(reasons)}
    found = compare(sample, read_tagged(tmp_path / "told.jsonl", made.taxonomy))
    assert {one.points for one in (*found.labels, found.review)} == {0}
    assert sample.scores is not None
    np.testing.assert_allclose(np.sort(sample.scores, 0), np.sort(tagger.scores(some), 0), atol=1e-6)


def test_figures_are_kept_and_hold_no_word_and_no_id(
    tagger: Tagger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = of_total(measure(tagger, reports(3, 3, 3)), 90, 2)
    sample.save(tmp_path / "kept.npz")
    again = Sample.load(tmp_path / "kept.npz")

    assert (again.model, again.digest, again.total, again.rejected) == ("tiny@1", sample.digest, 90, 2)
    assert again.taxonomy == sample.taxonomy and again.reasons == sample.reasons
    for name in ("given", "review", "scores", "lengths", "unknown", "vectors"):
        np.testing.assert_array_equal(getattr(again, name), getattr(sample, name))
    with np.load(tmp_path / "kept.npz") as arrays:
        assert not any("独角鲸" in str(arrays[name]) or "收费" in str(arrays[name]) for name in arrays)
    monkeypatch.setattr("model.drift.sample.FORMAT", FORMAT + 1)
    with pytest.raises(BrokenFile, match="an older petition-tagger"):
        Sample.load(tmp_path / "kept.npz")
    (tmp_path / "kept.npz").write_bytes(b"no")
    with pytest.raises(BrokenFile):
        Sample.load(tmp_path / "kept.npz")


def test_alike_files_break_no_rule(tagger: Tagger) -> None:
    found = compare(measure(tagger, reports(90, 60, 150)), measure(tagger, reports(88, 63, 149)))

    assert broken(found) == set()
    assert found.apart is not None and found.apart.p > 0.05
    assert found.review.before.total == 300


def test_what_has_moved_is_named(tagger: Tagger) -> None:
    found = compare(measure(tagger, reports(90, 60, 150)), measure(tagger, reports(90, 150, 60)))
    moved = {one.label: one for one in found.labels if one.axis == "domain"}

    assert {("label_points", "medical"), ("label_points", NONE)} <= broken(found)
    assert ("apart", "") in broken(found, {"apart": Rule(Level.fail, 0.6)})
    assert ("label_points", "education") not in broken(found)
    assert moved["medical"].points == pytest.approx(0.3) and moved["medical"].low > 0.2
    assert moved["medical"].ratio == pytest.approx(2.5, abs=0.02)
    assert broken(found, {"label_points": Rule(Level.off, 0)}) & {("label_points", "medical")} == set()


def test_chance_alone_is_no_drift(tagger: Tagger) -> None:
    few = compare(measure(tagger, reports(2, 0, 3)), measure(tagger, reports(0, 2, 3)))

    assert broken(few) == {("few", "")}  # 40 points of change, on five reports
    assert few.apart is None


def test_words_that_the_model_does_not_know_are_seen(tagger: Tagger) -> None:
    strange = [Report("", "龘靐齉爩鱻麤" * 2 + "路灯") for _ in range(120)]
    found = compare(measure(tagger, reports(0, 0, 120)), measure(tagger, strange))

    assert {("unknown", ""), ("length", "")} <= broken(found)


def test_models_are_not_mixed(tagger: Tagger) -> None:
    one = measure(tagger, reports(2, 2, 2))

    with pytest.raises(NotComparable, match="different models"):
        compare(one, replace(one, model="tiny@2"))
    with pytest.raises(NotComparable, match="different models"):
        compare(one, replace(one, digest="other"))
    with pytest.raises(NotComparable, match="no report"):
        compare(one, measure(tagger, []))


def test_predictions_give_what_they_hold(tagger: Tagger, tmp_path: Path) -> None:
    def write(name: str, some: list[Report]) -> Path:
        lines = [json.dumps(one.to_dict(), ensure_ascii=False) for one in tagger.tag(some)]
        (tmp_path / name).write_text("\n".join([*lines, "", "{}"]), encoding="utf-8")
        return tmp_path / name

    one, other = write("a.jsonl", reports(30, 10, 60)), write("b.jsonl", reports(10, 60, 30))
    taxonomy = tagger.export.taxonomy
    found = compare(read_tagged(one, taxonomy), read_tagged(other, taxonomy))

    assert is_tagged(one) and found.before.rejected == 1 and len(found.before) == 100
    assert found.lengths is found.unknown is found.apart is None and found.scores == ()
    assert ("label_points", "medical") in broken(found)
    # Predictions and reports of the same model may be compared as far as both go.
    assert compare(read_tagged(one, taxonomy), measure(tagger, reports(5, 5, 5))).lengths is None


@pytest.mark.parametrize("fault", ["label", "models"])
def test_predictions_that_do_not_fit_are_refused(tagger: Tagger, tmp_path: Path, fault: str) -> None:
    shapes = [one.to_dict() for one in tagger.tag(reports(1, 1, 0))]
    if fault == "label":
        shapes[1]["tags"]["domain"][0]["label"] = "gone"
    else:
        shapes[1]["model"] = "other@1"
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(one) for one in shapes), encoding="utf-8")

    with pytest.raises(BrokenFile, match={"label": "line 2: a label", "models": "several models"}[fault]):
        read_tagged(tmp_path / "a.jsonl", tagger.export.taxonomy)


def test_other_files_are_no_predictions(tmp_path: Path) -> None:
    for name, text in (("a.jsonl", '{"text": "路灯"}'), ("b.jsonl", ""), ("c.csv", "a,b"), ("d.jsonl", "x")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert not is_tagged(tmp_path / name)
    assert not is_tagged(tmp_path / "none.jsonl")
