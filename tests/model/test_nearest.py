"""The nearest labelled cases: those that the encoder sees alike, nearest first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from tokenizers import Tokenizer

from data.report import Report
from model.export import Export
from model.nearest import COUNT, Cases
from model.prediction import Nearest, Prediction
from model.tagger import Tagger
from tests.model.conftest import speaking_tables

Make = Callable[..., Export]


def test_the_nearest_cases_are_about_the_same(make_export: Make, tokenizer: Tokenizer) -> None:
    words = {"学校": 0, "医院": 1, "推诿": 2, "造假": 3}
    tagger = Tagger(make_export(speaking_tables(tokenizer, words)), 1)
    texts = ["学校收费", "医院收费", "街道推诿，没人处理", "学校造假", "路灯"]
    tagger.cases = Cases(
        tagger.scores_and_values([Report(str(i), text) for i, text in enumerate(texts)])[1],
        list("01234"), texts,
    )  # fmt: skip
    school, office = tagger.tag([Report("a", "我们小区旁边学校"), Report("b", "推诿来推诿去")])

    assert (school.nearest[0].id, office.nearest[0].id) == ("0", "2")
    assert office.nearest[0].text == texts[2]
    assert len(school.nearest) == COUNT
    assert [c.similarity for c in school.nearest] == sorted(
        (c.similarity for c in school.nearest), reverse=True
    )


def test_a_case_is_nearest_to_itself_and_one_case_is_enough() -> None:
    views = np.random.default_rng(1).normal(0, 1, (20, 6)).astype(np.float32)
    cases = Cases(views, [str(i) for i in range(20)])

    assert all(cases.nearest(views[i])[0].id == str(i) for i in range(20))
    assert cases.nearest(views[3])[0].similarity > 0.999
    assert [c.id for c in Cases(views[:1], ["only"]).nearest(views[5])] == ["only"]


def test_nearest_cases_are_told_only_where_asked_for_and_without_words_in_logs(make_export: Make) -> None:
    (plain,) = Tagger(make_export(), 1).tag([Report("1", "学校")])
    told = Prediction("1", {}, False, 0, "m", (), (Nearest("A-7", 0.93214, "没人处理"), Nearest("A-8", 0.5)))

    assert "nearest" not in plain.to_dict()
    assert told.to_dict()["nearest"] == [
        {"id": "A-7", "similarity": 0.9321, "text": "没人处理"}, {"id": "A-8", "similarity": 0.5},
    ]  # fmt: skip
    assert Prediction.from_dict(told.to_dict()).nearest[1] == told.nearest[1]
    assert "没人处理" not in repr(told)
