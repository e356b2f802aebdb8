"""The frozen test set grows and never leaks; a role once given stays."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from data.errors import BrokenFile
from data.frozen_split import (
    Assigned,
    Frozen,
    Labels,
    Role,
    assign,
    fingerprint,
    load_frozen,
    save_frozen,
)
from data.labelled import LabelledReport
from data.pool import pool
from data.report import Report
from data.taxonomy import Axis, Label, Taxonomy

TAXONOMY = Taxonomy("t", (Axis("domain", "领域", "many", (Label("a", "甲"), Label("b", "乙"))),))
PINS = {"kept": Role.test, "--test": Role.test}
PLACES = "东山 西河 南桥 北门 中塘 前街 后巷 上湾 下坪 左岸".split()
THINGS = "路灯不亮 井盖丢失 水管漏水 电梯停运 垃圾乱倒 噪声扰民 公交太少 学位不够 医保难报 补贴没发".split()


def reports(count: int, seed: int = 0) -> list[LabelledReport]:
    """Reports of different words."""
    dice = random.Random(seed)
    pairs = dice.sample([*product(PLACES, THINGS)], count)
    return [
        LabelledReport(
            Report(f"{seed}-{place}-{thing}", f"{place}{seed}号{thing}，{''.join(dice.sample(THINGS, 6))}"),
            {"domain": frozenset({dice.choice("ab")})},
        )
        for place, thing in pairs
    ]  # fmt: skip


def edited(row: LabelledReport) -> LabelledReport:
    return LabelledReport(Report("other", row.report.text + "请处理"), row.labels)


def dealt(
    *sources: tuple[str, Sequence[LabelledReport]], frozen: Frozen | None = None,
    pins: dict[str, Role] | None = None,
) -> Assigned:  # fmt: skip
    return assign(pool(sources), frozen or Frozen(), pins or PINS, TAXONOMY, trusted=["--test"])


def ids(found: Assigned, role: Role) -> set[str]:
    return {row.report.id for row in found.rows[role]}


def settled(found: Assigned) -> set[str]:
    return {found.rows[Role.test][place].report.id for place in found.settled}


def labels_settled(found: Assigned) -> dict[str, Labels]:
    return {found.rows[Role.test][place].report.id: labels for place, labels in found.settled.items()}


def swapped(rows: Sequence[LabelledReport]) -> list[LabelledReport]:
    """The same reports, each with the other label."""
    other = {"a": "b", "b": "a"}
    return [
        replace(row, labels={"domain": frozenset(other[x] for x in row.labels["domain"] or ())})
        for row in rows
    ]


def test_shares_are_kept_label_by_label() -> None:
    found = dealt(("labels", reports(100)))

    assert [len(found.rows[role]) for role in Role] == pytest.approx([70, 10, 20], abs=3)
    share = [sum("a" in (row.labels["domain"] or ()) for row in found.rows[role]) for role in Role]
    assert share[2] == pytest.approx(sum(share) * 0.2, abs=2)


def test_a_role_stays_when_more_comes_and_the_test_set_grows() -> None:
    first = dealt(("labels", reports(60)))
    second = dealt(("labels", reports(60)), ("more", reports(40, 1)), frozen=first.frozen)

    for role in Role:
        assert ids(first, role) < ids(second, role)


def test_labels_of_a_test_set_are_settled_and_those_of_an_import_once_a_candidate_is_promoted() -> None:
    tests = ("--test", reports(20, 2))
    first = dealt(tests, ("labels", reports(60)))
    kept = ("kept", first.rows[Role.test])
    refused = dealt(kept, ("more", reports(40, 1)), frozen=first.frozen)
    again = dealt(("kept", refused.rows[Role.test]), ("more", reports(40, 1)), frozen=refused.frozen)
    promoted = dealt(kept, ("more", reports(40, 1)), frozen=first.accepted())

    assert settled(first) == settled(refused) == settled(again) == {row.report.id for row in tests[1]}
    assert settled(promoted) == ids(first, Role.test) < ids(promoted, Role.test)


def test_labels_that_come_again_do_not_take_the_place_of_settled_ones() -> None:
    first = dealt(("labels", reports(60)))
    truth = {row.report.id: row.labels for row in first.rows[Role.test]}
    gone = dealt(("labels", swapped(reports(60))), frozen=first.accepted())  # the kept rows were deleted
    there = [("kept", first.rows[Role.test]), ("labels", swapped(first.rows[Role.test]))]
    corrected = dealt(*there, frozen=first.accepted())
    later = dealt(("kept", corrected.rows[Role.test]), frozen=corrected.frozen)
    promoted = dealt(("kept", corrected.rows[Role.test]), frozen=corrected.accepted())

    for found in (gone, corrected, later):
        assert labels_settled(found) == truth and found.changed == len(truth)
    assert labels_settled(promoted) != truth and promoted.changed == first.changed == 0


def test_a_test_set_that_is_given_again_settles_its_labels_anew() -> None:
    rows = reports(20)
    first = dealt(("--test", rows))
    again = dealt(("kept", rows), ("--test", swapped(rows)), ("labels", rows), frozen=first.frozen)

    assert labels_settled(again) == {row.report.id: row.labels for row in swapped(rows)}
    assert again.changed == 20


def test_settled_labels_that_a_new_taxonomy_does_not_have_are_those_of_the_kept_report() -> None:
    (row,) = reports(1)
    words = fingerprint(row.report)
    for labels in (None, {"domain": frozenset({"gone"})}, {"elsewhere": frozenset({"a"})}):
        frozen = Frozen({words: Role.test}, {words: labels})
        found = dealt(("kept", [row]), ("labels", swapped([row])), frozen=frozen)
        assert labels_settled(found) == {row.report.id: row.labels}

    undecided = replace(row, labels={"domain": None})
    found = dealt(("kept", [undecided]), frozen=Frozen({words: Role.test}, {words: row.labels}))
    assert labels_settled(found) == {row.report.id: {"domain": None}}


def test_a_correction_of_a_test_report_stays_in_test() -> None:
    first = dealt(("labels", reports(60)))
    row = first.rows[Role.test][0]
    corrected = LabelledReport(row.report, {"domain": frozenset({"a", "b"})})
    second = dealt(("kept", first.rows[Role.test]), ("review", [corrected]), frozen=first.accepted())

    # Its new labels are as new as what is learned from.
    assert settled(second) == ids(second, Role.test) and second.changed == 1
    assert labels_settled(second)[row.report.id] == row.labels
    (found,) = [one for one in second.rows[Role.test] if one.report.id == row.report.id]
    assert found.labels["domain"] == {"a", "b"}


def test_a_report_alike_to_one_of_test_joins_it_and_is_never_trained_on() -> None:
    first = dealt(("labels", reports(60)))
    twins = [edited(row) for row in first.rows[Role.test]]
    second = dealt(("labels", reports(60)), ("more", twins), frozen=first.frozen)

    assert len(second.rows[Role.test]) == 2 * len(twins)
    assert len(second.rows[Role.train]) == len(first.rows[Role.train])


def test_what_was_trained_on_never_measures() -> None:
    base = reports(60)
    first = dealt(("base", base), pins={"base": Role.train})
    second = dealt(("more", [*base, *map(edited, base)]), frozen=first.frozen)

    assert len(second.rows[Role.train]) == 120 and not second.rows[Role.test]


def test_a_report_between_test_and_train_is_left_out() -> None:
    base, test = reports(1), [edited(row) for row in reports(1)]
    found = dealt(("base", base), ("test", test), pins={"base": Role.train, "test": Role.test})

    assert found.left_out == 1 and not found.rows[Role.train] and len(found.rows[Role.test]) == 1
    frozen = Frozen({fingerprint(base[0].report): Role.train, fingerprint(test[0].report): Role.test})
    third = LabelledReport(Report("3", base[0].report.text + "请"), base[0].labels)
    again = dealt(("base", base), ("test", test), ("more", [third]), frozen=frozen)
    assert again.left_out == 1 and [len(again.rows[role]) for role in Role] == [1, 0, 1]


def test_near_duplicates_fall_on_one_side() -> None:
    rows = reports(50)
    found = dealt(("labels", [*rows, *map(edited, rows)]))

    for role in Role:
        texts = {row.report.text.removesuffix("请处理") for row in found.rows[role]}
        assert len(found.rows[role]) == 2 * len(texts)


def test_frozen_reports_that_are_gone_are_counted() -> None:
    first = dealt(("labels", reports(60)))
    second = dealt(("more", reports(10, 1)), frozen=first.frozen)

    assert second.missing[Role.test] == len(first.rows[Role.test])
    assert {*first.frozen.roles} < {*second.frozen.roles}


def test_the_file_holds_hashes_and_roles_alone(tmp_path: Path) -> None:
    found = dealt(("labels", reports(20)))
    save_frozen(tmp_path / "split.jsonl", found.accepted())

    assert load_frozen(tmp_path / "split.jsonl") == found.accepted() != found.frozen
    assert not set("路灯东山") & set((tmp_path / "split.jsonl").read_text(encoding="utf-8"))
    assert load_frozen(tmp_path / "none.jsonl") == Frozen()
    (tmp_path / "split.jsonl").write_text('{"words": "ab", "role": "test", "settled": true}\n')
    older = load_frozen(tmp_path / "split.jsonl")
    assert older == Frozen({"ab": Role.test}, {"ab": None})
    save_frozen(tmp_path / "split.jsonl", older)
    assert load_frozen(tmp_path / "split.jsonl") == older
    (tmp_path / "split.jsonl").write_text('{"words": "ab"}\n')
    with pytest.raises(BrokenFile, match="line 1"):
        load_frozen(tmp_path / "split.jsonl")
