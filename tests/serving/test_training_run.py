"""A module of training run as a program ends in the command line's words and codes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from serving.training_run import main


@pytest.fixture
def ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Run a module of this body."""

    def run(body: str, name: str) -> tuple[int, str]:
        (tmp_path / f"{name}.py").write_text(body, encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr(sys, "argv", ["training_run", name, "--out", "x"])
        return main(), capsys.readouterr().err

    return run


def test_a_module_that_ends_well_ends_with_zero_and_sees_its_arguments(ended) -> None:  # type: ignore[no-untyped-def]
    assert ended("import sys\nassert sys.argv[1:] == ['--out', 'x']\n", "invented_good") == (0, "")


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (
            "from data.errors import BadLabelledRow\nraise BadLabelledRow('a.jsonl, line 3')",
            4,
            "a.jsonl, line 3",
        ),
        ("from model.export import BrokenExport\nraise BrokenExport('x')", 3, "模型（Export）不能用"),
        ("open('gone.jsonl')", 4, "gone.jsonl：没有这个文件"),
        ("raise KeyboardInterrupt", 130, "已中断"),
    ],
)
def test_a_foreseen_error_is_one_chinese_line(ended, body: str, code: int, said: str) -> None:  # type: ignore[no-untyped-def]
    found, err = ended(body, f"invented_{code}_{len(body)}")

    assert found == code and said in err and err.count("\n") == 1


def test_an_unforeseen_error_shows_where_it_happened(ended) -> None:  # type: ignore[no-untyped-def]
    code, err = ended("def fit():\n    raise ValueError('loss is NaN')\nfit()", "invented_broken")

    assert code == 70 and "invented_broken.py" in err and "loss is NaN" in err


def test_a_module_ends_with_a_code_of_its_own(ended) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SystemExit) as caught:
        ended("raise SystemExit(2)", "invented_usage")
    assert caught.value.code == 2
