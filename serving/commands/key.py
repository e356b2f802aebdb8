"""`petition key`: make, list and remove the keys of the service."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from serving.help import HelpedCommand, HelpedGroup, argument, option

KEYS = "密钥文件；默认看环境变量 PETITION_KEYS，没有设就是 keys.json。里面只有密钥的摘要。"
ENVIRONMENT = "PETITION_KEYS"
"""Names the file that the service reads."""
keys = typer.Typer(cls=HelpedGroup, add_completion=False, no_args_is_help=False)
_ROLE = "角色：tag 打标、review 复核、admin 管理，后面的也能做前面的事；默认 tag。"
_File = Annotated[Path | None, option("--keys", metavar="文件", help=KEYS)]


class RoleName(StrEnum):
    """Roles of a key; each may do what those before it may."""

    tag = "tag"
    review = "review"
    admin = "admin"


@keys.callback(invoke_without_command=True)
def key(context: typer.Context) -> None:
    """管理打标服务的密钥：new 生成、list 列出、remove 删除。"""
    if context.invoked_subcommand is None:
        from serving.faults import Code

        typer.echo(context.get_help())
        raise typer.Exit(Code.WRONG_USE)


@keys.command("new", cls=HelpedCommand)
def new(
    name: Annotated[str, option("--name", metavar="名称", help="用密钥的系统，如 hotline；不要写人名。")],
    role: Annotated[RoleName, option("--role", metavar="|".join(RoleName), help=_ROLE)] = RoleName.tag,
    rate: Annotated[
        str, option("--rate", metavar="件数/时间", help="最多每多久多少件，如 1000/minute；默认不限。")
    ] = "",
    file: _File = None,
) -> None:
    """生成一个密钥，显示这一次，以后无法再看。

    服务运行中时，用 SIGHUP 或 /v1/model/reload 使它生效。

    退出码：0 已生成；2 用法不对，或已有这个名称；4 密钥文件不能读写。
    """
    from data.audit import Action
    from serving.faults import WrongUse
    from serving.keys import Role, new_key
    from serving.protection import Protection
    from serving.rates import parse_rate

    if rate:
        try:
            parse_rate(rate)
        except ValueError as error:
            raise WrongUse(f"--rate：{error}") from None
    with Protection.chosen().recorded(Action.key_new, key=name, role=role.value) as tally:
        key = new_key(_chosen(file), name, Role[role.value], rate)
        tally.count = 1
    typer.echo(key)


@keys.command("list", cls=HelpedCommand)
def list_all(file: _File = None) -> None:
    """列出密钥：名称、角色、生成日期、限额。"""
    from serving.keys import list_keys

    for each in list_keys(_chosen(file)):
        typer.echo(f"{each.name}\t{each.role.name}\t{each.created}\t{each.rate or '-'}")


@keys.command("remove", cls=HelpedCommand)
def remove(name: Annotated[str, argument("NAME", "要删除的密钥的名称。")], file: _File = None) -> None:
    """删除一个密钥。服务运行中时，用 SIGHUP 或 /v1/model/reload 使它生效。

    退出码：0 已删除；2 没有这个名称；4 密钥文件不能读写。
    """
    from data.audit import Action
    from serving.keys import remove_key
    from serving.protection import Protection

    with Protection.chosen().recorded(Action.key_remove, key=name) as tally:
        remove_key(_chosen(file), name)
        tally.count = 1


def _chosen(file: Path | None) -> Path:
    return file or Path(os.environ.get(ENVIRONMENT) or "keys.json")
