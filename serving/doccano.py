"""doccano: reports to be labelled as its JSONL, and the labels of a taxonomy as it imports them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from data.taxonomy import Axis, Taxonomy, normal_name
from model.prediction import Prediction
from serving.chosen import Chosen
from serving.wording import BETWEEN

_COLOURS = ("#1565c0", "#c62828", "#2e7d32", "#6a1b9a", "#ef6c00", "#00838f")  # one for each axis


def doccano_labels(taxonomy: Taxonomy) -> list[dict[str, str]]:
    """Write the labels of all axes; a name that stands on two axes has its axis before it."""
    return [
        {"text": name, "backgroundColor": _COLOURS[place % len(_COLOURS)], "textColor": "#ffffff"}
        for place, axis in enumerate(taxonomy.axes)
        for name in _names(axis, taxonomy)
    ]


def doccano_line(chosen: Chosen, taxonomy: Taxonomy) -> dict[str, Any]:
    """Write one report. The model's tags stand beside it: in "label" they would count as a person's."""
    report = chosen.report
    line = {
        "text": report.text, "label": [], "编号": report.id, "标题": report.title,
        "模型标签": _tags(chosen.prediction, taxonomy), "选取理由": chosen.reason,
    }  # fmt: skip
    more = {"渠道": report.channel, "时间": report.time, "区域": report.region}
    return line | {key: one for key, one in more.items() if one}


def _names(axis: Axis, taxonomy: Taxonomy) -> list[str]:
    counts = Counter(normal_name(name) for other in taxonomy.axes for name in other.by_name)
    return [
        label.name if counts[normal_name(label.name)] == 1 else f"{axis.name}:{label.name}"
        for label in axis.labels
    ]


def _tags(prediction: Prediction, taxonomy: Taxonomy) -> str:
    return BETWEEN.join(
        f"{tag.name} {tag.score:.2f}" for axis in taxonomy.axes for tag in prediction.tags.get(axis.id, ())
    )
