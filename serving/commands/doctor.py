"""`petition doctor`: can this machine run this Export?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from serving.faults import Code
from serving.help import ENGINE, MODEL, Wanted, option

_COLOURS = {"ok": "green", "warning": "yellow", "fault": "bold red"}


def doctor(
    model: Annotated[Path | None, option("--model", metavar="文件夹", help=MODEL)] = None,
    engine: Annotated[Wanted | None, option("--engine", metavar="|".join(Wanted), help=ENGINE)] = None,
) -> None:
    """检查本机和模型：处理器、内存、校验和、标准件回放、速度。

    退出码：0 可以使用；2 用法不对；3 有故障，按提示处理。
    """
    from model.export import DEFAULT
    from serving.doctor import MARKS, examine
    from serving.terminal import message_console, output_console, spinner
    from serving.typeset import plain

    console, faults = output_console(), 0
    with spinner(message_console(), "正在检查"):
        for finding in examine(model or DEFAULT, engine):
            faults += finding.level == "fault"
            console.print(f"[{_COLOURS[finding.level]}]{MARKS[finding.level]}[/]", end=" ", highlight=False)
            console.out(f"{finding.name}：{plain(finding.detail)}", highlight=False)
            if finding.advice:
                console.out(f"  → {finding.advice}", highlight=False)
    console.out(f"有 {faults} 处故障，请先处理。" if faults else "可以使用。", highlight=False)
    if faults:
        raise typer.Exit(Code.NO_MODEL)
