"""doccano: nothing is labelled beforehand, and what is labelled comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from data.imports.formats import Format, find_format, read_labels
from data.imports.merge import merge
from data.imports.names import Names
from data.imports.plan import Plan
from data.imports.settle import settle
from data.imports.source import Source
from data.report import Report
from data.taxonomy import Label, Taxonomy
from model.prediction import Prediction, Tag
from serving.chosen import Chosen
from serving.doccano import doccano_labels, doccano_line

CHOSEN = Chosen(
    Report("A1", "路灯坏了半年没人修。", "路灯", region="岭上村"),
    Prediction("A1", {"domain": (Tag("housing", "住房城建", 0.9),), "misconduct": ()}, False, 0, "tiny@1"),
    "把握最小",
    0.25,
)


@pytest.fixture
def taxonomy() -> Taxonomy:
    return Taxonomy.default()


def test_the_models_tags_stand_beside_the_empty_list_of_labels(taxonomy: Taxonomy) -> None:
    line = doccano_line(CHOSEN, taxonomy)

    assert line["label"] == [] and line["模型标签"] == "住房城建 0.90"


def test_what_a_person_labelled_comes_back_under_the_reports_own_id(
    taxonomy: Taxonomy, tmp_path: Path
) -> None:
    file, plan = tmp_path / "all.jsonl", Plan(Names(taxonomy))
    names = [one["text"] for one in doccano_labels(taxonomy)]
    unseen = replace(CHOSEN, report=Report("A2", "没人标过。"))
    exported = [
        {"id": 7, **doccano_line(CHOSEN, taxonomy), "label": names, "Comments": []},
        {"id": 8, **doccano_line(unseen, taxonomy), "Comments": []},
    ]
    file.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in exported), encoding="utf-8")
    source = Source.at(file)

    assert find_format(source, plan) is Format.doccano
    settled = settle(list(read_labels(source, Format.doccano, plan)), plan.names)  # type: ignore[arg-type]
    (found,) = merge(settled.votes, taxonomy).reports
    report = found.labelled.report
    assert (report.id, report.title, report.region) == ("A1", "路灯", "岭上村")
    assert found.labelled.labels == {axis.id: {*axis.label_ids} for axis in taxonomy.axes}


def test_a_name_that_stands_on_two_axes_has_its_axis_before_it(taxonomy: Taxonomy) -> None:
    first, second = taxonomy.axes
    twice = replace(second, labels=(Label("education2", "教育"), *second.labels[1:]))
    names = [one["text"] for one in doccano_labels(Taxonomy("2", (first, twice)))]

    assert {"领域:教育", "作风与违纪问题:教育"} <= {*names} and "教育" not in names
    assert len(names) == len({*names})
