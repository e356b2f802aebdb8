"""`petition audit`: check the audit log, and give its head to be kept elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from serving.help import HelpedCommand, HelpedGroup, argument, option

audit = typer.Typer(cls=HelpedGroup, add_completion=False, no_args_is_help=False)
_FILE = "审计记录文件。"
_HEAD = "另处保存的行号和摘要（petition audit head 的输出，写成 行号:摘要），可重复：核对这一行没有变过。"
_ANCHOR = re.compile(r"(\d{1,15})[: ]([0-9a-f]{64})")


@audit.callback(invoke_without_command=True)
def group(context: typer.Context) -> None:
    """核对审计记录：verify 逐行核对、head 显示末行的摘要。"""
    if context.invoked_subcommand is None:
        from serving.faults import Code

        typer.echo(context.get_help())
        raise typer.Exit(Code.WRONG_USE)


@audit.command("verify", cls=HelpedCommand)
def verify(
    file: Annotated[Path, argument("FILE", _FILE)],
    head: Annotated[list[str] | None, option("--head", metavar="行号:摘要", help=_HEAD)] = None,
) -> None:
    """逐行核对审计记录：改过、删去、调换、截断的行，按行号列出。

    不给 --head 时，从头重写的记录查不出来，所以请把末行的摘要定期抄到别处。

    退出码：0 完好；1 有问题，逐条列出；2 用法不对；4 文件不能读。
    """
    from data.audit_check import check_audit
    from serving.audit_words import fault_words
    from serving.faults import Code, WrongUse

    anchors = {}
    for given in head or []:
        found = _ANCHOR.fullmatch(given.strip())
        if found is None:
            raise WrongUse("--head 要写成 行号:摘要，摘要是 64 位十六进制数")
        anchors[int(found[1])] = found[2]
    check = check_audit(file, anchors)
    for fault in check.faults:
        typer.echo(fault_words(fault))
    recovered = f"，其中 {check.recovered} 处断行已由下一行说明" if check.recovered else ""
    if check.faults:
        typer.echo(f"共 {check.lines} 行，发现 {len(check.faults)} 处问题{recovered}")
        raise typer.Exit(Code.REJECTED)
    typer.echo(f"完好：共 {check.lines} 行{recovered}。末行 {check.head[0]}:{check.head[1]}")


@audit.command("head", cls=HelpedCommand)
def show_head(file: Annotated[Path, argument("FILE", _FILE)]) -> None:
    """显示末行的行号和摘要，供抄到别处；以后用 verify --head 核对。

    退出码：0 已显示；4 文件不能读，或末行不完好。
    """
    from data.audit import AuditLog
    from data.errors import MissingFile

    if not file.is_file():
        raise MissingFile(f"{file}: no such file; name the audit log")
    line, digest = AuditLog(file).head()
    typer.echo(f"{line}:{digest}")
