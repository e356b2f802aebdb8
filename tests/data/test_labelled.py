"""Labelled reports come in as they were labelled, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.errors import BadLabelledRow, MissingFile, UnknownLabels
from data.labelled import LabelledReport, read_labelled
from data.report import Report
from data.taxonomy import Taxonomy
from data.taxonomy_file import parse_taxonomy

ONE = parse_taxonomy(
    'version: "1"\naxes:\n- {id: label, name: 类, kind: one, labels: [{id: a, name: 甲}, {id: b, name: 乙}]}'
)


def read(tmp_path: Path, *rows: object, taxonomy: Taxonomy | None = None) -> list[LabelledReport]:
    """Write rows as JSONL and read them."""
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return list(read_labelled(path, taxonomy or Taxonomy.default()))


def test_labels_and_evidence_are_read(tmp_path: Path) -> None:
    """Ids, names and aliases; evidence under the label's id."""
    (made,) = read(
        tmp_path,
        {
            "id": "x",
            "title": "路灯",
            "text": "反映多次无人处理",
            "source": "fj2",
            "date": "2026-01-02",
            "domain": ["住房城建", "transport"],
            "misconduct": {"慢作为": "无人处理", "evasion": ""},
            "unsure": True,
            "dept": "某局",
        },
    )
    assert made.report == Report(
        "x", "反映多次无人处理", title="路灯", time="2026-01-02", extra={"dept": "某局"}
    )
    assert made.labels == {
        "domain": frozenset({"housing", "transport"}),
        "misconduct": frozenset({"inaction", "evasion"}),
    }
    assert made.evidence == {"misconduct": {"inaction": "无人处理"}}
    assert (made.source, made.unsure) == ("fj2", True)


def test_unlabelled_is_not_the_same_as_nothing_holds(tmp_path: Path) -> None:
    """Absent or null is None; an empty list is an empty set."""
    (made,) = read(tmp_path, {"text": "路灯", "domain": None, "misconduct": []})
    assert made.labels == {"domain": None, "misconduct": frozenset()}
    assert made.report.id == "gold.jsonl:1"
    (made,) = read(tmp_path, {"text": "路灯"})
    assert made.labels == {"domain": None, "misconduct": None}


def test_an_axis_of_one_takes_a_plain_string(tmp_path: Path) -> None:
    """Blank is unlabelled; two labels are an error."""
    first, second, third = read(
        tmp_path,
        {"text": "x", "label": "甲"},
        {"text": "x", "label": " "},
        {"text": "x", "label": ["b"]},
        taxonomy=ONE,
    )
    assert first.labels == {"label": frozenset("a")}
    assert second.labels == {"label": None}
    assert third.labels == {"label": frozenset("b")}
    for labels in (["a", "b"], []):
        with pytest.raises(BadLabelledRow, match="line 1: label takes exactly one"):
            read(tmp_path, {"text": "x", "label": labels}, taxonomy=ONE)


def test_unknown_labels_are_all_listed_with_counts_and_the_nearest(tmp_path: Path) -> None:
    """After the whole file has been read."""
    rows = [{"text": "x", "domain": ["教育文体局"]}] * 3 + [{"text": "x", "misconduct": ["inactoin", "zzz"]}]
    with pytest.raises(UnknownLabels) as caught:
        read(tmp_path, *rows)
    message = str(caught.value)
    assert caught.value.counts == {
        ("domain", "教育文体局"): 3,
        ("misconduct", "inactoin"): 1,
        ("misconduct", "zzz"): 1,
    }
    assert "'教育文体局' x 3, nearest is education" in message
    assert "'inactoin' x 1, nearest is inaction" in message
    assert "gold.jsonl" in message


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"id": "x", "domain": []}, "text is missing"),
        ([1], "not a JSON object"),
        ({"text": "路灯", "domain": 7}, "domain must be a list"),
        ({"text": "路灯", "unsure": "yes"}, "unsure must be true or false"),
    ],
)
def test_a_bad_row_is_named_and_its_words_are_not_quoted(tmp_path: Path, row: object, says: str) -> None:
    """The line and the field."""
    with pytest.raises(BadLabelledRow, match=f"gold.jsonl, line 2: {says}") as caught:
        read(tmp_path, {"text": "井盖"}, row)
    assert "路灯" not in str(caught.value)


def test_broken_json_and_a_missing_file_are_named(tmp_path: Path) -> None:
    """Training data are mended, not skipped."""
    path = tmp_path / "gold.jsonl"
    with pytest.raises(MissingFile):
        read_labelled(path, ONE)
    path.write_text('\n{"text": ', encoding="utf-8")
    with pytest.raises(BadLabelledRow, match="line 2: not valid JSON"):
        list(read_labelled(path, ONE))


def test_a_title_alone_becomes_the_text(tmp_path: Path) -> None:
    """As in every other reader."""
    (made,) = read(tmp_path, {"title": "路灯坏了", "text": ""})
    assert made.report == Report("gold.jsonl:1", "路灯坏了")
