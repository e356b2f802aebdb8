"""docs/cli.md names every command, option, exit code and column, and no other."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from data.taxonomy import Taxonomy
from serving.cli import app
from serving.faults import Code
from serving.spreadsheet import Layout

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
ROOT: Any = typer.main.get_command(app)
SECTIONS = dict(re.findall(r"^## `petition (\w+)`$(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
EXAMPLES = [
    line.split("|")[0 if line.startswith("petition") else 1].split(">")[0].strip()
    for block in re.findall(r"^```sh$(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    for line in block.strip().splitlines()
]


def test_every_command_has_a_section_and_a_row() -> None:
    assert list(SECTIONS) == list(ROOT.commands)
    assert all(f"[`petition {name}`](#petition-{name})" in PAGE for name in ROOT.commands)


def params(name: str) -> list[Any]:
    """Of a command, or of all commands of a group."""
    command = ROOT.commands[name]
    return [param for each in (command, *getattr(command, "commands", {}).values()) for param in each.params]


@pytest.mark.parametrize("name", list(ROOT.commands))
def test_every_option_has_a_row(name: str) -> None:
    given = {option for param in params(name) for option in param.opts if option.startswith("-")}
    rows = re.findall(r"^\| (`-.*?) \|", SECTIONS[name], re.MULTILINE)

    assert {option for row in rows for option in re.findall(r"`(-[\w-]+)", row)} == given


def test_every_argument_is_named() -> None:
    for name in ROOT.commands:
        for param in params(name):
            if param.param_type_name == "argument":
                assert re.search(rf"`petition {name} [^`]*\b{param.metavar}\b", SECTIONS[name])


@pytest.mark.parametrize("name", ["format", "form", "names", "evidence", "progress", "blank", "tie"])
def test_every_value_of_a_choice_is_named(name: str) -> None:
    for command in ("tag", "bulk", "taxonomy", "import"):
        for param in ROOT.commands[command].params:
            if param.name == name:
                assert all(f"`{value}`" in SECTIONS[command] for value in param.metavar.split("|"))


def test_options_of_the_program_itself_are_named() -> None:
    assert all(f"petition {option}" in PAGE for param in ROOT.params for option in param.opts)


def test_every_exit_code_has_a_row() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+?) \|", PAGE, re.MULTILINE)

    assert [int(code) for code, _ in rows] == sorted(Code)
    assert all(meaning.strip() for _, meaning in rows)


def test_the_columns_are_those_of_the_tables_in_their_order() -> None:
    table = PAGE.split("### Output: columns")[1].split("### ")[0]
    named = [
        name
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in re.findall("`(.+?)`", row)
    ]

    assert named == Layout(Taxonomy.default(), []).headings


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_understood(example: str) -> None:
    program, name, *arguments = shlex.split(example)
    assert program == "petition"
    if "--help" not in arguments:
        ROOT.commands[name].make_context(name, arguments)  # checks, and runs nothing


def test_json_on_the_page_is_json() -> None:
    blocks = re.findall(r"^```json$(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    prediction, taxonomy = (json.loads(block) for block in blocks)

    assert set(prediction) == {"id", "tags", "needs_review", "review_reasons", "unread_chars", "model"}
    assert set(taxonomy) == {"version", "axes"} and taxonomy["axes"][0]["labels"]
