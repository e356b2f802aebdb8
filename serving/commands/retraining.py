"""`petition retrain`, `models`, `promote` and `rollback`: a better model, and which one is in service."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from serving.commands.training import run_training
from serving.help import HelpedCommand, HelpedGroup, argument, option

_NAME = "登记的模型名；默认 petition。"
_TRACKING = "MLflow 记录的文件夹；默认 artifacts/mlflow。设了 MLFLOW_TRACKING_URI 时以它为准。"
_INTO = "服务跟随的文件夹，如 models：新模型放在里面，models/current 改指向它。"
_INTO_TOO = f"{_INTO}不写则只改登记，服务不变。"
_WHY = "理由，记在版本旁边；不要写个人信息。"
_Name = Annotated[str, option("--name", metavar="名称", help=_NAME)]
_Tracking = Annotated[Path, option("--tracking", metavar="文件夹", help=_TRACKING)]
_Into = Annotated[Path | None, option("--into", metavar="文件夹", help=_INTO_TOO)]
_RECORDS = Path("artifacts/mlflow")

models = typer.Typer(cls=HelpedGroup, add_completion=False, no_args_is_help=False)


class Start(StrEnum):
    """Where retraining begins."""

    serving = "serving"
    encoder = "encoder"


def retrain(
    context: typer.Context,
    labels: Annotated[
        list[Path] | None,
        option("--labels", metavar="文件", help="新的标注数据（JSONL），旧的在前；可重复。"),
    ] = None,
    site: Annotated[
        Path, option("--site", metavar="文件夹", help="本单位的训练数据文件夹；默认 artifacts/site。")
    ] = Path("artifacts/site"),
    take_back: Annotated[
        bool,
        option(
            "--take-back",
            help="先撤回上一次给出的标注（如评审没有通过、标注有错的）；没有给新的标注数据就到此为止，不训练。",
        ),
    ] = False,
    base: Annotated[
        list[Path] | None,
        option("--base", metavar="文件", help="以前的模型学过的标注数据，第一次给出即可；可重复。"),
    ] = None,
    contrast: Annotated[
        bool, option("--contrast", help="随程序的约一万件对照样例也再学一遍，第一次给出即可；训练会久得多。")
    ] = False,
    dev: Annotated[
        list[Path] | None, option("--dev", metavar="文件", help="开发集：定门槛和校准用的标注数据；可重复。")
    ] = None,
    test: Annotated[
        list[Path] | None, option("--test", metavar="文件", help="测试用的标注数据，从此不再训练；可重复。")
    ] = None,
    taxonomy: Annotated[
        Path | None, option("--taxonomy", metavar="文件", help="分类体系文件（yaml）；默认用现用模型的。")
    ] = None,
    start: Annotated[
        Start,
        option("--start", metavar="|".join(Start), help="从现用模型接着训练（默认），或从预训练编码器开始。"),
    ] = Start.serving,
    cases: Annotated[
        list[Path] | None,
        option("--cases", metavar="文件", help="本单位的行为用例（yaml），随程序的用例之外再加；可重复。"),
    ] = None,
    into: _Into = None,
    out: Annotated[
        Path | None, option("--out", metavar="文件夹", help="训练结果；默认 artifacts/runs/版本。")
    ] = None,
    name: _Name = "petition",
    version: Annotated[
        str | None, option("--version", metavar="版本", help="模型版本；默认当前时间。")
    ] = None,
    tracking: _Tracking = _RECORDS,
    despite_survey: Annotated[
        bool, option("--despite-survey", help="训练数据报告里有不通过的规则也照样训练；默认停下。")
    ] = False,
    exit_zero: Annotated[bool, option("--exit-zero", help="评审没有通过时也以 0 退出。")] = False,
) -> None:
    """用新的标注数据再训练，与现用模型在同一测试集上比较，更好才更换（需要 training 扩展）。

    其余参数交给训练：门槛如 --margin、--protected，训练设置如 --epochs、--threads，
    逐个说明见 docs/retraining.md 和 python -m training.retrain --help。

    退出码：0 已更换；1 评审没有通过，现用模型不变；2 用法不对；3 模型不能用；4 文件不能读写，或标注数据有错；
    69 没有安装 training 扩展。
    """
    arguments = ["--site", str(site), "--start", start.value, "--name", name, "--tracking", str(tracking)]
    for flag, files in (
        ("--labels", labels),
        ("--base", base),
        ("--dev", dev),
        ("--test", test),
        ("--cases", cases),
    ):
        if files:
            arguments += [flag, *map(str, files)]
    for flag, value in (("--taxonomy", taxonomy), ("--into", into), ("--out", out), ("--version", version)):
        if value is not None:
            arguments += [flag, str(value)]
    if contrast:
        arguments.append("--contrast")
    if take_back:
        arguments.append("--take-back")
    if despite_survey:
        arguments.append("--despite-survey")
    if exit_zero:
        arguments.append("--exit-zero")
    run_training("training.retrain", [*arguments, *context.args])


@models.callback(invoke_without_command=True)
def list_models(context: typer.Context, name: _Name = "petition", tracking: _Tracking = _RECORDS) -> None:
    """列出登记过的模型：版本、别名（champion 现用，challenger 备选）、指标、理由；pull 取到本机。

    退出码：0 已列出；4 登记库连不上；69 没有安装 mlflow。
    """
    if context.invoked_subcommand is None:
        _models(name, tracking, "list")


@models.command("pull", cls=HelpedCommand)
def pull(
    into: Annotated[Path, option("--into", metavar="文件夹", help=_INTO)],
    which: Annotated[
        str, option("--which", metavar="版本", help="版本号或别名；默认 champion，现用模型。")
    ] = "champion",
    name: _Name = "petition",
    tracking: _Tracking = _RECORDS,
) -> None:
    """把登记库里的模型取到本机的文件夹，核对后改指向它；跟随这个文件夹的服务自己换上。

    登记库连不上时什么也不改，服务照常。

    退出码：0 已取到；2 没有这个版本；3 模型不能用；4 登记库连不上，或文件夹不能写；69 没有安装 mlflow。
    """
    _models(name, tracking, "pull", "--which", which, "--into", str(into))


def promote(
    version: Annotated[int, argument("VERSION", "版本号，petition models 列出。")],
    why: Annotated[str, option("--why", metavar="理由", help=_WHY)],
    into: _Into = None,
    name: _Name = "petition",
    tracking: _Tracking = _RECORDS,
) -> None:
    """不经评审，把一个版本定为现用模型（champion）。

    退出码：0 已更换；2 没有这个版本；3 模型不能用；4 登记库连不上，或文件夹不能写；69 没有安装 mlflow。
    """
    _models(name, tracking, "promote", str(version), "--why", why, *_to(into))


def rollback(
    why: Annotated[str, option("--why", metavar="理由", help=_WHY)],
    into: _Into = None,
    name: _Name = "petition",
    tracking: _Tracking = _RECORDS,
) -> None:
    """退回现用模型之前的那个版本。

    退出码：0 已退回；2 没有更早的现用模型；3 模型不能用；4 登记库连不上，或文件夹不能写；69 没有安装 mlflow。
    """
    _models(name, tracking, "rollback", "--why", why, *_to(into))


def _to(into: Path | None) -> list[str]:
    return [] if into is None else ["--into", str(into)]


def _models(name: str, tracking: Path, *action: str) -> None:
    arguments = ["--name", name, "--tracking", str(tracking), *action]
    run_training("training.models", arguments, needed=("mlflow",), extra="registry")
