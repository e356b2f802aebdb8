"""Review reasons and evidence read as an officer would write them."""

from __future__ import annotations

from data.taxonomy import Taxonomy
from model.prediction import Evidence, Prediction, Tag
from serving.wording import evidence_text, reasons


def test_reasons_name_the_axis(taxonomy: Taxonomy) -> None:
    codes = ("misconduct:low_confidence", "domain:no_label", "unread", "domain:new", "new")
    given = Prediction("1", {}, True, 3, "tiny@1", codes)

    assert reasons(given, taxonomy) == ["问题把握不足", "未识别领域", "有未读文字", "领域：new", "new"]


def test_evidence_is_quoted_behind_its_tag_in_one_line() -> None:
    one = Tag("inaction", "不作为", 0.9, (Evidence(0, 4, "没人\n处理", 0.6), Evidence(6, 8, "推诿", 0.2)))
    two = Tag("falsification", "造假", 0.8, (Evidence(9, 11, "造假", 0.9),))
    given = Prediction(
        "1", {"domain": (Tag("medical", "医疗", 0.9),), "misconduct": (one, two)}, False, 0, "t@1"
    )

    assert evidence_text(given) == "不作为：“没人 处理”“推诿”；造假：“造假”"
