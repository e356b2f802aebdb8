"""Augmented reports: other words around the matter, the same labels and marked words."""

from __future__ import annotations

import re

import numpy as np
import pytest

from data.labelled import LabelledReport
from data.privacy.masker import Masker
from data.report import Report
from training.augment import Augmented, augment, covered
from training.misspell import alike

TEXT = "尊敬的书记：您好！王先生3月12日去窗口，被要求交280元，拨打12345后，2019年至今无人处理。谢谢！"
ROW = LabelledReport(
    Report("1", TEXT, "窗口收费280元"),
    {"misconduct": frozenset({"inaction", "graft"})},
    {"misconduct": {"inaction": "至今无人处理", "graft": "被要求交280元"}},
)


def variants(count: int = 200) -> list[LabelledReport]:
    rng = np.random.default_rng(0)
    return [augment(ROW, rng, 0.6) for _ in range(count)]


def test_labels_and_id_stay_and_marked_words_are_still_in_the_text() -> None:
    for row in variants():
        assert (row.report.id, row.labels) == (ROW.report.id, ROW.labels)
        assert all(words in row.report.text for words in row.evidence["misconduct"].values())


def test_every_kind_of_change_happens() -> None:
    texts = [row.report.text for row in variants()]

    assert any("书记" not in text for text in texts), "greeting taken off"
    assert any(text.startswith("市民来电") for text in texts), "greeting put on"
    assert any("谢谢" not in text for text in texts), "closing taken off"
    assert any("王先生" not in text and "先生3" in text for text in texts), "surname"
    assert any("280" not in text for text in texts), "digits"
    assert any("。" not in text for text in texts), "stops"
    assert any("联系电话" in text for text in texts), "contact line"


def test_hotline_numbers_and_years_stay() -> None:
    assert all("12345" in row.report.text and "2019年" in row.report.text for row in variants())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("区教育局领导三次到校都不管这件事情", "区教育局领导三次到校都不管这件事情"),
        ("尊敬的李书记：我们村的路没人修已经三年了", "我们村的路没人修已经三年了"),
        ("市民反映，小区停水三天没有人来通知", "小区停水三天没有人来通知"),
        ("李主任您好！我们村的路没人修已经三年了", "我们村的路没人修已经三年了"),
    ],
)
def test_a_greeting_is_taken_off_and_an_actor_is_not(text: str, kept: str) -> None:
    rng = np.random.default_rng(2)
    found = [augment(LabelledReport(Report("1", text), {}), rng, 0.9).report.text for _ in range(60)]
    assert all(kept.replace("，", ",") in words.replace("，", ",") for words in found)
    assert text == kept or any(text not in words for words in found)


@pytest.mark.parametrize("text", ["", "您好", "谢谢！", "书记好"])
def test_a_text_that_is_nothing_else_is_not_emptied(text: str) -> None:
    rng = np.random.default_rng(1)
    row = LabelledReport(Report("1", text), {"misconduct": frozenset()})
    found = [augment(row, rng, 0.9).report.text for _ in range(50)]
    assert all(text in words or text.replace("！", "。") in words for words in found)


SWAPPED = LabelledReport(
    Report(
        "3",
        "我是河南人，回族。我儿子王强在B市二中，班主任老师姓李，李老师收每个男生补课费，子女上学难，他不管，找局长赵刚，赵刚说不归他管。",
        "郑州王先生反映",
    ),
    {"misconduct": frozenset({"graft", "inaction", "evasion"})},
    {"misconduct": {"graft": "李老师收每个男", "inaction": "他不管", "evasion": "赵刚说不归他管"}},
)


def test_people_and_places_change_and_marked_words_move_along() -> None:
    rows = [Augmented([SWAPPED], 0, 0.6)(epoch)[0] for epoch in range(80)]
    texts = [row.report.title + row.report.text for row in rows]

    for gone in ("河南", "回族", "儿子", "王强", "B市", "李老师", "男生", "郑州", "赵刚"):
        assert 10 < sum(gone not in text for text in texts) < 80, gone
    assert all("班主任老师" in text and "子女" in text for text in texts)
    for row in rows:
        words = row.evidence["misconduct"]
        assert all(marked in row.report.text for marked in words.values())
        assert words["graft"][1:] in ("老师收每个男", "老师收每个女生")  # a changed word is marked whole
        assert words["inaction"][1:] == "不管" and words["evasion"].endswith("管")


def test_one_person_keeps_one_name_throughout_a_report() -> None:
    for epoch in range(40):
        text = Augmented([SWAPPED], 1, 0.6)(epoch)[0].report.text
        found = re.search("局长(赵刚|..|【被反映人】)[，,](赵刚|..|【被反映人】)说", text)
        assert found and found[1] == found[2]


def test_seed_and_epoch_fix_the_changes() -> None:
    first, again, other = (Augmented([ROW] * 20, 3, 0.5)(epoch) for epoch in (1, 1, 2))

    assert [r.report for r in first] == [r.report for r in again] != [r.report for r in other]


def test_rate_zero_changes_nothing() -> None:
    assert Augmented([ROW], 0, 0.0)(0) == [ROW]


NAMED = LabelledReport(
    Report(
        "2",
        "我叫王小明，电话13800138000，多次找街道办没人管，只让我打13800138000等通知。",
        "电话13800138000没人接",
    ),
    {"misconduct": frozenset({"inaction", "evasion"})},
    {"misconduct": {"inaction": "没人接", "evasion": "只让我打13800138000等通知"}},
)


def test_identifiers_are_covered_and_marked_words_move_along() -> None:
    row = covered(NAMED, Masker())
    whole = row.report.title + row.report.text

    assert "王小明" not in whole and "13800138000" not in whole
    assert row.labels == NAMED.labels
    words = row.evidence["misconduct"]
    assert words["inaction"] == "没人接" and words["inaction"] in row.report.title
    assert words["evasion"].startswith("只让我打【") and words["evasion"] in row.report.text


def test_a_report_without_identifiers_stays_as_it_is() -> None:
    row = LabelledReport(Report("1", "路灯三个月没人修"), {"misconduct": frozenset({"inaction"})})

    assert covered(row, Masker()) is row


def test_some_epochs_read_a_report_covered() -> None:
    forms = Augmented([NAMED], 0, 0.5)
    covers = ["【姓名】" in forms(epoch)[0].report.text for epoch in range(60)]

    assert 5 < sum(covers) < 30


def test_some_reports_are_misspelled_by_sound_and_marked_words_go_along() -> None:
    rows = [Augmented([ROW], 0, 0.0, 0.5)(epoch)[0] for epoch in range(200)]
    changed = [row for row in rows if row != ROW]

    assert 60 < len(changed) < 110, "half of them, less those in which nothing was drawn"
    for row in changed:
        differ = [(a, b) for a, b in zip(TEXT, row.report.text, strict=True) if a != b]
        assert len(differ) <= 0.35 * len(TEXT) and all(b in alike()[a] for a, b in differ)
        assert row.labels == ROW.labels
        for label, words in row.evidence["misconduct"].items():
            assert words in row.report.text and len(words) == len(ROW.evidence["misconduct"][label])
    spoilt = {row.evidence["misconduct"]["inaction"] for row in changed}
    assert len(spoilt) > 3 and "至今无人处理" in spoilt


def test_misspelling_alone_looks_for_no_identifiers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Masker, "find", lambda masker, text: pytest.fail("it looked"))

    assert Augmented([NAMED], 0, 0.0, 1.0)(0)[0].labels == NAMED.labels


def test_only_common_characters_stand_for_others() -> None:
    assert all(others and one not in others for one, others in alike().items())
    assert "髀" not in "".join(alike().values()) and "必" in alike()["比"]
