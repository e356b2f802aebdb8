"""The Tagger: the same answer however reports are cut, ordered and batched; exact contributions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from data.report import Report
from data.taxonomy import Taxonomy
from model.decide import AxisDecision
from model.export import Export
from model.tagger import CHUNK, Tagger
from model.work import Job
from tests.conftest import new_export
from tests.model.conftest import plain_decisions, random_tables, random_wide, speaking_tables

Make = Callable[..., Export]


def invented(count: int, longest: int = 120) -> list[Report]:
    """Reports of many lengths, some empty, some with a title."""
    rng = np.random.default_rng(5)
    words = "学校 医院 街道 没人 处理 ， 。 推诿 造假 路灯 \n 收费 3 &lt; 我们 ａ".split(" ")
    return [
        Report(
            f"r{i}", "".join(rng.choice(words, rng.integers(0, longest))), "路灯收费" if i % 3 == 0 else ""
        )
        for i in range(count)
    ]


def test_many_windows_give_the_logits_of_one(make_export: Make) -> None:
    reports = invented(30)
    short = Tagger(make_export(wide=random_wide(), window=12, overlap=5, folder="short"), 1)
    long = Tagger(make_export(wide=random_wide(), window=512, folder="long"), 1)

    assert max(len(short.encoder.windows(e)) for e in short.encoder.encode(reports)) > 10
    np.testing.assert_allclose(short.logits(reports), long.logits(reports), atol=1e-4)


def test_a_blind_export_gives_another_writer_the_same_scores(make_export: Make) -> None:
    export = make_export(wide=random_wide())
    blind, seeing = Tagger(replace(export, blind=True), 1), Tagger(export, 1)
    matter = "路灯坏了三个月，街道推诿，没人处理。"
    pair = [
        Report("a", "尊敬的领导，您好！我是上海人王女士，" + matter),
        Report("b", "我是河南人李先生，" + matter),
    ]

    np.testing.assert_array_equal(*blind.logits(pair))
    assert not np.array_equal(*seeing.logits(pair))
    for report, prediction in zip(pair, blind.tag(pair, "all"), strict=True):
        for tag in (tag for tags in prediction.tags.values() for tag in tags):
            assert all(report.text[e.start : e.end] == e.text for e in tag.evidence if e.part == "text")


def test_extreme_attention_scores_still_merge(make_export: Make, tokenizer: Tokenizer) -> None:
    scores, values = random_tables(tokenizer, 6)
    reports = invented(10)
    for shift in (-5e4, 5e4):
        short = Tagger(make_export((scores * 50 + shift, values), window=12, folder=f"a{shift}"), 1)
        long = Tagger(make_export((scores * 50 + shift, values), window=512, folder=f"b{shift}"), 1)

        assert np.isfinite(short.logits(reports)).all()
        np.testing.assert_allclose(short.logits(reports), long.logits(reports), atol=1e-4)


def test_neither_order_nor_neighbours_nor_budget_change_a_prediction(make_export: Make) -> None:
    export = make_export(wide=random_wide())
    reports = invented(40)
    tagger = Tagger(export, 1)
    whole = tagger.tag(reports, "all")

    assert [p.id for p in whole] == [r.id for r in reports]
    assert list(reversed(tagger.tag(reports[::-1], "all"))) == whole
    assert [tagger.tag([r], "all")[0] for r in reports] == whole
    assert Tagger(export, 1, budget=24).tag(reports, "all") == whole


def test_windows_of_many_reports_may_be_read_in_any_company(make_export: Make) -> None:
    reports = invented(30)
    tagger = Tagger(make_export(wide=random_wide(), window=12, overlap=5), 1)
    works = tagger.begin(reports)
    jobs = [Job(work, index) for work in works for index in range(len(work.windows))]
    shuffled = [jobs[i] for i in np.random.default_rng(2).permutation(len(jobs))]
    for start in range(0, len(jobs), 7):
        tagger.read(shuffled[start : start + 7])

    assert tagger.finish(works, "all") == tagger.tag(reports, "all")
    assert tagger.finish([]) == []


def test_equal_reports_with_one_id_are_each_tagged(make_export: Make) -> None:
    first, second = Tagger(make_export(), 1).tag([Report("1", "学校"), Report("1", "学校")])

    assert first == second


def test_no_reports_give_no_predictions(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)

    assert tagger.tag([]) == [] and list(tagger.stream(iter([]))) == []
    assert tagger.logits([]).shape == tagger.scores([]).shape == (0, 6)


def test_an_empty_report_is_answered(make_export: Make) -> None:
    (prediction,) = Tagger(make_export(wide=random_wide()), 1).tag([Report("1", "")], "all")

    assert prediction.id == "1"
    assert all(not tag.evidence for tags in prediction.tags.values() for tag in tags)


@pytest.mark.parametrize("title", ["", "路灯&lt;收费"])
@pytest.mark.parametrize("repeat", [1, 30])
def test_contributions_of_tokens_sum_to_the_logit(
    make_export: Make, tokenizer: Tokenizer, title: str, repeat: int
) -> None:
    # The frame is silent in these tables: what [CLS] says is nobody's evidence.
    wide = random_wide()
    tagger = Tagger(make_export(random_tables(tokenizer, 6, frame=False), wide=wide), 1)
    report = Report("1", "街道 推诿，没人\n处理㎡龘龘。" * repeat, title)
    (work,) = tagger._run([report])
    labels = [0, 3, 5]
    parts = tagger.contributions(work, labels)

    assert (len(work.windows) > 1) == (repeat > 1)
    assert parts.shape == (work.encoded.ids.size, 3)
    np.testing.assert_allclose(
        parts.sum(0), (tagger.logits([report])[0] - wide.bias)[labels], rtol=1e-4, atol=1e-4
    )


def test_a_stream_is_lazy_and_in_order(make_export: Make) -> None:
    taken = 0

    def endless() -> Iterator[Report]:
        nonlocal taken
        while True:
            taken += 1
            yield Report(str(taken), "学校收费" if taken % 2 else "没人处理，" * 9)

    stream = Tagger(make_export(), 1).stream(endless(), "none")
    assert taken == 0
    ids = [next(stream).id for _ in range(CHUNK + 1)]

    assert ids == [str(i) for i in range(1, CHUNK + 2)]
    assert taken == 2 * CHUNK


def test_scores_are_those_of_the_tags(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)
    report = invented(3)[1]
    scores = dict(zip("education medical inaction falsification complaint advice".split(),
                      tagger.scores([report])[0].tolist(), strict=True))  # fmt: skip
    (prediction,) = tagger.tag([report])
    tags = [tag for tags in prediction.tags.values() for tag in tags]

    assert {tag.label: tag.score for tag in tags} == {tag.label: scores[tag.label] for tag in tags}
    assert {tag.label for tag in prediction.tags["domain"]} == {
        name for name in ("education", "medical") if scores[name] >= 0.5
    }
    assert len(prediction.tags["purpose"]) == 1


def test_tags_stand_highest_score_first(make_export: Make) -> None:
    for prediction in Tagger(make_export(), 1).tag(invented(20)):
        for tags in prediction.tags.values():
            assert [t.score for t in tags] == sorted((t.score for t in tags), reverse=True)


@pytest.mark.parametrize(
    ("evidence", "axes"),
    [
        ("misconduct", {"misconduct"}),
        ("none", set()),
        ("all", {"domain", "misconduct", "purpose"}),
        ("careful", {"domain", "misconduct", "purpose"}),
    ],
)
def test_evidence_is_given_on_the_axes_asked_for(
    make_export: Make, tokenizer: Tokenizer, evidence: str, axes: set[str]
) -> None:
    export = make_export(speaking_tables(tokenizer, {"学校": 0, "推诿": 2, "没人": 4}))
    (prediction,) = Tagger(export, 1).tag([Report("1", "学校推诿，没人")], evidence)

    assert {axis for axis, tags in prediction.tags.items() for tag in tags if tag.evidence} == axes
    assert all(prediction.tags.values())


@pytest.mark.parametrize(
    ("marked", "axes"),
    [((), {"domain", "problem", "purpose"}), (("problem", "purpose"), {"problem", "purpose"})],
)
def test_a_taxonomy_without_misconduct_gets_evidence_on_its_screened_axes_or_on_all(
    tmp_path: Path, tokenizer: Tokenizer, taxonomy: Taxonomy, marked: tuple[str, ...], axes: set[str]
) -> None:
    domain, misconduct, purpose = taxonomy.axes
    renamed = (domain, replace(misconduct, id="problem"), purpose)
    other = Taxonomy("t", tuple(replace(axis, screened=axis.id in marked) for axis in renamed))
    tables = speaking_tables(tokenizer, {"学校": 0, "推诿": 2, "没人": 4})
    export = new_export(tmp_path / "export", tokenizer, other, tables)
    (prediction,) = Tagger(export, 1).tag([Report("1", "学校推诿，没人")])

    assert {axis for axis, tags in prediction.tags.items() for tag in tags if tag.evidence} == axes


def test_reasons_for_review_name_the_axis(make_export: Make, tokenizer: Tokenizer) -> None:
    decisions = plain_decisions(make_export(folder="other").taxonomy)
    domain, misconduct = decisions["domain"], decisions["misconduct"]
    decisions["domain"] = AxisDecision(domain.slope, domain.offset, domain.thresholds, None, True)
    decisions["misconduct"] = AxisDecision(
        misconduct.slope, misconduct.offset, misconduct.thresholds + 0.4999, 0.5
    )
    export = make_export(speaking_tables(tokenizer, {"推诿": 2, "学校": 0}), decisions)
    both, near, quiet = Tagger(export, 1).tag(
        [Report("1", "街道推诿"), Report("2", "学校推诿"), Report("3", "学校，")]
    )

    assert both.review_reasons == ("domain:no_label", "misconduct:low_confidence")
    assert near.review_reasons == ("misconduct:low_confidence",)
    assert both.needs_review and near.needs_review
    assert not quiet.needs_review and quiet.review_reasons == ()


def test_what_a_cap_left_unread_is_said(make_export: Make) -> None:
    (prediction,) = Tagger(make_export(), 1, max_tokens=3).tag([Report("1", "学校收费，没人处理")])

    assert prediction.unread_chars == 4
    assert prediction.needs_review and "unread" in prediction.review_reasons


def test_a_cap_caps_the_linear_part_and_the_evidence_too(make_export: Make, tokenizer: Tokenizer) -> None:
    wide = random_wide()
    tagger = Tagger(make_export(random_tables(tokenizer, 6, frame=False), wide=wide), 1, max_tokens=3)
    reports = [Report("1", f"学校收费，{rest}", "") for rest in ("没人处理", "街道推诿造假")]
    first, second = tagger.logits(reports)
    (work,) = tagger._run(reports[:1])

    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(
        tagger.contributions(work, [0, 3, 5]).sum(0), (first - wide.bias)[[0, 3, 5]], rtol=1e-4, atol=1e-4
    )
    assert tagger.tag(reports[:1], "all", matters=True)[0].unread_chars == 4


def test_several_threads_may_tag_at_once(make_export: Make) -> None:
    tagger = Tagger(make_export(wide=random_wide()), 1)
    reports = invented(24)
    whole = tagger.tag(reports, "all")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda r: tagger.tag([r], "all")[0], reports))

    assert found == whole


def test_a_tagger_loads_from_a_folder(make_export: Make) -> None:
    export = make_export()

    assert Tagger.load(str(export.folder), threads=1).export.model == "tiny@1"


def test_a_budget_below_one_window_is_refused(make_export: Make) -> None:
    with pytest.raises(ValueError, match="smaller than one window of 24 tokens"):
        Tagger(make_export(), 1, budget=23)


@pytest.mark.parametrize(
    ("threads", "window", "budget"), [(1, 24, 1024), (2, 24, 1024), (8, 24, 4096), (1, 2000, 2000)]
)
def test_a_call_of_the_engine_grows_with_its_threads_and_holds_a_window(
    make_export: Make, threads: int, window: int, budget: int
) -> None:
    assert Tagger(make_export(window=window), threads).budget == budget
