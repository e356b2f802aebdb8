"""Planted sentences: where they come from, where they may go, what goes with them."""

from __future__ import annotations

import numpy as np

from data.labelled import LabelledReport
from data.report import Report
from data.taxonomy import Taxonomy
from training.plant import Planter, donors, fits, planted
from training.settings import TrainSettings
from training.train import CONTRAST, forms_of

ACCOUNT = "去年冬天村里的账目是会计照着别处的单子编出来的。"
SHUTTLED = "镇里叫我去找县里，县里又叫我回来找镇里。"
LETTER = "我家门口的那条路年年修年年坏。" + ACCOUNT + "请有空的时候派人过来看一看这条路。"


def report(
    text: str, misconduct: dict[str, str] | None, domain: tuple[str, ...] = ("rural",), source: str = ""
) -> LabelledReport:
    labels = {
        "domain": frozenset(domain),
        "misconduct": None if misconduct is None else frozenset(misconduct),
    }
    return LabelledReport(Report("1", text), labels, {"misconduct": misconduct or {}}, source)


DONOR = report(LETTER, {"falsification": "照着别处的单子编出来"})
OTHER = report("盼着早日通上自来水管。" + SHUTTLED, {"evasion": "又叫我回来找镇里"})
PLAIN = report("去年村口的桥塌了一个角。今年春天还没有人动工重新修起来。", {})


def test_a_donor_is_the_sentence_that_holds_the_marked_words() -> None:
    (donor,) = donors(DONOR, "misconduct")

    assert (donor.sentence, donor.words) == (ACCOUNT, {"falsification": "照着别处的单子编出来"})
    assert donor.others == {"domain": frozenset({"rural"})}
    assert donors(PLAIN, "misconduct") == donors(DONOR, "domain") == []


def test_a_sentence_moves_whole_with_its_label_and_words() -> None:
    (donor,) = donors(DONOR, "misconduct")
    found = [planted(OTHER, donor, np.random.default_rng(seed)) for seed in range(20)]

    assert len({row.report.text for row in found}) == 3, "in front, between, behind"
    for row in found:
        assert row.report.text.replace(ACCOUNT, "", 1) == OTHER.report.text
        assert row.labels["misconduct"] == {"falsification", "evasion"}
        assert row.labels["domain"] == OTHER.labels["domain"]
        assert all(words in row.report.text for words in row.evidence["misconduct"].values())


def test_a_stop_is_put_where_one_is_wanting() -> None:
    (donor,) = donors(report("我们村 " + ACCOUNT.rstrip("。"), DONOR.evidence["misconduct"]), "misconduct")  # type: ignore[arg-type]
    row = report("路灯坏了半年也没有人来修", {})
    texts = {planted(row, donor, np.random.default_rng(seed)).report.text for seed in range(20)}

    assert texts == {donor.sentence + "。" + row.report.text, row.report.text + "。" + donor.sentence + "。"}


def test_it_goes_only_where_the_other_axes_stay_true() -> None:
    (donor,) = donors(DONOR, "misconduct")

    assert fits(donor, PLAIN) and fits(donor, report("x", {}, ("rural", "housing")))
    assert not fits(donor, report("x", {}, ("education",)))


def test_sentences_that_carry_no_label_are_planted_too() -> None:
    planter, rng = Planter([DONOR, OTHER, PLAIN], "misconduct"), np.random.default_rng(0)
    full = report("两件事。", {"falsification": "x", "evasion": "x"})
    found = [planter(full, rng) for _ in range(300)]
    moved = [row for row in found if row is not full]

    assert 70 < len(moved) < 130, "a third"
    assert {row.report.text.replace("两件事。", "") for row in moved} == {
        "去年村口的桥塌了一个角。", "今年春天还没有人动工重新修起来。",
    }  # fmt: skip
    assert all(row.labels == full.labels and row.evidence == full.evidence for row in moved)


def test_what_has_all_labels_or_is_not_labelled_stays_as_it_is() -> None:
    planter, rng = Planter([DONOR, OTHER], "misconduct"), np.random.default_rng(0)
    full = report("x", {"falsification": "x", "evasion": "x"})

    for row in (full, report("x", None), report("x", {}, ("education",))):
        assert planter(row, rng) is row


def test_rare_labels_are_planted_as_often_as_common_ones() -> None:
    planter, rng = Planter([DONOR, *[OTHER] * 50], "misconduct"), np.random.default_rng(0)
    found = [next(iter(planter(PLAIN, rng).labels["misconduct"] or ())) for _ in range(400)]  # no plain donor

    assert 150 < found.count("falsification") < 250


def test_an_epoch_plants_in_its_share_of_the_reports_and_is_the_same_again() -> None:
    rows = [*[PLAIN] * 300, DONOR, report("桥塌了一角。", {}, source=CONTRAST)]
    forms = forms_of(rows, TrainSettings(plant=0.3), Taxonomy.default())
    first, again, other = forms(0), forms(0), forms(1)

    assert first == again != other
    assert 60 < sum(row is not before for row, before in zip(first, rows, strict=True)) < 120
    assert all(forms(epoch)[-1] is rows[-1] for epoch in range(20)), "contrast sets differ by a word alone"
