"""MLflow records figures and never texts."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from training.tracking import EXPERIMENT, joined, tracked

SUMMARY = {
    "review_share": 0.25,
    "axes": {
        "domain": {
            "macro_f1": 0.5,
            "macro_f1_interval": [0.4, 0.6],
            "mean_average_precision": None,
            "labels": {"education": {"f1": 0.75, "average_precision": None}},
            "slices": {"source=甲源（网站）": {"reports": 9.0, "micro_f1": 0.25}},
        }
    },
}


def rows(home: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(home / "mlflow.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_settings_figures_and_files_are_recorded(tmp_path: Path, records: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").write_text("figures")
    home = records
    with tracked("first", home) as run:
        run.params({"epochs": 2, "head": "cls"})
        run.tag("data_hash", "abc")
        run.epoch({"epoch": 1.0, "loss": 3.0}, "gold")
        run.epoch({"epoch": 2.0, "loss": 2.0}, "gold")
        run.metrics(SUMMARY)
        run.files(tmp_path / "out", "report")

    assert dict(rows(home, "select key, value from params")) == {"epochs": "2", "head": "cls"}
    assert rows(home, "select value from tags where key = 'data_hash'") == [("abc",)]
    assert sorted(rows(home, "select key, value, step from metrics")) == [
        ("domain_education_f1", 0.75, 0), ("domain_macro_f1", 0.5, 0),
        ("domain_source_甲源_网站__micro_f1", 0.25, 0),
        ("gold_loss", 2.0, 2), ("gold_loss", 3.0, 1), ("review_share", 0.25, 0),
    ]  # fmt: skip
    assert [p.read_text() for p in home.rglob("report/a.txt")] == ["figures"]
    assert rows(home, "select name, status from runs") == [("first", "FINISHED")]
    assert (EXPERIMENT,) in rows(home, "select name from experiments")


def test_a_run_that_fails_is_marked_as_failed(records: Path) -> None:
    with pytest.raises(ZeroDivisionError), tracked("second", records):
        _ = 1 / 0

    assert rows(records, "select status from runs") == [("FAILED",)]


def test_records_of_two_runs_lie_side_by_side(records: Path) -> None:
    for name in ("a", "b"):
        with tracked(name, records):
            pass

    assert sorted(rows(records, "select name from runs")) == [("a",), ("b",)]


def test_a_program_of_mlflow_run_logs_into_the_run_that_is_open(
    records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with joined() as alone:
        assert alone is None
    with tracked("opened", records):
        pass
    ((opened,),) = rows(records, "select run_uuid from runs")
    monkeypatch.setenv("MLFLOW_RUN_ID", str(opened))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{records / 'mlflow.db'}")
    with joined() as run:
        assert run is not None
        run.figures({"macro_f1": 0.5})

    assert rows(records, "select run_uuid, key, value from metrics") == [(opened, "macro_f1", 0.5)]
    assert rows(records, "select name, status from runs") == [("opened", "FINISHED")]
