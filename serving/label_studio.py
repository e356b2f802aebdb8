"""Label Studio: tasks with the model's predictions, and the labelling configuration of a taxonomy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

from data.imports.label_studio import EVIDENCE
from data.imports.tagged import NOTHING
from data.taxonomy import Axis, Taxonomy
from model.prediction import Prediction
from serving.chosen import Chosen

_COLOURS = ("#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#008080", "#9a6324", "#808000")


def labelling_config(taxonomy: Taxonomy) -> str:
    """Write the XML that a project takes as its labelling interface.

    Args:
        taxonomy: a question for each axis; on those that are explained (`Taxonomy.explained`) the words
            that carry a label may be marked too.
    """
    view = ElementTree.Element("View")
    ElementTree.SubElement(view, "Header", value="$title", size="4")
    ElementTree.SubElement(view, "Header", value="$reason", size="5")
    for axis in taxonomy.axes:
        if axis.id in taxonomy.explained:
            labels = ElementTree.SubElement(view, "Labels", name=axis.id + EVIDENCE, toName="text")
            for place, label in enumerate(axis.labels):
                ElementTree.SubElement(
                    labels, "Label", value=label.name, background=_COLOURS[place % len(_COLOURS)]
                )
    ElementTree.SubElement(view, "Text", name="text", value="$text")
    for axis in taxonomy.axes:
        ElementTree.SubElement(view, "Header", value=axis.name, size="4")
        choices = ElementTree.SubElement(view, "Choices", name=axis.id, toName="text", showInline="true")
        choices.set("choice", "multiple" if axis.kind == "many" else "single")
        if axis.kind == "one":
            choices.set("required", "true")
        for label in axis.labels:
            choice = ElementTree.SubElement(choices, "Choice", value=label.name)
            if label.definition:
                choice.set("hint", label.definition)
        if axis.kind == "many":
            ElementTree.SubElement(choices, "Choice", value=NOTHING, hint="看过了，没有标签成立")
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def task(chosen: Chosen, taxonomy: Taxonomy) -> dict[str, Any]:
    """Write one report as a task; the model's tags are its prediction, never its annotation."""
    report = chosen.report
    # Not "id": JSON_MIN puts the task's number there.
    data = {"report_id": report.id, "title": report.title, "text": report.text, "reason": chosen.reason}
    data |= {key: one for key in ("channel", "time", "region") if (one := getattr(report, key))}
    marked = taxonomy.explained
    results = [one for axis in taxonomy.axes for one in _results(axis, chosen.prediction, axis.id in marked)]
    prediction = {
        "model_version": chosen.prediction.model, "score": round(chosen.certainty, 4), "result": results,
    }  # fmt: skip
    return {"data": data, "predictions": [prediction]}


def _results(axis: Axis, prediction: Prediction, marked: bool) -> Iterable[dict[str, Any]]:
    tags = prediction.tags.get(axis.id, ())
    if not tags:
        return
    yield _result(axis.id, axis.id, "choices", {"choices": [tag.name for tag in tags]})
    spans = [(tag, one) for tag in tags for one in tag.evidence if one.part == "text"] if marked else []
    for number, (tag, one) in enumerate(spans, 1):
        value = {"start": one.start, "end": one.end, "text": one.text, "labels": [tag.name]}
        yield _result(f"{axis.id}-{number}", axis.id + EVIDENCE, "labels", value)


def _result(id: str, question: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "from_name": question, "to_name": "text", "type": kind, "value": value}
