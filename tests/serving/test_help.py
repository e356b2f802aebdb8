"""--help is in Chinese, fits the terminal and explains every command, argument and option."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer.main
from rich.cells import cell_len

from serving.cli import app
from tests.serving.conftest import Petition

COMMANDS = ("tag", "taxonomy", "doctor", "train", "evaluate")


def test_every_parameter_is_explained_in_chinese() -> None:
    root: Any = typer.main.get_command(app)
    for command in (root, *root.commands.values()):
        for parameter in command.params:
            name = f"{command.name} {parameter.name}"
            assert not parameter.help.isascii() and parameter.help.endswith("。"), name
            assert parameter.param_type_name == "argument" or parameter.is_flag or parameter.metavar, name


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
@pytest.mark.parametrize("width", [60, 100])
def test_help_fits_the_terminal(
    petition: Petition, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    ended = petition(*command, "--help")

    assert ended.code == 0 and ended.err == ""
    assert max(cell_len(line) for line in ended.out.splitlines()) <= width
    assert ended.out.startswith(f"用法：{' '.join(['petition', *command])} [选项]")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_the_exit_codes(petition: Petition, command: str) -> None:
    assert "退出码：0 " in petition(command, "--help").out


def test_help_of_the_group_lists_every_command(petition: Petition) -> None:
    out = petition("--help").out

    assert all(f"\n  {name} " in out for name in COMMANDS)


@pytest.mark.parametrize("command", ["tag", "bulk"])
def test_careful_evidence_is_not_sold_as_the_better_one(petition: Petition, command: str) -> None:
    """The help and docs/cli.md tell what was measured: slower, and fewer of the readers' words."""
    root = Path(__file__).parents[2]
    measured = json.loads((root / "benchmarks" / "results" / "evidence.json").read_text(encoding="utf-8"))
    careful, ours = (measured["figures"][way] for way in ("deletion (`careful`)", "our contributions"))
    shares = [f"{way['hit']:.0%}" for way in (careful, ours)]
    said = re.sub(r"\s", "", petition(command, "--help").out)
    docs = (root / "docs" / "cli.md").read_text(encoding="utf-8").split(f"## `petition {command}`")[1]

    assert careful["hit"] < ours["hit"] and careful["ms"] > 20 * measured["figures"]["tagging_ms"]
    assert f"慢二十多倍，找到的人工标出的依据却比默认少（{shares[0]}对{shares[1]}），并不更准" in said
    assert "over 20 times slower" in docs and " against ".join(s.replace("%", " %") for s in shares) in docs
