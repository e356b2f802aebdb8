"""Help: --help in Chinese, broken as Chinese is set; options and arguments declared one way."""

from __future__ import annotations

import inspect
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from serving.faults import Code

WIDTH = 100  # cells, at most
NAMES = 32  # cells; a longer name has a line of its own
MODEL = "模型（Export）文件夹；默认用随程序安装的模型。"
MASK = (
    "遮盖能认出人的内容：none 不遮盖（默认），output 按原文打标、结果里遮盖，input 先遮盖再打标。"
    "环境变量 PETITION_MASK 要求更多时按它。"
)
SEALED = "密封模式：信件内容不写入任何文件，结果文件里只有编号和标签；也可设 PETITION_SEALED=1。"
WATCH_LIST = (
    "名单文件，一行一个姓名或单位：涉及的信件不打标、不保存，标为请人工办理；也可设 PETITION_WATCH_LIST。"
)
OFFICIALS = (
    "遮盖时，被反映人、公职人员：keep 保留姓名和职务（默认），names 遮盖姓名，all 姓名和职务都遮盖。"
    "环境变量 PETITION_OFFICIALS 要求更多时按它。"
)
LEFT_OUT = "名单文件，一行一个姓名或单位：涉及的信件{}，请由人办理；也可设 PETITION_WATCH_LIST。"
"""Of a command that leaves them out of what it writes."""

ENGINE = (
    "推理引擎：auto 能用且最快的（默认），onnxruntime，openvino（要另装，适合有 bf16 矩阵指令的处理器）；"
    "也可设 PETITION_ENGINE。"
)


class Wanted(StrEnum):
    """Engines that may be asked for."""

    auto = "auto"
    onnxruntime = "onnxruntime"
    openvino = "openvino"


class Mask(StrEnum):
    """How much is masked."""

    none = "none"
    output = "output"
    input = "input"


def option(*names: str, help: str, **more: Any) -> Any:
    """Declare an option; its help says the default in words."""
    return typer.Option(*names, help=help, show_default=False, **more)


def column(field: str, name: str) -> Any:
    """Declare the option that names a column of the input."""
    return option(f"--{field}-column", metavar="表头", help=f"{name}在哪一栏；默认自动识别。")


def argument(metavar: str, help: str) -> Any:
    """Declare an argument."""
    return typer.Argument(metavar=metavar, help=help, show_default=False)


class _Help:
    """--help in Chinese; and a pipe whose reader has gone."""

    name: str | None
    help: str | None
    handed_on: Sequence[tuple[str, Sequence[tuple[str, str]]]] = ()
    """Headings with rows of options that another program reads."""

    def get_help_option(self, ctx: Any) -> Any:
        option: Any = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = "显示本说明。"
        return option

    def format_help(self, ctx: Any, formatter: Any) -> None:
        width = min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDTH)
        arguments, options = [], []
        for param in self.get_params(ctx):  # type: ignore[attr-defined]
            if param.param_type_name == "argument":
                arguments.append((param.metavar, param.help or ""))
            else:
                names = ", ".join(sorted(param.opts, key=len))
                options.append((f"{names} {param.metavar or ''}".rstrip(), param.help or ""))
        known = self.list_commands(ctx) if isinstance(self, TyperGroup) else []
        commands = [(name, _first_line(self.get_command(ctx, name).help)) for name in known]  # type: ignore[attr-defined]
        usage = [
            ctx.command_path,
            "[选项]",
            *(name for name, _ in arguments),
            *(["命令 ..."] if commands else []),
        ]
        lines = [f"用法：{' '.join(usage)}", ""]
        for paragraph in inspect.cleandoc(self.help or "").split("\n\n"):
            for line in paragraph.split("\n"):
                lines += _lines(line, width)
            lines.append("")
        for heading, rows in (("参数", arguments), *self.handed_on, ("选项", options), ("命令", commands)):
            if rows:
                lines += [f"{heading}：", *_rows(rows, width), ""]
        formatter.write("\n".join(lines))

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)  # type: ignore[misc]
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            # Python's own flush at exit must not complain about it again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(Code.BROKEN_PIPE) from None


class HelpedCommand(_Help, TyperCommand):
    """A command with this help."""


class HelpedGroup(_Help, TyperGroup):
    """A group of commands with this help."""


def _first_line(help: str | None) -> str:
    return inspect.cleandoc(help or "").split("\n\n")[0]


def _lines(text: str, width: int) -> list[str]:
    # Loaded here, because only a help that is shown needs it.
    from rich.text import Text

    from serving.typeset import wrap

    return [line.plain for line in wrap(Text(text), width)]


def _rows(rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """Two columns: a name, and beside it its explanation, or below it where the name is long."""
    from rich.cells import cell_len, set_cell_size

    column = min(NAMES, max(cell_len(name) for name, _ in rows))
    for name, help in rows:
        lines = _lines(help, max(20, width - column - 4)) or [""]
        if cell_len(name) > column:
            yield f"  {name}"
            name = ""
        for line in lines:
            yield f"  {set_cell_size(name, column)}  {line}".rstrip()
            name = ""
