"""Our own labelled JSONL comes back as it went out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from data.imports.formats import Format, find_format
from data.imports.line import to_line
from data.imports.plan import Plan
from data.imports.source import Source
from data.labelled import read_labelled
from data.taxonomy import Taxonomy
from tests.data.imports.conftest import LAMP, QUEUE, Labels, Read, held

Put = Callable[..., Path]


def test_every_form_of_an_axis_is_read(put: Put, labels: Labels, plan: Plan) -> None:
    rows = [
        {
            "id": "1",
            "text": LAMP,
            "domain": "住建",
            "misconduct": {"不作为": "没人来修"},
            "source": "甲",
            "unsure": True,
        },
        {"id": "2", "text": QUEUE, "domain": ["medical"], "misconduct": []},
        {"id": "3", "text": QUEUE + "。", "domain": None, "misconduct": ["推诿"]},
    ]
    path = put("gold.jsonl", rows)
    merged = labels(path)

    assert find_format(Source.at(path), plan) is Format.labelled
    assert held(merged) == [
        {"domain": {"housing"}, "misconduct": {"inaction"}},
        {"domain": {"medical"}, "misconduct": set()},
        {"domain": None, "misconduct": {"evasion"}},
    ]
    first = merged.reports[0].labelled
    assert (first.source, first.unsure, first.evidence) == (
        "甲",
        True,
        {"misconduct": {"inaction": "没人来修"}},
    )


def test_what_was_written_is_read_back_with_every_annotator(
    put: Put, labels: Labels, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    table = put(
        "a.csv", f"编号,内容,领域,标注人\n1,{LAMP},住建,甲\n1,{LAMP},住建；交通,乙\n1,{LAMP},住建,丙\n"
    )
    merged = labels(table)
    out = tmp_path / "out.jsonl"
    out.write_text("\n".join(to_line(one, taxonomy) for one in merged.reports), encoding="utf-8")
    again = labels(out)

    assert held(again) == held(merged) == [{"domain": {"housing"}, "misconduct": None}]
    assert set(again.reports[0].votes) == {"甲", "乙", "丙"}
    (trained,) = read_labelled(out, taxonomy)
    assert trained.labels == {"domain": frozenset({"housing"}), "misconduct": None}
    assert (trained.report.id, trained.report.text, trained.source) == ("1", LAMP, "a.csv")


def test_a_broken_line_is_rejected_alone(put: Put, read: Read) -> None:
    readings, bad = read(
        put("gold.jsonl", '{"text": "甲", "domain": ["住建"]}\n{"text": "乙", "domain": 5}\n{\n')
    )

    assert len(readings) == 1 and [(one.row, one.reason) for one in bad] == [
        (2, "bad_shape"),
        (3, "broken_json"),
    ]


def test_labels_in_another_shape_are_read_or_rejected_and_never_taken_for_none(put: Put, read: Read) -> None:
    rows = [
        {"id": "1", "text": LAMP, "domain": [{"label": "housing", "score": 0.9}], "misconduct": ""},
        {"id": "2", "text": QUEUE, "domain": [["medical"]], "misconduct": []},
    ]
    (reading,), (bad,) = read(put("gold.jsonl", rows))

    assert reading.given == {"domain": {"housing": ""}, "misconduct": None}
    assert (bad.row, bad.reason) == (2, "bad_shape")
