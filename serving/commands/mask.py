"""`petition mask`: a file to the same file with its identifiers covered."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from data.privacy.officials import Officials
from serving.faults import Code, WrongUse
from serving.help import LEFT_OUT, OFFICIALS, argument, option

_IN = "要遮盖的文件：csv tsv txt jsonl json xlsx xls ods parquet；- 为标准输入，一行一件。"
_OUT = "结果文件，与原件同类（工作簿写成 xlsx）；- 为标准输出。"
_STYLE = (
    "遮盖成什么：label 为【手机号】这样的类名（默认），stars 为等长的 *，pseudonym "
    "为【手机号·1f0c9a2b】这样的代号，同一个号码代号相同。"
)
_KEY = "代号的密钥文件，至少 16 字节；同一密钥下各个文件的代号一致。默认每次随机，只在本文件内一致。"
_KEEP = "不遮盖的类别，可多次给出或用逗号分开，如 plate,address。"
_WATCH_LIST = LEFT_OUT.format("不写入")
_QUIET = "不显示末尾的小结；读不了的行照常提示。"
_LEAST_KEY = 16


class MaskStyle(StrEnum):
    """What stands in an identifier's place."""

    label = "label"
    stars = "stars"
    pseudonym = "pseudonym"


def mask(
    source: Annotated[str, argument("IN", _IN)],
    out: Annotated[str, argument("OUT", _OUT)],
    style: Annotated[
        MaskStyle, option("--style", metavar="|".join(MaskStyle), help=_STYLE)
    ] = MaskStyle.label,
    key: Annotated[Path | None, option("--key", metavar="文件", help=_KEY)] = None,
    officials: Annotated[
        Officials | None, option("--officials", metavar="|".join(Officials), help=OFFICIALS)
    ] = None,
    keep: Annotated[list[str] | None, option("--keep", metavar="类别", help=_KEEP)] = None,
    watch_list: Annotated[Path | None, option("--watch-list", metavar="文件", help=_WATCH_LIST)] = None,
    quiet: Annotated[bool, option("--quiet", "-q", help=_QUIET)] = False,
) -> None:
    """遮盖一个文件里能认出人的内容：身份证号、电话、银行卡、车牌、证件、邮箱、微信、QQ、住址、出生日期、姓名。

    行、列和次序不变；表头是姓名、电话、地址之类的，整栏遮盖。规则认不出没有上下文的姓名，对外提供前请抽查。

    退出码：0 全部完成；1 有读不了的行，没有写入结果；2 用法不对；4 文件不能读写。
    """
    import secrets

    from data.audit import Action
    from data.privacy.cells import CellMasker
    from data.privacy.entity import WORDS
    from data.privacy.masker import Masker, Style
    from serving.masked_file import MaskedFile
    from serving.no_rows import no_rows
    from serving.protection import Protection
    from serving.terminal import message_console, say

    kept = {word.strip().lower() for words in keep or () for word in words.split(",") if word.strip()}
    if kept - WORDS.keys():
        raise WrongUse(f"--keep：没有这个类别；可用的类别：{' '.join(WORDS)}")
    if key is not None and style is not MaskStyle.pseudonym:
        raise WrongUse("--key 只用于 --style pseudonym")
    secret = secrets.token_bytes(32) if key is None else key.read_bytes().strip()
    if len(secret) < _LEAST_KEY:
        raise WrongUse(f"--key：密钥太短，至少 {_LEAST_KEY} 字节")
    protection = Protection.chosen(watch_list=watch_list, officials=officials)
    left = {WORDS[word] for word in kept} | protection.officials.kept
    cells = CellMasker(Masker(left, Style(style.value), secret))
    messages = message_console()
    target = None if out == "-" else Path(out)
    job = MaskedFile(source, target, cells, lambda line: say(messages, line), protection.names())
    job.write(protection.recorded(Action.mask))
    if job.by_hand:
        say(messages, f"涉及名单的 {job.by_hand} 行没有写入，请由人办理。")
    if not (job.rows or job.unread or job.by_hand):
        say(messages, no_rows([Path(source).name]))
    if not quiet:
        shown = "、".join(f"{entity.label} {count}" for entity, count in cells.counts.most_common())
        place = f"，结果在 {target}" if target is not None else ""
        unread = f"，读不了 {job.unread} 行" if job.unread else ""
        say(
            messages,
            f"完成：{job.rows} 行，遮盖 {cells.counts.total()} 处（{shown or '没有发现'}）{unread}{place}",
        )
    if job.unread:
        raise typer.Exit(Code.REJECTED)
