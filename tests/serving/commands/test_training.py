"""`petition train` and `evaluate` reach training where it is installed, and say so where it is not."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from model.export import Export
from serving.commands.training import NEEDED
from serving.train_options import FILES, SETTINGS
from tests.serving.conftest import HOSPITAL, PLANTED, SCHOOL, Petition

ROOT = Path(__file__).parents[3]
MODULES = {"scikit-learn": "sklearn"}
installed = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in NEEDED),
    reason="the training extra is not installed",
)


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else found(name))


@pytest.mark.usefixtures("without_torch")
@pytest.mark.parametrize(
    "command", [("train",), ("train", "--dev", "x"), ("evaluate", "export", "dev.jsonl")]
)
def test_without_the_extra_the_pip_command_is_named(petition: Petition, command: tuple[str, ...]) -> None:
    ended = petition(*command)

    assert ended.code == 69 and ended.out == ""
    assert "没有安装所需的程序包（缺 torch）" in ended.err and "pip install -e '.[training]'" in ended.err


@pytest.mark.usefixtures("without_torch")
@pytest.mark.parametrize(
    ("command", "shown"),
    [("evaluate", ("EXPORT", "--out")), ("train", ("--labelled 文件 ...", "--epochs 轮数"))],
)
def test_help_needs_no_extra(petition: Petition, command: str, shown: tuple[str, ...]) -> None:
    ended = petition(command, "--help")

    assert ended.code == 0 and all(part in ended.out for part in shown)


def test_what_is_looked_for_is_what_the_extra_brings() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[<>=]", line)[0] for line in project["optional-dependencies"]["training"]]

    # gensim and jieba serve pretraining, which has commands of its own.
    assert {MODULES.get(name, name) for name in names} - {"gensim", "jieba"} == set(NEEDED)


def in_words(default: object) -> str:
    return ("开" if default else "关") if isinstance(default, bool) else str(default)


@installed
def test_help_of_train_explains_every_option_with_its_default() -> None:
    from training.settings import TrainSettings
    from training.train import _parser

    flags = {option for action in _parser()._actions for option in action.option_strings} - {"-h", "--help"}
    shown = [(re.findall(r"--[a-z-]+", name), help) for name, help in (*FILES, *SETTINGS)]
    defaults = {
        names[0].removeprefix("--").replace("-", "_"): re.findall(r"默认 ?([-\w.]+)", help)[-1].rstrip(".")
        for names, help in shown[len(FILES) :]
    }

    assert sorted(name for names, _ in shown for name in names) == sorted(flags)
    assert all(not help.isascii() and help.endswith("。") for _, help in shown)
    assert defaults == {field.name: in_words(field.default) for field in fields(TrainSettings)}


@installed
@pytest.mark.slow
def test_wrong_use_of_train_is_said_in_chinese(petition: Petition) -> None:
    ended = petition("train", "--labelled", "a.jsonl", "--epochs", PLANTED)

    assert ended.code == 2 and ended.err.startswith("错误：") and PLANTED not in ended.err


@installed
@pytest.mark.slow
def test_evaluate_measures_an_export(petition: Petition, export: Export, tmp_path: Path) -> None:
    rows = [
        {"text": SCHOOL, "domain": ["education"], "misconduct": ["inaction"]},
        {"text": HOSPITAL, "domain": ["medical"], "misconduct": ["falsification"]},
    ]
    file = tmp_path / "dev.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    train = tmp_path / "train.jsonl"
    train.write_text(
        "\n".join(
            json.dumps({**row, "text": f"{row['text']}，{number}"}) for row in rows for number in "一二三"
        ),
        encoding="utf-8",
    )
    baseline = ("--baseline", train, "--baseline", train)
    ended = petition("evaluate", export.folder, file, "--out", tmp_path / "report", *baseline)

    assert ended.code == 0 and "| domain | TF-IDF + SVM |" in ended.out
    assert "macro-F1 1.000" in ended.out and PLANTED not in ended.out + ended.err
    assert json.loads((tmp_path / "report" / "metrics.json").read_text(encoding="utf-8"))


@installed
@pytest.mark.slow
def test_labelled_reports_that_cannot_be_used_are_said_by_line_and_without_words(
    petition: Petition, export: Export, tmp_path: Path
) -> None:
    file = tmp_path / "dev.jsonl"
    file.write_text(f'{{"text": "{PLANTED}"}}\n{PLANTED}\n', encoding="utf-8")
    ended = petition("evaluate", export.folder, file)

    assert ended.code == 4 and "line 2" in ended.err and PLANTED not in ended.err


@installed
@pytest.mark.slow
def test_an_empty_file_is_said_to_be_empty(petition: Petition, export: Export, tmp_path: Path) -> None:
    (tmp_path / "dev.jsonl").write_text("", encoding="utf-8")
    ended = petition("evaluate", export.folder, tmp_path / "dev.jsonl")

    assert ended.code == 4 and "文件里没有内容" in ended.err and "Traceback" not in ended.err
