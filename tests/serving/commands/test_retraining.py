"""`petition retrain`, `models`, `promote` and `rollback` reach training, or say what is missing."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.serving.conftest import Petition


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands of processes that would have been started, from the module's name on."""
    commands: list[list[str]] = []

    def run(command: list[str], check: bool) -> SimpleNamespace:
        commands.append(command[command.index("serving.training_run") + 1 :])
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    return commands


def test_retrain_hands_over_its_files_and_whatever_else_was_typed(
    petition: Petition, started: list[list[str]]
) -> None:
    ended = petition(
        "retrain", "--labels", "a.jsonl", "--labels", "b.jsonl", "--base", "base.jsonl", "--into", "models",
        "--start", "encoder", "--margin", "0.01", "--no-wide", "--epochs", 3,
        "--take-back", "--contrast", "--despite-survey",
    )  # fmt: skip

    assert ended.code == 0
    ((module, *arguments),) = started
    said = " ".join(arguments)
    assert module == "training.retrain"
    for part in ("--labels a.jsonl b.jsonl", "--base base.jsonl", "--into models", "--start encoder",
                 "--take-back", "--contrast", "--despite-survey",
                 "--site artifacts/site", "--margin 0.01 --no-wide --epochs 3"):  # fmt: skip
        assert part in said


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        (["models"], "list"),
        (["models", "pull", "--into", "m"], "pull --which champion --into m"),
        (["promote", "3", "--why", "人工核对过", "--into", "m"], "promote 3 --why 人工核对过 --into m"),
        (["rollback", "--why", "错标太多"], "rollback --why 错标太多"),
    ],
    ids=["list", "pull", "promote", "rollback"],
)
def test_the_registry_is_asked(
    petition: Petition, started: list[list[str]], typed: list[str], wanted: str
) -> None:
    assert petition(*typed).code == 0
    (arguments,) = started
    assert " ".join(arguments) == f"training.models --name petition --tracking artifacts/mlflow {wanted}"


@pytest.mark.parametrize(
    "typed", [["promote", "3"], ["rollback"], ["models", "pull"], ["promote", "--why", "x"]]
)
def test_what_must_be_said_is_asked_for(
    petition: Petition, started: list[list[str]], typed: list[str]
) -> None:
    ended = petition(*typed)

    assert ended.code == 2 and "缺少" in ended.err and not started


def test_without_mlflow_the_small_extra_is_named(petition: Petition, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "mlflow" else found(name))

    for typed in (["models"], ["rollback", "--why", "x"]):
        ended = petition(*typed)
        assert ended.code == 69 and "缺 mlflow" in ended.err and ".[registry]" in ended.err
    assert ".[training]" in petition("retrain").err


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("mlflow") is None, reason="the training extra is not installed")
def test_errors_of_the_registry_are_one_chinese_line(petition: Petition, tmp_path: Path) -> None:
    empty = petition("models", "--tracking", tmp_path)
    assert empty.code == 0 and "还没有登记过模型" in empty.out
    nobody = petition("rollback", "--why", "x", "--tracking", tmp_path)
    assert nobody.code == 2 and "没有这个版本" in nobody.err
    away = petition("models", "pull", "--into", tmp_path / "m", "--which", "7", "--tracking", tmp_path)
    assert away.code == 2 and not (tmp_path / "m").exists()
