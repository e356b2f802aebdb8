"""A record keeps where it came from; kept tags hold no words and get them back from the same text."""

from __future__ import annotations

from data.report import BadRow, Report
from model.prediction import Evidence, Prediction, Tag
from serving.bulk.inputs import Line
from serving.bulk.record import (
    HASH_DIGITS,
    prediction_of,
    rejected,
    tagged,
    text_hash,
    with_words,
    without_words,
)

REPORT = Report(
    "7", "路灯坏了没人修", "路灯", time="2026-03-01", region="河东区", row=4, cells={"内容": "路灯坏了没人修"}
)
SPOKEN = (Evidence(4, 7, "没人修", 0.5), Evidence(0, 2, "路灯", 0.25, "title"))
PREDICTION = Prediction(
    "7",
    {"domain": (), "misconduct": (Tag("inaction", "不作为", 0.75, SPOKEN),)},
    True,
    0,
    "tiny@1",
    ("domain:no_label",),
)


def test_a_record_gives_back_its_prediction() -> None:
    record = tagged(
        Line("a.csv", REPORT), REPORT, REPORT.cells, PREDICTION.to_dict(), text_hash(REPORT), "2026"
    )

    assert prediction_of(record) == PREDICTION
    assert (record["file"], record["row"], record["tagged_at"]) == ("a.csv", 4, "2026")


def test_kept_tags_get_their_words_back_from_the_same_text() -> None:
    record = tagged(
        Line("a.csv", REPORT), REPORT, REPORT.cells, PREDICTION.to_dict(), text_hash(REPORT), "2026"
    )
    kept = without_words(record)

    assert "没人修" not in str(kept) and "路灯" not in str(kept)
    assert "没人修" in str(record)  # the record itself is left as it was
    assert with_words(kept, REPORT) == PREDICTION.to_dict()


def test_the_hash_tells_apart_what_the_model_reads() -> None:
    one = Report("1", "路灯坏了", "标题")
    others = [Report("1", "路灯坏了 ", "标题"), Report("1", "路灯坏了"), Report("1", "题\n路灯坏了", "标")]

    assert text_hash(one) == text_hash(Report("2", "路灯坏了", "标题", region="x"))
    assert len({text_hash(report) for report in (one, *others)}) == 4 and len(text_hash(one)) == HASH_DIGITS


def test_a_reject_keeps_its_place_and_cells() -> None:
    bad = BadRow("a.csv", 3, "no_text", "文件 a.csv 第 3 行：没有内容。", {"编号": "3"})

    assert rejected(bad, raw=True)["reject"] == {
        "file": "a.csv", "row": 3, "reason": "no_text", "message": bad.message, "raw": {"编号": "3"},
    }  # fmt: skip
    assert "raw" not in rejected(bad, raw=False)["reject"]
