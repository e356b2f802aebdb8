"""Wrong use of a command of training is one Chinese line, without what was typed."""

from __future__ import annotations

import pytest

from tests.training.conftest import PLANTED
from training.flags import Flags


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "缺少 --labelled、--dev"),
        (["--dev", "x"], "缺少 --labelled"),
        (["--labelled", "x", "--dev"], "--dev 后面缺少内容，或给的内容不对"),
        (["--labelled", "x", "--dev", "y", "--epochs", PLANTED], "--epochs 后面缺少内容，或给的内容不对"),
        (["--labelled", "x", "--dev", "y", "--epoch-s", PLANTED], "没有选项 --epoch-s"),
        (["--dev", "y", PLANTED, "--labelled", "x"], "参数给多了"),
    ],
)
def test_wrong_use_names_the_option(given: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    flags = Flags(prog="petition train")
    flags.add_argument("--labelled", nargs="+", required=True)
    flags.add_argument("--dev", required=True)
    flags.add_argument("--epochs", type=int)
    with pytest.raises(SystemExit) as ended:
        flags.parse_args(given)
    told = capsys.readouterr().err

    assert ended.value.code == 2 and told.startswith(f"错误：{said}") and PLANTED not in told
    assert told.endswith("（用 petition train --help 查看用法）\n") and told.count("\n") == 1
