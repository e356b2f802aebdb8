"""The recipe for Spark in docs/cluster.md, on the cores of this machine."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from data.report import Report
from model.export import Export
from model.tagger import Tagger
from tests.conftest import speaking_tables
from training.tracking import tracked

sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (the recipe of docs/cluster.md)")
ROOT = Path(__file__).parents[2]
NAME = "models:/petition-tagger@champion"


@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
@pytest.mark.skipif(shutil.which("java") is None, reason="no Java to run Spark on")
def test_spark_tags_as_the_tagger_does(
    make_export: Callable[..., Export], tokenizer: Tokenizer, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = make_export(speaking_tables(tokenizer, {"学校": 0, "医院": 1, "推诿": 3, "造假": 4}, 7))
    with tracked("one", records) as run:
        version = run.model(export.folder, "office")
    reports = [
        Report(
            str(i), f"第{i}次反映：{'学校收费，领导推诿' if i % 3 else '医院名单造假'}。", "名单" * (i % 2)
        )
        for i in range(40)
    ]
    guide = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    (recipe,) = (code for code in re.findall(r"```python\n(.*?)```", guide, re.DOTALL) if NAME in code)
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", ":".join(filter(None, sys.path)))
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    spark = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "7")
        .getOrCreate()
    )
    try:
        rows = [(one.id, one.title, one.text) for one in reports]
        table = spark.createDataFrame(rows, "id string, title string, text string").repartition(3)
        names = {"spark": spark, "reports": table}
        exec(recipe.replace(NAME, f"models:/office/{version}"), names)
        found = {row["id"]: row["found"].asDict(True) for row in names["tagged"].collect()}  # type: ignore[attr-defined]
    finally:
        spark.stop()

    assert found.keys() == {one.id for one in reports}
    for prediction in Tagger(export, 1).tag(reports):
        wanted, got = prediction.to_dict(), found[prediction.id]
        for key in ("id", "needs_review", "review_reasons", "unread_chars", "model"):
            assert got[key] == wanted[key]
        for axis in ("domain", "misconduct"):  # which the recipe names
            tags = wanted["tags"][axis]
            assert [tag["label"] for tag in got["tags"][axis]] == [tag["label"] for tag in tags]
            for one, other in zip(got["tags"][axis], tags, strict=True):
                assert one["score"] == other["score"] and one["name"] == other["name"]
                spans = [(span["start"], span["end"], span["text"]) for span in one.get("evidence", [])]
                wanted_spans = [(e["start"], e["end"], e["text"]) for e in other.get("evidence", [])]
                assert spans == (wanted_spans if axis == "misconduct" else [])
