"""A taxonomy file is checked in full before anything uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import BadTaxonomy
from data.taxonomy import Axis, Label, Taxonomy
from data.taxonomy_file import parse_taxonomy

GOOD = """
version: "1"
axes:
- id: topic
  name: 主题
  kind: one
  labels:
  - {id: road, name: 道路, name_en: Roads, aliases: [马路, 公路养护]}
  - {id: lamp, name: 路灯, parent: road}
"""


def test_the_default_has_the_labels_of_the_guide_in_order() -> None:
    """The seven that the users asked for come first."""
    domain, misconduct = Taxonomy.default().axes
    assert (domain.id, domain.kind, misconduct.id, misconduct.kind) == (
        "domain",
        "many",
        "misconduct",
        "many",
    )
    assert domain.label_ids == tuple(
        "education medical pension social_security labour environment production_safety food_drug justice"
        " housing rural transport commerce governance".split()
    )
    assert misconduct.label_ids == tuple(
        "inaction falsification privilege evasion arbitrary graft formalism".split()
    )


def test_every_default_label_is_explained() -> None:
    """Name in two languages, definition, what it holds, aliases."""
    for axis in Taxonomy.default().axes:
        for label in axis.labels:
            assert label.name and label.name_en and label.definition and label.holds and label.aliases, (
                label.id
            )


@pytest.mark.parametrize(
    ("axis", "name", "label"),
    [
        ("domain", "教育文体", "education"),
        ("domain", "卫生计生", "medical"),
        ("domain", "劳动和社会保障", "labour"),
        ("domain", "城乡建设", "housing"),
        ("domain", "环境保护", "environment"),
        ("domain", "交通运输", "transport"),
        ("domain", "商贸旅游", "commerce"),
        ("domain", " Education ", "education"),
        ("domain", "ＭＥＤＩＣＡＬ", "medical"),
        ("misconduct", "慢作为", "inaction"),
        ("misconduct", "不作为、 慢作为", "inaction"),
        ("misconduct", "推诿", "evasion"),
        ("misconduct", "graft", "graft"),
    ],
)
def test_other_systems_names_are_understood(axis: str, name: str, label: str) -> None:
    """Ids, names and aliases, whatever their width, case and spaces."""
    found = Taxonomy.default().resolve(axis, name)
    assert found is not None and found.id == label


def test_a_label_is_found_by_id_and_a_wrong_id_lists_those_there_are() -> None:
    """KeyError with the choices."""
    taxonomy = parse_taxonomy(GOOD)
    assert taxonomy.label("topic", "lamp").parent == "road"
    assert taxonomy.resolve("topic", "桥梁") is None
    with pytest.raises(KeyError, match="road, lamp"):
        taxonomy.label("topic", "bridge")
    with pytest.raises(KeyError, match="topic"):
        taxonomy.axis("domain")


@pytest.mark.parametrize("taxonomy", [Taxonomy.default(), parse_taxonomy(GOOD)], ids=["default", "small"])
def test_writing_and_loading_give_the_same_taxonomy(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """Chinese stays Chinese in the file."""
    taxonomy.dump(tmp_path / "t.yaml")
    assert Taxonomy.load(tmp_path / "t.yaml") == taxonomy
    assert "路" in taxonomy.to_yaml() and "\\u" not in taxonomy.to_yaml()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("id: lamp", "id: road", "road: the id stands twice"),
        ("name: 路灯", "name: 马路", "lamp: '马路' names road too"),
        ("name: 路灯", "name: ROADS", "names road too"),
        ("parent: road", "parent: bridge", "parent 'bridge' is no label"),
        ("parent: road", "parent: lamp", "circle"),
        ("id: lamp", "id: 路", "ASCII"),
        ("id: lamp", 'id: ""', "id is missing"),
        ("name: 路灯, ", "", r"\(lamp\): name is missing"),
        ("kind: one", "kind: two", "many or one"),
        ("kind: one", "kind: one\n  colour: red", "unknown key colour"),
        ("kind: one", "kind: one\n  screened: 是", "screened must be true or false"),
        ("parent: road", "parents: road", "unknown key parents"),
        ('version: "1"', "version: 2026.10", "version must be text; put it in quotes"),
        ("id: lamp", "id: no", "id must be text"),
        ("aliases: [马路", "aliases: [7", "aliases must be a list of texts"),
        ("id: topic", "id: text", "field of a report"),
        ("kind: one", "kind: one\n  kind: many", "kind stands twice"),
        ("axes:", "axes: !!python/object/apply:os.getcwd []\nx:", "not valid YAML"),
        ("axes:", "axes: []\nx:", "unknown key x"),
        ("axes:", "axes: [", "not valid YAML"),
    ],
)
def test_a_broken_rule_is_named_with_file_and_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    """The file, the axis, the label, the rule."""
    assert old in GOOD
    path = tmp_path / "t.yaml"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadTaxonomy, match=says) as caught:
        Taxonomy.load(path)
    assert "t.yaml" in str(caught.value)


def test_two_axes_of_one_id_are_refused() -> None:
    """And an empty file, and one that is no mapping."""
    axis = GOOD[GOOD.index("- id: topic") :]
    with pytest.raises(BadTaxonomy, match="two axes"):
        parse_taxonomy(GOOD + axis)
    for text in ("", "[]", "axes: []\nversion: a"):
        with pytest.raises(BadTaxonomy):
            parse_taxonomy(text)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """Missing, and not UTF-8."""
    with pytest.raises(BadTaxonomy, match=r"none.yaml"):
        Taxonomy.load(tmp_path / "none.yaml")
    (tmp_path / "a.yaml").write_bytes("名".encode("gb18030"))
    with pytest.raises(BadTaxonomy, match="UTF-8"):
        Taxonomy.load(tmp_path / "a.yaml")


def test_references_are_refused() -> None:
    """Nine lines of them would hold a thousand million labels."""
    lines = [
        "a: &a [x, x, x, x, x, x, x, x, x, x]",
        *(f"b{n}: &b{n} [*{'a' if not n else f'b{n - 1}'}]" for n in range(3)),
    ]

    with pytest.raises(BadTaxonomy, match="line 2: not valid YAML: a reference"):
        parse_taxonomy("\n".join(lines))


def test_the_screened_axes_are_those_that_say_so_or_else_misconduct() -> None:
    """Evidence unasked and the review border hang on it."""
    screened = GOOD.replace("kind: one", "kind: one\n  screened: true", 1)
    misconduct = GOOD[GOOD.index("- id: topic") :].replace("topic", "misconduct")

    assert parse_taxonomy(GOOD).screened == frozenset()
    assert Taxonomy.default().screened == parse_taxonomy(GOOD + misconduct).screened == {"misconduct"}
    assert parse_taxonomy(screened + misconduct).screened == {"topic"}
    assert parse_taxonomy(parse_taxonomy(screened).to_yaml()) == parse_taxonomy(screened)
    assert "screened" not in Taxonomy.default().to_yaml()


def test_the_explained_axes_are_the_screened_ones_or_else_all() -> None:
    """Tags show their words unasked there, and officers may mark some."""
    screened = GOOD.replace("kind: one", "kind: one\n  screened: true", 1)
    plain = parse_taxonomy(GOOD)

    assert Taxonomy.default().explained == {"misconduct"}
    assert plain.explained == {axis.id for axis in plain.axes}
    assert parse_taxonomy(screened).explained == {"topic"}


def test_columns_follow_the_taxonomy() -> None:
    many = Axis("domain", "领域", "many", (Label("a", "甲"), Label("b", "乙")))
    one = Axis("purpose", "目的", "one", (Label("c", "丙"), Label("d", "丁"), Label("e", "戊")))

    assert [(axis.id, c.start, c.stop) for axis, c in Taxonomy("t", (many, one)).columns()] == [
        ("domain", 0, 2),
        ("purpose", 2, 5),
    ]
