"""docs/cycle.sh does what it says, with a tiny model and in a folder of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.conftest import PLANTED, Files, write_jsonl
from tests.training.test_cycle import distinct_rows

ROOT = Path(__file__).parents[2]
MAIN = "import sys; from serving.cli import main; sys.exit(main())"
OPTIONS = """
--epochs 4 --window 64 --overlap 8 --tokens 2048 --wide-bits 12 --head-lr 2e-2 --threads 1 --precision fp32
--least-test 20 --protected education inaction --behaviours 0 --behaviours-lost 99 --samples 300
"""


@pytest.mark.slow
def test_the_whole_cycle(
    records: Path, tmp_path: Path, files: Files, encoder_folder: Path, export_folder: Path
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, flags in (("python3", []), ("petition", ["-c", MAIN])):
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, *flags])} "$@"\n')
        (programs / name).chmod(0o755)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PETITION_"))}
    environment = {
        **own, "PATH": f"{programs}:{own['PATH']}", "PYTHONPATH": str(ROOT),
        "MLFLOW_TRACKING_URI": f"sqlite:///{records / 'mlflow.db'}", "MLFLOW_DISABLE_TELEMETRY": "true",
        "REPORTS": str(write_jsonl(tmp_path / "reports.jsonl", distinct_rows(400, 1))),
        "TEST": str(write_jsonl(tmp_path / "test.jsonl", distinct_rows(60, 7))),
        "MODEL": str(export_folder),
    }  # fmt: skip
    options = [*OPTIONS.split(), "--base", files.train, "--dev", files.dev, "--encoder", encoder_folder]
    ended = subprocess.run(
        [ROOT / "docs" / "cycle.sh", tmp_path / "cycle", *options],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    answers = [line for line in ended.stdout.splitlines() if line.startswith("the service answers")]

    assert ended.returncode == 0, ended.stdout[-4000:]
    second = "petition@second"
    assert [line.split()[-1] for line in answers] == ["tiny@1", second, second, "tiny@1"]
    assert "200 reviewed" in ended.stdout and ", 0 of them" not in ended.stdout
    assert "版本 2：petition@second 通过全部" in ended.stdout
    assert "版本 3：petition@mixed 有" in ended.stdout and "宏平均 F1·轴domain" in ended.stdout
    assert "已撤回上一次给出的标注" in ended.stdout
    assert PLANTED not in ended.stdout + (tmp_path / "cycle" / "serve.log").read_text(encoding="utf-8")
