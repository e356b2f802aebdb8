"""JSON lines hold the Prediction as it is."""

from __future__ import annotations

import io
import json

from data.report import Report
from model.prediction import Evidence, Prediction, Tag
from serving.output import JsonlWriter


def test_one_line_is_one_prediction() -> None:
    evidence = Evidence(3, 7, "没人\n处理", 0.62)
    given = Prediction(
        "甲\n1", {"misconduct": (Tag("inaction", "不作为", 0.8, (evidence,)),)}, True, 0, "tiny@1"
    )
    out = io.StringIO()
    writer = JsonlWriter(out)
    for _ in range(2):
        writer.write(Report("甲\n1", "x"), given)

    assert writer.close() == []
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [given.to_dict()] * 2
    assert "不作为" in out.getvalue()
