"""What became of each label between two versions of a taxonomy."""

from __future__ import annotations

import pytest

from data.errors import BadTaxonomy
from data.taxonomy import Axis, Label, Taxonomy
from data.taxonomy_change import Fate, TaxonomyChange, compare_taxonomies
from data.taxonomy_file import parse_taxonomy


def change(old: tuple[Label, ...], new: tuple[Label, ...], kind: str = "many") -> TaxonomyChange:
    before, after = (Taxonomy(v, (Axis("domain", "领域", kind, ls),)) for v, ls in (("1", old), ("2", new)))  # type: ignore[arg-type]
    return compare_taxonomies(before, after)


OLD = (Label("medical", "医疗"), Label("drugs", "药品"), Label("housing", "住房"), Label("other", "其他"))


def test_each_old_label_has_a_fate_and_each_new_one_its_ancestors() -> None:
    new = (
        Label("health", "卫生健康", was=("medical", "drugs")),
        Label("estate", "物业", was=("housing",)),
        Label("moving", "拆迁", was=("housing",)),
        Label("sports", "体育"),
    )
    (axis,) = change(OLD, new).axes

    assert {label: axis.fate(label) for label in axis.heirs} == {
        "medical": Fate.MERGED, "drugs": Fate.MERGED, "housing": Fate.SPLIT, "other": Fate.REMOVED,
    }  # fmt: skip
    assert axis.heirs["housing"] == ("estate", "moving")
    assert axis.ancestors("health") == ("medical", "drugs") and axis.added == ("sports",)


def test_a_new_id_is_found_by_was_and_failing_that_by_name() -> None:
    old = (Label("a", "社保"), Label("b", "教育"), Label("c", "交通"))
    new = (Label("x", "社会保障", aliases=("社保",)), Label("y", "文体", was=("b",)), Label("c", "交通运输"))
    (axis,) = change(old, new).axes

    assert axis.heirs == {"a": ("x",), "b": ("y",), "c": ("c",)}
    assert [axis.fate(label) for label in "abc"] == [Fate.RENAMED, Fate.RENAMED, Fate.KEPT]
    assert axis.by_name == {"a"}
    assert axis.reworded == {"x": ("name", "aliases"), "y": ("name",), "c": ("name",)}


def test_an_alias_on_a_label_that_stays_is_a_merger() -> None:
    (axis,) = change(OLD, (Label("medical", "医疗", aliases=("药品",)), *OLD[2:])).axes

    assert axis.fate("medical") is axis.fate("drugs") is Fate.MERGED
    assert axis.added == ()


def test_a_new_label_below_an_old_one_takes_a_part_of_it() -> None:
    (axis,) = change(OLD, (*OLD, Label("lift", "电梯", parent="housing"))).axes

    assert axis.heirs["housing"] == ("housing", "lift") and axis.fate("housing") is Fate.SPLIT
    assert axis.added == ()


def test_wording_needs_no_new_model_and_order_does() -> None:
    reworded = (Label("medical", "看病", definition="看病就医"), *OLD[1:])

    assert change(OLD, reworded).same_outputs
    assert not change(OLD, OLD[::-1]).same_outputs


def test_an_axis_may_come_and_go() -> None:
    one, other = (Axis(id, id, "one", (Label("x", "甲"),)) for id in ("topic", "urgency"))
    found = compare_taxonomies(Taxonomy("1", (one,)), Taxonomy("2", (other,)))

    assert [axis.id for axis in found.axes] == ["topic", "urgency"] and not found.same_outputs
    assert found.axis("topic").new is None and found.axis("topic").fate("x") is Fate.REMOVED
    assert found.axis("urgency").old is None and found.axis("urgency").added == ("x",)
    with pytest.raises(KeyError):
        found.axis("domain")


def test_was_is_written_read_and_checked() -> None:
    taxonomy = Taxonomy("2", (Axis("domain", "领域", "many", (Label("x", "甲", was=("a", "b")),)),))

    assert parse_taxonomy(taxonomy.to_yaml()) == taxonomy
    with pytest.raises(BadTaxonomy, match="was names x itself"):
        Taxonomy("2", (Axis("domain", "领域", "many", (Label("x", "甲", was=("x",)),)),))
    with pytest.raises(BadTaxonomy, match="was, id '教育' must be ASCII"):
        Taxonomy("2", (Axis("domain", "领域", "many", (Label("x", "甲", was=("教育",)),)),))
