"""Planted sentences: where they come from, where they may go, what goes with them."""

from __future__ import annotations

import numpy as np

from data.labelled import LabelledReport
from data.report import Report
from data.taxonomy import Taxonomy
from training.plant import CONTRAST, Planter, donors, fits, planted
from training.settings import TrainSettings
from training.train import forms_of

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
DENIAL = report("办事员没有照着别处的单子编账。他们说的每一笔都对得上。", {}, source=CONTRAST)
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


def moved(planter: Planter, row: LabelledReport) -> list[LabelledReport]:
    """Of 300 drawings, those with a sentence more."""
    rng = np.random.default_rng(0)
    return [drawn for _ in range(300) if (drawn := planter(row, rng)) is not row]


def test_a_third_of_the_sentences_carry_no_label() -> None:
    row = report("两件事。", {"evasion": "两件事"})
    found = moved(Planter([DONOR, OTHER, PLAIN], "misconduct"), row)
    plain = [drawn for drawn in found if drawn.labels == row.labels]

    assert 70 < len(plain) < 130
    assert {drawn.report.text.replace("两件事。", "") for drawn in plain} == {
        "去年村口的桥塌了一个角。", "今年春天还没有人动工重新修起来。",
    }  # fmt: skip
    assert all(drawn.evidence == row.evidence for drawn in plain)


def test_half_of_those_without_a_label_are_of_contrast_reports() -> None:
    found = moved(Planter([DONOR, OTHER, PLAIN, DENIAL], "misconduct"), PLAIN)

    assert 110 < sum("编账" in row.report.text or "对得上" in row.report.text for row in found) < 190


def test_a_report_that_alleges_nothing_is_given_no_allegation() -> None:
    found = moved(Planter([DONOR, OTHER, PLAIN, DENIAL], "misconduct"), PLAIN)

    assert len(found) == 300 and all(row.labels == PLAIN.labels for row in found)


def test_where_no_sentence_fits_the_report_stays_as_it_is() -> None:
    planter, rng = Planter([DONOR, OTHER], "misconduct"), np.random.default_rng(0)
    full = report("x", {"falsification": "x", "evasion": "x"})

    for row in (full, PLAIN, report("x", None), report("x", {"evasion": "x"}, ("education",))):
        assert planter(row, rng) is row


def test_rare_labels_are_planted_as_often_as_common_ones() -> None:
    third = report("两件事。", {"arbitrary": "两件事"})
    found = moved(Planter([DONOR, *[OTHER] * 50], "misconduct"), third)
    labels = [next(iter(row.labels["misconduct"] - {"arbitrary"}), "") for row in found]  # type: ignore[operator]

    assert 70 < labels.count("falsification") < 130 and 70 < labels.count("evasion") < 130


def test_an_epoch_plants_in_its_share_of_the_reports_and_is_the_same_again() -> None:
    rows = [*[PLAIN] * 300, DONOR, report("桥塌了一角。", {}, source=CONTRAST)]
    forms = forms_of(rows, TrainSettings(plant=0.3), Taxonomy.default())
    first, again, other = forms(0), forms(0), forms(1)

    assert first == again != other
    assert 60 < sum(row is not before for row, before in zip(first, rows, strict=True)) < 120
    assert all(forms(epoch)[-1] is rows[-1] for epoch in range(20)), "contrast sets differ by a word alone"
