"""Predictions as JSON, and without words where they are logged."""

from __future__ import annotations

from model.prediction import Evidence, Prediction, Tag

EVIDENCE = Evidence(3, 7, "没人处理", 0.61728)
TAG = Tag("inaction", "不作为", 0.812345, (EVIDENCE,))
PREDICTION = Prediction("r1", {"domain": (), "misconduct": (TAG,)}, True, 5, "tiny@1", ("unread",))


def test_a_prediction_has_the_documented_json_shape() -> None:
    assert PREDICTION.to_dict() == {
        "id": "r1",
        "tags": {
            "domain": [],
            "misconduct": [
                {
                    "label": "inaction",
                    "name": "不作为",
                    "score": 0.8123,
                    "evidence": [
                        {"start": 3, "end": 7, "text": "没人处理", "weight": 0.6173, "part": "text"}
                    ],
                }
            ],
        },
        "needs_review": True,
        "review_reasons": ["unread"],
        "unread_chars": 5,
        "model": "tiny@1",
    }


def test_a_tag_without_evidence_has_no_such_key() -> None:
    assert "evidence" not in Tag("a", "甲", 0.5).to_dict()


def test_a_logged_prediction_shows_no_words() -> None:
    assert "没人处理" not in repr(PREDICTION)


def test_a_prediction_is_read_back_from_its_shape() -> None:
    shape = PREDICTION.to_dict()

    assert Prediction.from_dict(shape).to_dict() == shape
