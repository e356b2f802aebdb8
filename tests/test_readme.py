"""Both READMEs show what the program does: the demo, the Python block, the figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from serving.cli import main

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
_PART = re.compile(r"^(?:-{100}|={100}|\.\.\.)\n", re.MULTILINE)


def between(readme: str, name: str) -> str:
    text = (ROOT / readme).read_text(encoding="utf-8")
    return text.split(f"<!-- {name} -->")[1].split(f"<!-- /{name} -->")[0]


@pytest.fixture(scope="module")
def makefile() -> str:
    return (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_demo_is_what_make_demo_prints(
    makefile: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (command,) = re.findall(r"petition (tag .*)", makefile)
    monkeypatch.chdir(ROOT)
    assert main(command.split()) == 0
    printed = capfd.readouterr().out
    for readme in READMES:
        (block,) = re.findall(r"```text\n(.*?)```", between(readme, "demo"), re.DOTALL)
        parts = [part for part in _PART.split(block) if part]

        assert len(parts) > 3 and [part for part in parts if part not in printed] == []
        assert printed.endswith(parts[-1])


@pytest.mark.slow
@pytest.mark.parametrize("readme", READMES)
def test_the_python_block_runs(readme: str, capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / readme).read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(block, readme, "exec"), {})
    *tags, review = capsys.readouterr().out.splitlines()

    assert {line.split()[0] for line in tags} == {"domain", "misconduct"}
    assert re.fullmatch(r"(True|False) \(.*\)", review)


@pytest.mark.parametrize("readme", READMES)
def test_the_figures_are_those_that_were_measured(readme: str) -> None:
    page = (ROOT / "benchmarks" / "results.md").read_text(encoding="utf-8")
    measured = [
        re.findall(rf"^\| {re.escape(name)} \| (.*) \|$", page, re.MULTILINE)[0].split(" | ")
        for name in ("ours", "TF-IDF + SVM")
    ]
    shown = re.findall(r"^\| [^|]+ \| (0.*) \|$", between(readme, "figures"), re.MULTILINE)

    # On each axis cross-fitted first.
    assert [row.split(" | ") for row in shown] == [[m[1], m[0], m[5], m[4]] for m in measured]
