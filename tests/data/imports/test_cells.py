"""A cell of labels falls apart at its separators, never inside a known name."""

from __future__ import annotations

import pytest

from data.imports.cells import is_blank, is_nothing, split_labels

KNOWN = {"不作为、慢作为", "推诿扯皮", "教育", "医疗", "吃拿卡要、贪占", "住建/教育"}


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("教育", ["教育"]),
        ("教育;医疗", ["教育", "医疗"]),
        ("教育；医疗", ["教育", "医疗"]),
        ("教育、医疗", ["教育", "医疗"]),
        ("教育,医疗", ["教育", "医疗"]),
        ("教育，医疗", ["教育", "医疗"]),
        ("教育|医疗", ["教育", "医疗"]),
        (" 教育 ;; 医疗 ; ", ["教育", "医疗"]),
        ("教育\n医疗", ["教育", "医疗"]),
        ("教育；教育", ["教育"]),
        ("不作为、慢作为", ["不作为、慢作为"]),
        ("不作为、慢作为、推诿扯皮", ["不作为、慢作为", "推诿扯皮"]),
        ("推诿扯皮、吃拿卡要、贪占、教育", ["推诿扯皮", "吃拿卡要、贪占", "教育"]),
        ("未知、教育", ["未知", "教育"]),
        ("教育/医疗", ["教育", "医疗"]),
        ("教育 医疗和推诿扯皮", ["教育", "医疗", "推诿扯皮"]),
        ("教育/未知", ["教育/未知"]),  # the error names the cell as it stands
        ("住建/教育", ["住建/教育"]),  # known as a whole
        ("", []),
    ],
)
def test_labels_of_a_cell(cell: str, names: list[str]) -> None:
    assert split_labels(cell, KNOWN.__contains__) == names


def test_other_separators_can_be_given() -> None:
    assert split_labels("教育#不作为、慢作为", KNOWN.__contains__, "#") == ["教育", "不作为、慢作为"]


def test_blank_and_nothing_are_told_apart() -> None:
    assert is_blank(" ") and is_blank("—") and not is_blank("无")
    assert is_nothing("无") and is_nothing("None") and not is_nothing("")
