"""Names of other systems find our labels, or are listed."""

from __future__ import annotations

from collections import Counter

import pytest

from data.imports.names import DROPPED, NOTHING, Meaning, Names
from data.imports.reading import ANY
from data.taxonomy import Taxonomy
from data.taxonomy_file import parse_taxonomy

TWO_AXES = parse_taxonomy(
    'version: "1"\naxes:\n'
    "- {id: matter, name: 事项, kind: many, labels: [{id: other, name: 其他}, {id: road, name: 道路}]}\n"
    "- {id: manner, name: 作风, kind: many, labels: [{id: other, name: 其他}, {id: rude, name: 粗暴}]}\n"
)


@pytest.mark.parametrize(
    "name", ["education", "教育", "Education", " 教育文体 ", "领域:教育", "domain/education"]
)
def test_ids_names_and_aliases_are_known(taxonomy: Taxonomy, name: str) -> None:
    assert Names(taxonomy).meaning(ANY, name) == Meaning("domain", "education")


def test_a_label_of_another_axis_is_not_taken(taxonomy: Taxonomy) -> None:
    names = Names(taxonomy)

    assert names.meaning("domain", "推诿") is None
    assert "evasion of misconduct" in names.near("domain", "推诿")


def test_a_name_on_two_axes_needs_its_axis() -> None:
    names = Names(TWO_AXES)

    assert names.meaning(ANY, "其他") is None
    assert "write axis:label" in names.near(ANY, "其他")
    assert names.meaning(ANY, "作风:其他") == Meaning("manner", "other")
    assert names.meaning("matter", "其他") == Meaning("matter", "other")


def test_the_user_maps_and_drops(taxonomy: Taxonomy) -> None:
    names = Names(
        taxonomy, {"城建类": Meaning("domain", "housing"), "没用": Meaning("domain", "rural")}, ["其他"]
    )

    assert names.meaning("domain", "城建类") == Meaning("domain", "housing")
    assert names.meaning("misconduct", "城建类") is None
    assert names.meaning("domain", "其他") == DROPPED
    assert names.unused() == ["没用"]


def test_nothing_is_a_meaning(taxonomy: Taxonomy) -> None:
    assert Names(taxonomy).meaning("misconduct", "无") == NOTHING


def test_unknown_names_are_listed_with_count_and_the_nearest(taxonomy: Taxonomy) -> None:
    error = Names(taxonomy).unknown(Counter({("domain", "城乡建设类"): 3, (ANY, "甲乙丙"): 1}), 9)

    assert error.counts == {("domain", "城乡建设类"): 3, (ANY, "甲乙丙"): 1}
    assert "domain: '城乡建设类' x 3, nearest is domain:housing (住房城建)" in str(error)
    assert "any axis: '甲乙丙' x 1\n" in f"{error}\n"


def test_labels_of_an_axis_that_is_not_there_ask_for_their_taxonomy(taxonomy: Taxonomy) -> None:
    """As in the review log of a service with a taxonomy of its own."""
    error = Names(taxonomy).unknown(Counter({("urgency", "high"): 2}), 9)

    assert "urgency: 'high' x 2, there is no axis urgency; give the taxonomy" in str(error)


def test_a_sentence_is_never_quoted(taxonomy: Taxonomy) -> None:
    """The user may have named the column of the text."""
    words = ["独角鲸穿过玻璃桥，没人管。", "独角鲸" * 10]
    error = Names(taxonomy).unknown(Counter({("domain", word): 1 for word in words}), 2)

    assert "独角鲸" not in str(error) and "a cell of 30 characters" in str(error)


def test_a_column_that_holds_no_labels_is_not_quoted(taxonomy: Taxonomy) -> None:
    error = Names(taxonomy).unknown(Counter({("domain", f"独角鲸{n}"): 1 for n in range(80)}), 90)

    assert "独角鲸" not in str(error) and "does not look like labels" in str(error)
