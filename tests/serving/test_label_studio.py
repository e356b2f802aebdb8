"""Tasks for Label Studio: the model's tags are predictions, offsets hold, and what is labelled comes back."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from data.imports.formats import Format, find_format, read_labels
from data.imports.merge import merge
from data.imports.names import Names
from data.imports.plan import Plan
from data.imports.settle import settle
from data.imports.source import Source
from data.report import Report
from data.taxonomy import Taxonomy
from model.prediction import Evidence, Prediction, Tag
from serving.chosen import Chosen
from serving.label_studio import labelling_config, task

TEXT = "幸福路的路灯坏了半年，打了三次热线都没人来修。"
TIMES = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "lead_time": 4.2}


@pytest.fixture
def taxonomy() -> Taxonomy:
    return Taxonomy.default()


@pytest.fixture
def chosen() -> Chosen:
    at = TEXT.index("都没人来修")
    spans = (Evidence(at, at + 5, "都没人来修", 0.8), Evidence(0, 2, "路灯", 0.1, "title"))
    tags = {
        "domain": (Tag("housing", "住房城建", 0.9),),
        "misconduct": (Tag("inaction", "不作为、慢作为", 0.6, spans),),
    }
    return Chosen(Report("A1", TEXT, "路灯"), Prediction("A1", tags, False, 0, "tiny@1"), "把握最小", 0.25)


def labelled(made: dict[str, Any], *results: dict[str, Any]) -> dict[str, Any]:
    annotation = {"id": 1, "completed_by": 7, "was_cancelled": False, "result": list(results), **TIMES}
    return {"id": 1, **deepcopy(made), "annotations": [annotation]}


def imported(path: Path, taxonomy: Taxonomy) -> list[Any]:
    plan = Plan(Names(taxonomy))
    source = Source.at(path)
    assert find_format(source, plan) is Format.label_studio
    readings: list[Any] = list(read_labels(source, Format.label_studio, plan))
    return [one.labelled for one in merge(settle(readings, plan.names).votes, taxonomy).reports]


def test_the_interface_asks_each_axis_with_the_names_of_its_labels(taxonomy: Taxonomy) -> None:
    view = ElementTree.fromstring(labelling_config(taxonomy))
    asked = {one.get("name"): [choice.get("value") for choice in one] for one in view.iter("Choices")}

    assert asked == {
        axis.id: [*(label.name for label in axis.labels), "无"] for axis in taxonomy.axes
    }  # fmt: skip
    assert [one.get("name") for one in view.iter("Labels")] == ["misconduct_evidence"]


def test_words_are_marked_on_the_axes_that_show_them(chosen: Chosen, taxonomy: Taxonomy) -> None:
    """Of another taxonomy they have other names: its screened axes, or all where none is."""
    domain, misconduct = taxonomy.axes
    spans = {axis: tuple(replace(tag, evidence=(Evidence(0, 2, TEXT[:2], 0.5),)) for tag in tags)
             for axis, tags in chosen.prediction.tags.items()}  # fmt: skip
    told = replace(chosen, prediction=replace(chosen.prediction, tags=spans))
    for axes, marked in (
        ((replace(domain, screened=True), misconduct), ["domain_evidence"]),
        ((domain,), ["domain_evidence"]),
    ):
        other = Taxonomy("1", axes)
        view = ElementTree.fromstring(labelling_config(other))
        (prediction,) = task(told, other)["predictions"]

        assert [one.get("name") for one in view.iter("Labels")] == marked
        assert [one["from_name"] for one in prediction["result"] if one["type"] == "labels"] == marked


def test_an_axis_of_one_label_is_a_single_choice_that_must_be_made(taxonomy: Taxonomy) -> None:
    one = Taxonomy("1", (replace(taxonomy.axes[0], kind="one"),))
    (choices,) = ElementTree.fromstring(labelling_config(one)).iter("Choices")

    assert choices.get("choice") == "single" and choices.get("required") == "true"
    assert "无" not in [choice.get("value") for choice in choices]


def test_every_value_that_the_interface_shows_is_in_the_task(chosen: Chosen, taxonomy: Taxonomy) -> None:
    view = ElementTree.fromstring(labelling_config(taxonomy))
    shown = {one.get("value", "")[1:] for one in view.iter() if one.get("value", "").startswith("$")}

    assert shown <= set(task(chosen, taxonomy)["data"])


def test_tags_are_predictions_with_version_and_certainty(chosen: Chosen, taxonomy: Taxonomy) -> None:
    made = task(chosen, taxonomy)
    (prediction,) = made["predictions"]
    marks = [one["value"] for one in prediction["result"] if one["type"] == "labels"]

    assert "annotations" not in made
    assert prediction["model_version"] == "tiny@1" and prediction["score"] == 0.25
    choices = [one for one in prediction["result"] if one["type"] == "choices"]
    chosen = {one["from_name"]: one["value"]["choices"] for one in choices}
    assert chosen == {"domain": ["住房城建"], "misconduct": ["不作为、慢作为"]}
    # The words of the title are not in the text that is shown.
    assert [made["data"]["text"][one["start"] : one["end"]] for one in marks] == ["都没人来修"]


def test_a_prediction_that_was_submitted_comes_back_with_its_words(
    chosen: Chosen, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    made = task(chosen, taxonomy)
    file = tmp_path / "export.json"
    file.write_text(json.dumps([labelled(made, *made["predictions"][0]["result"])]), encoding="utf-8")
    (found,) = imported(file, taxonomy)

    assert (found.report.id, found.report.title, found.report.text) == ("A1", "路灯", TEXT)
    assert found.labels == {"domain": {"housing"}, "misconduct": {"inaction"}}
    assert found.evidence == {"misconduct": {"inaction": "都没人来修"}}


def test_a_label_that_was_unticked_does_not_come_back_by_its_words(
    chosen: Chosen, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    made = task(chosen, taxonomy)
    kept = [one for one in made["predictions"][0]["result"] if one["from_name"] != "misconduct"]
    nothing = {**kept[0], "from_name": "misconduct", "value": {"choices": ["无"]}}
    file = tmp_path / "export.json"
    for results in ([*kept, nothing], kept):
        rows = [labelled(made, *results), labelled(made, *made["predictions"][0]["result"])]
        rows[1]["data"] |= {"id": "A2", "text": "另一件。"}
        file.write_text(json.dumps(rows), encoding="utf-8")

        assert imported(file, taxonomy)[0].labels["misconduct"] == frozenset()


def test_tasks_that_nobody_labelled_hold_no_label(chosen: Chosen, taxonomy: Taxonomy, tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_text(json.dumps([{"id": 1, **task(chosen, taxonomy), "annotations": []}]), encoding="utf-8")

    assert imported(file, taxonomy) == []


@pytest.mark.parametrize("form", ["json", "json_min"])
def test_label_studios_own_converter_reads_interface_and_tasks(
    chosen: Chosen, taxonomy: Taxonomy, tmp_path: Path, form: str
) -> None:
    """Skipped where label-studio-sdk is not installed: it pins an older numpy than ours may be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        converter: Callable[..., Any] = pytest.importorskip(
            "label_studio_sdk.converter", exc_type=ImportError
        ).Converter
        made = task(chosen, taxonomy)
        (tmp_path / "tasks.json").write_text(
            json.dumps([labelled(made, *made["predictions"][0]["result"])]), encoding="utf-8"
        )
        tool = converter(labelling_config(taxonomy), project_dir=str(tmp_path))
        convert = getattr(tool, f"convert_to_{form}")
        convert(str(tmp_path / "tasks.json"), str(tmp_path / "out"), is_dir=False)
    (found,) = imported(tmp_path / "out" / "result.json", taxonomy)

    assert found.report.text == TEXT
    assert found.labels == {"domain": {"housing"}, "misconduct": {"inaction"}}


def test_label_studios_own_checks_accept_the_prediction(chosen: Chosen, taxonomy: Taxonomy) -> None:
    """Skipped where label-studio-sdk is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        interface = pytest.importorskip("label_studio_sdk.label_interface", exc_type=ImportError)
        project = interface.LabelInterface(labelling_config(taxonomy))
        made = task(chosen, taxonomy)

        assert project.validate_task({"data": made["data"]})
        assert project.validate_prediction(made["predictions"][0])
