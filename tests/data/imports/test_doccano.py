"""Every shape that doccano has written, old and new."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.errors import UnknownLabels
from data.imports.formats import Format, find_format
from data.imports.names import Meaning, Names
from data.imports.plan import Blank, Plan
from data.imports.source import Source
from data.taxonomy import Taxonomy
from tests.data.imports.conftest import LAMP, QUEUE, STAMP, Labels, Read, held

Put = Callable[..., Path]
BOTH = {"domain": {"housing"}, "misconduct": {"inaction"}}


@pytest.mark.parametrize(
    "shape",
    [
        {"id": 7, "text": LAMP, "dept": "甲", "label": ["住建", "不作为"], "Comments": []},
        {"id": 7, "data": LAMP, "label": ["住建", "不作为"]},
        {"id": 7, "text": LAMP, "labels": ["住建", "不作为"]},
        {"id": 7, "text": LAMP, "cats": ["住建", "不作为"], "entities": []},
        {"id": 7, "text": LAMP, "cats": {"住建": 1.0, "不作为": 1.0, "教育": 0.0}},
        {"id": 7, "text": LAMP, "label": [[0, 3, "住建"], [16, 22, "不作为"]]},
        {"id": 7, "text": LAMP, "entities": [{"label": "住建", "start_offset": 0, "end_offset": 3},
                                             {"label": "不作为", "start_offset": 16, "end_offset": 22}]},
    ],
    ids=["1.8", "1.6 data", "labels", "intent", "cats by name", "spans", "entities"],
)  # fmt: skip
def test_lines_of_every_version(put: Put, labels: Labels, plan: Plan, shape: dict[str, Any]) -> None:
    path = put("all.jsonl", [shape])
    merged = labels(path)

    assert find_format(Source.at(path), plan) is Format.doccano
    assert held(merged) == [BOTH]
    assert (merged.reports[0].labelled.report.id, merged.reports[0].labelled.report.text) == ("7", LAMP)


def test_marked_words_are_evidence(put: Put, labels: Labels) -> None:
    merged = labels(put("all.jsonl", [{"text": LAMP, "label": [[16, 22, "不作为"]]}]))

    assert merged.reports[0].labelled.evidence == {"misconduct": {"inaction": LAMP[16:22]}}


def test_numbers_of_the_oldest_versions_are_mapped(put: Put, labels: Labels, taxonomy: Taxonomy) -> None:
    rows = [
        {"id": 1, "text": LAMP, "annotations": [{"label": 3, "user": 1}, {"label": 4, "user": 2}], "meta": {}}
    ]
    path = put("old.jsonl", rows)
    with pytest.raises(UnknownLabels, match="any axis: '3' x 1"):
        labels(path)
    names = Names(taxonomy, {"3": Meaning("domain", "housing"), "4": Meaning("domain", "transport")})
    merged = labels(path, plan=Plan(names))

    assert set(merged.reports[0].votes) == {"1", "2"}
    assert [(draw.label, draw.given_by) for draw in merged.draws] == [
        ("housing", ("1",)),
        ("transport", ("2",)),
    ]


def test_an_empty_list_is_unlabelled_unless_said_otherwise(put: Put, labels: Labels, plan: Plan) -> None:
    rows = [{"text": LAMP, "label": ["住建", "不作为"]}, {"text": QUEUE, "label": ["医疗"]}]
    path = put("all.jsonl", [*rows, {"text": STAMP, "label": []}])

    assert held(labels(path)) == [BOTH, {"domain": {"medical"}, "misconduct": set()}]
    assert held(labels(path, plan=replace(plan, blank=Blank.none)))[2] == {
        "domain": set(),
        "misconduct": set(),
    }


def test_an_axis_that_the_project_never_used_is_unlabelled(put: Put, labels: Labels) -> None:
    assert held(labels(put("all.jsonl", [{"text": LAMP, "label": ["住建"]}]))) == [
        {"domain": {"housing"}, "misconduct": None}
    ]


@pytest.mark.parametrize("heading", ["id,text,label,Comments", "id,data,label,Comments"])
def test_csv(put: Put, labels: Labels, plan: Plan, heading: str) -> None:
    path = put("all.csv", f'{heading}\n7,"{LAMP}",住建#不作为、慢作为,\n8,{QUEUE},医疗,\n')

    assert find_format(Source.at(path), plan) is Format.doccano
    assert held(labels(path)) == [BOTH, {"domain": {"medical"}, "misconduct": set()}]


@pytest.mark.parametrize("cell", ["住建；不作为、慢作为", "住建#不作为、慢作为", "住建,不作为、慢作为"])
def test_labels_in_a_csv_cell_are_split_as_in_any_table(put: Put, labels: Labels, cell: str) -> None:
    assert held(labels(put("all.csv", f'id,text,label\n7,"{LAMP}","{cell}"\n'))) == [BOTH]


def test_a_csv_of_which_columns_are_named_is_a_table(put: Put, plan: Plan) -> None:
    source = Source.at(put("all.csv", f'id,text,label,who\n7,"{LAMP}",住建,甲\n'))

    assert find_format(source, plan) is Format.doccano
    assert find_format(source, replace(plan, labels=(("domain", "label"),))) is Format.table
    assert find_format(source, replace(plan, annotator="who")) is Format.table


def test_fasttext(put: Put, labels: Labels, plan: Plan) -> None:
    path = put("all.txt", f"__label__住建 __label__不作为 {LAMP}\n{QUEUE}\n")
    merged = labels(path)

    assert find_format(Source.at(path), plan) is Format.doccano
    assert held(merged) == [BOTH] and merged.reports[0].labelled.report.text == LAMP


def write_zip(path: Path, members: dict[str, list[dict[str, Any]]]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, rows in members.items():
            archive.writestr(name, "\n".join(json.dumps(row, ensure_ascii=False) for row in rows))
    return path


def test_a_zip_has_a_file_per_annotator(tmp_path: Path, labels: Labels) -> None:
    members = {
        f"{who}.jsonl": [{"id": 7, "text": LAMP, "label": given}, {"id": 8, "text": QUEUE, "label": ["医疗"]}]
        for who, given in (("anna", ["住建", "不作为"]), ("bo", ["住建"]), ("chen", ["住建", "不作为"]))
    }
    merged = labels(write_zip(tmp_path / "export.zip", members))

    assert held(merged) == [BOTH, {"domain": {"medical"}, "misconduct": set()}]
    assert set(merged.reports[0].votes) == {"anna", "bo", "chen"} and merged.draws == []
    assert merged.reports[0].labelled.source == "export.zip"


def test_reports_without_ids_are_joined_by_their_text(tmp_path: Path, labels: Labels) -> None:
    rows = {f"{who}.jsonl": [{"text": LAMP, "label": ["住建"]}] for who in ("anna", "bo")}

    assert len(labels(write_zip(tmp_path / "export.zip", rows)).reports) == 1


def test_a_collaborative_project_names_nobody(tmp_path: Path, read: Read) -> None:
    path = write_zip(tmp_path / "export.zip", {"all.jsonl": [{"text": LAMP, "label": ["住建"]}]})

    assert [(one.annotator, one.file) for one in read(path)[0]] == [("", "export.zip/all.jsonl")]


def test_bad_rows_are_named_by_file_and_row(tmp_path: Path, read: Read) -> None:
    rows: list[Any] = [{"text": LAMP, "label": {"a": {}}}, {"text": "", "label": ["住建"]}, 5]
    path = write_zip(tmp_path / "export.zip", {"anna.jsonl": [*rows, {"text": LAMP, "label": [{"x": 1}]}]})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("bo.jsonl", "{broken\n")
    _, bad = read(path)

    assert [(one.file, one.row, one.reason) for one in bad] == [
        ("export.zip/anna.jsonl", 2, "no_text"),
        ("export.zip/anna.jsonl", 3, "not_an_object"),
        ("export.zip/anna.jsonl", 4, "bad_shape"),
        ("export.zip/bo.jsonl", 1, "broken_json"),
    ]
    assert all(LAMP not in one.message for one in bad)
