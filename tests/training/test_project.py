"""`mlflow run . -e ...` does what the command does, and records it."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.training.conftest import PLANTED, Files, write_jsonl
from tests.training.test_cycle import distinct_rows

ROOT = Path(__file__).parents[2]
PICTURES = {
    f"{axis}-{picture}.png"
    for axis in ("domain", "misconduct", "purpose")
    for picture in ("confusion", "precision-recall")
}


def run_entry_point(
    name: str, parameters: dict[str, object], records: Path, cwd: Path
) -> subprocess.CompletedProcess[str]:
    flags = [flag for key, value in parameters.items() for flag in ("-P", f"{key}={value}")]
    # mlflow leaves the experiment of whatever ran before in the environment.
    own = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_EXPERIMENT")}
    environment = {
        **own, "MLFLOW_TRACKING_URI": f"sqlite:///{records / 'mlflow.db'}", "PYTHONPATH": str(ROOT),
        "MLFLOW_DISABLE_TELEMETRY": "true", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "mlflow", "run", str(ROOT), "-e", name, "--env-manager=local", *flags],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def project() -> dict[str, dict[str, Any]]:
    """The entry points of MLproject."""
    points: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "MLproject").read_text(encoding="utf-8"))[
        "entry_points"
    ]
    return points


def commands(point: dict[str, Any]) -> list[list[str]]:
    """What an entry point runs, with every parameter filled in as MLflow does it."""
    filled: dict[str, object] = {}
    for name, kind in point["parameters"].items():
        given = kind if isinstance(kind, dict) else {"type": kind}
        value = given.get("default", f"given-{name}")
        filled[name] = float(value) if given["type"] == "float" else value
    return [shlex.split(one) for one in point["command"].format(**filled).split("&&")]


class Parsed(Exception):
    """The flags of a command were understood."""


def test_the_entry_points_are_those_that_the_docs_name() -> None:
    assert list(project()) == ["main", "pretrain", "evaluate", "export", "retrain"]


@pytest.mark.parametrize("name", project())
def test_an_entry_point_runs_modules_that_exist_with_flags_that_they_have(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parse = argparse.ArgumentParser.parse_args

    def parsed(parser: argparse.ArgumentParser, *given: Any) -> argparse.Namespace:
        parse(parser, *given)
        raise Parsed

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parsed)
    point = project()[name]
    for python, dash, module, *flags in commands(point):
        assert (python, dash) == ("python", "-m") and module.startswith("training.")
        monkeypatch.setattr(sys, "argv", [module, *flags])
        try:
            with pytest.raises(Parsed):
                importlib.import_module(module).main()
        except SystemExit:
            pytest.fail(capsys.readouterr().err)
    assert [one for one in point["parameters"] if f"{{{one}}}" not in point["command"]] == []


def reported(records: Path) -> set[str]:
    """Names of the files that the one run has under report/."""
    with sqlite3.connect(records / "mlflow.db") as store:
        ((at,),) = store.execute("select artifact_uri from runs").fetchall()
    return {file.name for file in (Path(at.removeprefix("file://")) / "report").iterdir()}


@pytest.mark.slow
def test_a_refusal_by_the_gate_is_no_failure(
    records: Path, tmp_path: Path, files: Files, export_folder: Path, encoder_folder: Path
) -> None:
    parameters = {
        "labels": write_jsonl(tmp_path / "labels.jsonl", distinct_rows(40, 5)), "site": tmp_path / "site",
        "base": files.train, "dev": files.dev, "serving": export_folder, "encoder": encoder_folder,
        "out": tmp_path / "run", "epochs": 1, "window": 32, "overlap": 8, "wide-bits": 10,
        "precision": "fp32", "threads": 1, "samples": 100,
    }  # fmt: skip
    ended = run_entry_point("retrain", parameters, records, tmp_path)

    assert ended.returncode == 0, ended.stderr[-2000:]
    with sqlite3.connect(records / "mlflow.db") as store:
        verdicts = store.execute("select value from tags where key = 'verdict'").fetchall()
        aliases = dict(store.execute("select alias, version from registered_model_aliases").fetchall())
    assert verdicts == [("refused",)]  # eight test reports prove nothing
    assert {name: int(number) for name, number in aliases.items()} == {"champion": 1, "challenger": 2}
    assert json.loads((tmp_path / "run" / "export" / "export.json").read_text())["name"] == "petition"
    assert PLANTED not in ended.stdout + ended.stderr


@pytest.mark.slow
def test_evaluate_records_its_figures(
    records: Path, tmp_path: Path, files: Files, export_folder: Path
) -> None:
    ended = run_entry_point("evaluate", {"export": export_folder, "file": files.dev}, records, tmp_path)

    assert ended.returncode == 0, ended.stderr[-2000:]
    with sqlite3.connect(records / "mlflow.db") as store:
        runs = store.execute("select run_uuid, status from runs").fetchall()
        figures = dict(store.execute("select key, value from metrics").fetchall())
    assert [status for _, status in runs] == ["FINISHED"]
    assert {"domain_macro_f1", "misconduct_inaction_f1", "domain_source_invented_micro_f1"} <= figures.keys()
    assert reported(records) >= PICTURES
    assert PLANTED not in ended.stdout + ended.stderr


@pytest.mark.slow
def test_export_records_its_figures_and_pictures(
    records: Path, tmp_path: Path, files: Files, run_folder: Path
) -> None:
    given = {"run": run_folder, "dev": files.dev, "out": tmp_path / "made"}
    ended = run_entry_point("export", given, records, tmp_path)

    assert ended.returncode == 0, ended.stderr[-2000:]
    with sqlite3.connect(records / "mlflow.db") as store:
        figures = dict(store.execute("select key, value from metrics").fetchall())
    assert {"domain_macro_f1", "misconduct_inaction_f1"} <= figures.keys()
    assert reported(records) >= PICTURES
    assert PLANTED not in ended.stdout + ended.stderr
