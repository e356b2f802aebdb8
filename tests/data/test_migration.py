"""Labels move to the next taxonomy; what cannot be decided is left open, and counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from data.errors import LostLabels, MissingFile, UnknownLabels
from data.labelled import read_labelled
from data.migration import Added, Migration, Outcome
from data.taxonomy import Axis, Label, Taxonomy
from data.taxonomy_change import compare_taxonomies

OLD = Taxonomy("1", (
    Axis("domain", "领域", "many", (
        Label("medical", "医疗"), Label("drugs", "药品"), Label("housing", "住房"), Label("other", "其他"),
    )),
    Axis("purpose", "目的", "one", (Label("complaint", "投诉"), Label("advice", "建议"))),
))  # fmt: skip
NEW = Taxonomy("2", (
    Axis("domain", "领域", "many", (
        Label("health", "卫生健康", was=("medical", "drugs")),
        Label("estate", "物业", was=("housing",)), Label("moving", "拆迁", was=("housing",)),
    )),
    Axis("purpose", "目的", "one", (Label("complaint", "投诉"), Label("advice", "建议"))),
    Axis("urgency", "紧急程度", "one", (Label("now", "紧急"),)),
))  # fmt: skip


def write(path: Path, *rows: dict[str, Any]) -> Path:
    lines = [json.dumps({"id": str(n), "text": "路灯不亮", **row}) for n, row in enumerate(rows)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def migrated(tmp_path: Path, *rows: dict[str, Any], **options: Any) -> tuple[list[dict[str, Any]], Migration]:
    done = Migration(compare_taxonomies(OLD, options.pop("new", NEW)), **options)
    return [json.loads(line) for line in done.lines(write(tmp_path / "in.jsonl", *rows))], done


def test_labels_that_merge_move_and_keep_their_evidence(tmp_path: Path) -> None:
    rows, done = migrated(
        tmp_path, {"domain": ["医疗", "drugs"], "source": "甲"}, {"domain": {"drugs": "药"}}, {"domain": []}
    )

    assert [row["domain"] for row in rows] == [["health"], {"health": "药"}, []]
    assert rows[0]["source"] == "甲" and rows[0]["text"] == "路灯不亮"
    assert done.counts["domain", "drugs", Outcome.moved] == 2 and not done.opened


def test_a_split_label_leaves_the_axis_open_unless_somebody_decides(tmp_path: Path) -> None:
    row = {"domain": ["medical", "housing"], "purpose": "投诉"}
    (found,), done = migrated(tmp_path, row)
    (decided,), _ = migrated(tmp_path, row, maps={("domain", "housing"): "moving"})

    assert found["domain"] is None and found["purpose"] == ["complaint"]
    assert done.opened == {"domain": 1} and done.counts["domain", "housing", Outcome.undecided] == 1
    assert decided["domain"] == ["health", "moving"]


def test_a_label_without_an_heir_is_an_error_unless_dropped(tmp_path: Path) -> None:
    rows = [{"domain": ["other"]}, {"domain": ["other", "medical"]}]

    with pytest.raises(LostLabels, match="domain: other x 2"):
        migrated(tmp_path, *rows)
    found, done = migrated(tmp_path, *rows, drops=frozenset({("domain", "other")}))
    assert [row["domain"] for row in found] == [[], ["health"]]
    assert done.counts["domain", "other", Outcome.dropped] == 2


def test_what_annotators_and_the_model_said_moves_too(tmp_path: Path) -> None:
    row = {
        "domain": ["medical"],
        "before": {"domain": ["housing"], "purpose": ["advice"]},
        "readings": {"anna": {"domain": ["drugs"]}, "bo": {"domain": None}},
    }
    (found,), done = migrated(tmp_path, row)

    assert found["before"] == {"domain": None, "purpose": ["advice"]}
    assert found["readings"] == {"anna": {"domain": ["health"]}, "bo": {"domain": None}}
    assert not done.opened  # these are not what training reads


def test_a_new_label_is_absent_or_leaves_the_axis_open(tmp_path: Path) -> None:
    domain = Axis("domain", "领域", "many", (*OLD.axes[0].labels, Label("sports", "体育")))
    new = Taxonomy("2", (domain,))
    (kept,), done = migrated(tmp_path, {"domain": ["medical"], "purpose": "advice"}, new=new)
    (open_,), _ = migrated(tmp_path, {"domain": ["medical"]}, new=new, added=Added.unlabelled)

    assert kept["domain"] == ["medical"] and open_["domain"] is None
    assert "purpose" not in kept and done.counts["purpose", "advice", Outcome.dropped] == 1


def test_an_axis_that_takes_one_label_takes_no_other_number(tmp_path: Path) -> None:
    new = Taxonomy("2", (Axis("domain", "领域", "one", OLD.axes[0].labels),))
    rows, done = migrated(
        tmp_path, {"domain": ["medical"]}, {"domain": ["medical", "drugs"]}, {"domain": []}, new=new
    )

    assert [row["domain"] for row in rows] == [["medical"], None, None] and done.opened == {"domain": 2}


def test_what_comes_out_is_labelled_data_of_the_new_taxonomy(tmp_path: Path) -> None:
    done = Migration(compare_taxonomies(OLD, NEW))
    path = write(tmp_path / "in.jsonl", {"domain": {"医疗": "看病"}, "purpose": "建议"}, {"domain": ["住房"]})
    (tmp_path / "out.jsonl").write_text("\n".join(done.lines(path)), encoding="utf-8")
    one, other = read_labelled(tmp_path / "out.jsonl", NEW)

    assert one.labels == {"domain": {"health"}, "purpose": {"advice"}, "urgency": None}
    assert one.evidence == {"domain": {"health": "看病"}} and other.labels["domain"] is None


def test_a_file_of_another_taxonomy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownLabels):
        migrated(tmp_path, {"domain": ["sports"]})
    with pytest.raises(MissingFile):
        list(Migration(compare_taxonomies(OLD, NEW)).lines(tmp_path / "none.jsonl"))
