"""`petition train` and `petition evaluate`: run training in a process of its own, where it is installed."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from serving.faults import Code, tell
from serving.help import HelpedCommand, argument, option
from serving.train_options import FILES, SETTINGS

# What training imports of its extra; gensim and jieba serve pretraining alone.
NEEDED = tuple(
    "cleanlab torch transformers datasets sklearn scipy safetensors onnx onnxscript mlflow matplotlib "
    "tqdm".split()
)
_INSTALL = "在源码文件夹里运行 pip install -e '.[{0}]'，或 pip install '文件名.whl[{0}]'"
_BASELINE = (
    "标注数据（JSONL），可重复：用它训练一个线性模型（TF-IDF 加 SVM），在同一个 FILE 上量，与模型并排比较；"
    "其中与 FILE 雷同的件不用。"
)


class TrainCommand(HelpedCommand):
    """Its options are those of training's own command; the help needs no training."""

    handed_on = (("文件", FILES), ("训练设置", SETTINGS))


def train(context: typer.Context) -> None:
    """用标注数据训练一个模型（需要 training 扩展）。

    一次做完训练、导出、在开发集上定校准和门槛，并记入 MLflow。做法见 docs/training.md。

    退出码：0 已完成；2 用法不对；3 要接过或接着用的模型不能用；4 文件不能读写，或标注数据有错；
    69 没有安装 training 扩展。
    """
    run_training("training.train", context.args)


def evaluate(
    export: Annotated[Path, argument("EXPORT", "要评测的模型（Export）文件夹。")],
    file: Annotated[Path, argument("FILE", "标注数据（JSONL）。")],
    out: Annotated[
        Path | None, option("--out", "-o", metavar="文件夹", help="指标、图表和错例编号写到这个文件夹。")
    ] = None,
    baseline: Annotated[list[Path] | None, option("--baseline", metavar="文件", help=_BASELINE)] = None,
) -> None:
    """用标注数据评测一个模型（需要 training 扩展）。

    指标以 Markdown 表格显示：每个标签的精确率、召回率、F1，和置信区间；文件里一件也没有的标签另外点名，
    因为宏平均 F1 把它们算作 0。

    退出码：0 已完成；2 用法不对；3 模型不能用；4 文件不能读写；69 没有安装 training 扩展。
    """
    extra = ["--out", str(out)] if out is not None else []
    if baseline:
        extra += ["--baseline", *map(str, baseline)]
    run_training("training.evaluate", ["--export", str(export), "--file", str(file), *extra])


def run_training(
    module: str, arguments: Sequence[str], needed: Sequence[str] = NEEDED, extra: str = "training"
) -> None:
    """Run a module of training in a process of its own, and end with its code where that is not 0.

    Args:
        needed: packages without which it does not run.
        extra: our extra that brings them.
    """
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        tell(f"没有安装所需的程序包（缺 {'、'.join(missing)}）。请{_INSTALL.format(extra)}")
        raise typer.Exit(Code.NOT_INSTALLED)
    sys.stdout.flush()
    # -P: a folder called training/ or data/ where the command is given must not win over ours.
    command = [sys.executable, "-P", "-m", "serving.training_run", module, *arguments]
    code = subprocess.run(command, check=False).returncode
    if code:
        raise typer.Exit(code if code > 0 else 128 - code)
