"""Evidence by deletion: a clause's part is what the logits lose when it is cut out of the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tokenizers import Tokenizer

from data.report import Report
from model.export import Export
from model.occlusion import MOST_CLAUSES, Occlusion
from model.tagger import Tagger
from model.work import Job
from tests.model.conftest import random_tables, random_wide, speaking_tables
from tests.model.test_tagger import invented

Make = Callable[..., Export]
LABELS = [0, 3, 5]


@pytest.mark.parametrize("window", [12, 512])
@pytest.mark.parametrize("title", ["", "路灯收费"])
def test_a_clause_weighs_what_the_logits_lose_without_it(make_export: Make, window: int, title: str) -> None:
    tagger = Tagger(make_export(wide=random_wide(), window=window, overlap=5), 1)
    report = Report("1", "学校收费，没人处理。街道推诿，路灯\n医院造假；老师收费，我们小区旁边", title)
    (work,) = tagger._run([report])
    losses = tagger.losses(work, LABELS)
    inside = (work.encoded.part == 1) & (work.encoded.start >= 5) & (work.encoded.end <= 10)
    cut = replace(report, text=report.text.replace("没人处理。", ""))

    assert (len(work.windows) > 1) == (window == 12) and inside.sum() == 3
    np.testing.assert_allclose(
        losses[inside].sum(axis=0), (tagger.logits([report]) - tagger.logits([cut]))[0][LABELS], atol=1e-4
    )


def test_windows_change_no_loss(make_export: Make) -> None:
    short = Tagger(make_export(wide=random_wide(), window=12, overlap=5, folder="short"), 1)
    long = Tagger(make_export(wide=random_wide(), window=512, folder="long"), 1)
    for report in invented(12):
        losses = [tagger.losses(tagger._run([report])[0], LABELS) for tagger in (short, long)]
        np.testing.assert_allclose(*losses, atol=1e-3)


def test_of_too_many_clauses_those_that_speak_are_cut(make_export: Make) -> None:
    tagger = Tagger(make_export(), 1)
    (work,) = tagger._run([Report("1", "。".join(["学校"] * 50 + ["街道"] * 50))])
    speaks = np.arange(work.encoded.ids.size, dtype=np.float32)[:, None]
    cuts = Occlusion.of(work, speaks).cuts

    assert len(cuts) == MOST_CLAUSES
    assert cuts[0] == (72, 74) and cuts[-1] == (198, 199)


def test_the_clause_that_the_answer_would_miss_is_shown(make_export: Make, tokenizer: Tokenizer) -> None:
    export = make_export(speaking_tables(tokenizer, {"推诿": 2, "学校": 0}))
    report = Report("1", "我们小区旁边&lt;路灯，街道推诿。学校收费")
    (prediction,) = Tagger(export, 1).tag([report], "careful")
    ((inaction,), (education,)) = prediction.tags["misconduct"], prediction.tags["domain"]

    assert [e.text for e in inaction.evidence] == ["街道推诿"]
    assert [e.text for e in education.evidence] == ["学校收费"]
    assert report.text[inaction.evidence[0].start :].startswith("街道推诿")


def test_a_scheduler_may_read_the_windows_in_any_company(make_export: Make) -> None:
    tagger, reports = Tagger(make_export(wide=random_wide(), window=12, overlap=5), 1), invented(12)
    works = tagger._run(reports)
    trials = tagger.doubt(works)
    jobs = [Job(trial, number) for trial in trials for number in range(len(trial.windows))]
    for start in range(0, len(jobs), 5):
        tagger.read(jobs[start : start + 5])

    assert len(jobs) > 50
    assert tagger.finish(works, "careful") == tagger.tag(reports, "careful")


@pytest.mark.parametrize("text", ["", "，。", "学校"])
def test_a_report_with_nothing_to_cut_is_answered(make_export: Make, tokenizer: Tokenizer, text: str) -> None:
    tagger = Tagger(make_export(random_tables(tokenizer, 6), wide=random_wide()), 1)
    careful, plain = (tagger.tag([Report("1", text)], how)[0] for how in ("careful", "none"))

    assert {a: [(t.label, t.score) for t in ts] for a, ts in careful.tags.items()} == {
        a: [(t.label, t.score) for t in ts] for a, ts in plain.tags.items()
    }
