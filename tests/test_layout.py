"""Test folders are packages, the README shows every module, and importing does nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PACKAGES = ("data", "model", "training", "serving", "benchmarks")

# Run in an empty folder, with the names of modules as arguments.
PROBE = """
import importlib, logging, os, sys

for name in sys.argv[1:]:
    importlib.import_module(name)
    if os.listdir():
        sys.exit(f"{name} writes {os.listdir()} on import")
    if logging.root.handlers:
        sys.exit(f"{name} sets up logging on import")
    if "torch" in sys.modules:
        sys.exit(f"{name} imports torch")
"""


def modules(package: str) -> set[str]:
    """Paths of a package's modules, from the root."""
    files = (ROOT / package).rglob("*.py")
    return {file.relative_to(ROOT).as_posix() for file in files if file.name != "__init__.py"}


def tree(readme: str) -> str:
    """The README's first code fence that has a line for data/."""
    fences = re.findall(r"^```[^\n]*\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    trees = [fence for fence in fences if re.search(r"^[^\w\n]*data/(?:\s|$)", fence, re.MULTILINE)]
    assert trees, "the README has no code fence with the tree"
    return trees[0]


def files_in(tree: str) -> set[str]:
    """Paths of the .py files that a tree names; indentation says in which folder each lies."""
    found = set()
    folders: list[tuple[int, str]] = []
    for line in tree.splitlines():
        entry = line.lstrip(" │├└─|`+-")
        indent = len(line) - len(entry)
        while folders and folders[-1][0] >= indent:
            folders.pop()
        first = entry.split(maxsplit=1)[0] if entry else ""
        if first.endswith("/"):
            folders.append((indent, (folders[-1][1] if folders else "") + first))
        folder = folders[-1][1] if folders else ""
        for name in re.findall(r"[\w/]+\.py\b", entry):
            found.add(name if "/" in name else folder + name)
    return found


def test_every_folder_of_tests_is_a_package() -> None:
    tests = ROOT / "tests"
    folders = {
        folder for file in tests.rglob("test_*.py") for folder in file.parents if folder.is_relative_to(tests)
    }
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_the_readme_names_every_module(package: str) -> None:
    named = files_in(tree(README.read_text(encoding="utf-8")))
    assert sorted(modules(package) - named) == []


def test_every_file_that_the_readme_names_exists() -> None:
    named = files_in(tree(README.read_text(encoding="utf-8")))
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize(
    "text",
    [
        "data/        reports\n  a.py  one; see model/b.py\n\nmodel/\n  b.py  two\n  deep/\n    c.py\nd.py\n",
        "├── data/\n│   └── a.py\n├── model/\n│   ├── b.py\n│   └── deep/\n│       └── c.py\n└── d.py\n",
    ],
    ids=["indented", "drawn"],
)
def test_a_tree_is_read_in_either_style(text: str) -> None:
    assert files_in(tree(f"```sh\npetition tag data/x.csv\n```\n\n```\n{text}```\n")) == {
        "data/a.py",
        "model/b.py",
        "model/deep/c.py",
        "d.py",
    }


@pytest.mark.parametrize("package", ["data", "model", "serving"])
def test_imports_do_nothing(package: str, tmp_path: Path) -> None:
    names = [name.removesuffix(".py").replace("/", ".") for name in sorted(modules(package))]
    done = subprocess.run(
        [sys.executable, "-c", PROBE, package, *names],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
