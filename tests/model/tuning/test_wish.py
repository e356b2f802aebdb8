"""A wish is read as officers write it, and refused with how to write it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.taxonomy import Label, Taxonomy
from model.tuning.wish import BadWish, Wish, read_wishes


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("misconduct=95%", Wish("misconduct", "", 0.95)),
        (" 问题＝0.9 ", Wish("misconduct", "", 0.9)),
        ("造假=90.5％", Wish("misconduct", "falsification", 0.905)),
        ("inaction=80%", Wish("misconduct", "inaction", 0.8)),
        ("domain/医疗=0.99", Wish("domain", "medical", 0.99)),
        ("purpose/complaint=95%", Wish("purpose", "complaint", 0.95)),
    ],
)
def test_axes_and_labels_go_by_id_or_name(taxonomy: Taxonomy, text: str, wish: Wish) -> None:
    assert read_wishes([text], taxonomy) == [wish]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("misconduct", "名称=比例"),
        ("misconduct=很多", "名称=比例"),
        ("misconduct=95", "比例要在"),
        ("misconduct=100%", "比例要在"),
        ("misconduct=10%", "比例要在"),
        ("推诿=90%", "可用的有"),
        ("domain/造假=90%", "可用的有"),
        ("purpose=90%", "每件都给一个标签"),
    ],
)
def test_what_cannot_be_read_is_answered_with_what_can(taxonomy: Taxonomy, text: str, said: str) -> None:
    with pytest.raises(BadWish, match=said):
        read_wishes([text], taxonomy)


def test_a_label_that_two_axes_have_is_named_with_its_axis(taxonomy: Taxonomy) -> None:
    domain, *others = taxonomy.axes
    doubled = replace(taxonomy, axes=(replace(domain, labels=(Label("falsification", "造假"),)), *others))

    with pytest.raises(BadWish, match="domain/falsification、misconduct/falsification"):
        read_wishes(["造假=90%"], doubled)
    assert read_wishes(["问题/造假=90%"], doubled) == [Wish("misconduct", "falsification", 0.9)]


def test_one_thing_is_wished_for_once(taxonomy: Taxonomy) -> None:
    with pytest.raises(BadWish, match="两次"):
        read_wishes(["造假=90%", "falsification=80%"], taxonomy)
