"""`petition tag`: a file of reports to a file of predictions."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from data.privacy.officials import Officials
from serving.faults import Code, WrongUse
from serving.formats import Format, choose_format
from serving.help import MASK, MODEL, OFFICIALS, SEALED, WATCH_LIST, Mask, argument, column, option

_FILE = "要打标的文件：csv tsv txt jsonl json xlsx xls ods parquet；- 为标准输入，每行一件。"
_OUT = "结果写到这个文件；读不了的行写到“文件.rejects.jsonl”。"
_FORMAT = "结果的格式；默认看结果文件的后缀，没有结果文件时终端上是 table，管道里是 jsonl。"
_LIMIT = "最多打标这么多件；默认 0，不限。"
EVIDENCE = (
    "给哪些标签附原文证据：只给作风与违纪问题（默认）、全部、不给；careful 也给全部，但改为"
    "逐句删去后重读，看少了哪句分数落得多：慢二十多倍，找到的人工标出的依据却比默认少（80% 对 89%），"
    "并不更准，只供个别标签有争议时看它靠哪句话立住。"
)
_SHEET = "工作簿里的哪一张表；默认第一张有可识别表头的。"
_THREADS = "线程数；默认 0，每个可用核心一个。"
_MAX_CHARS = "一件最多多少字，超过的算读不了，不会截断；默认 1000000。"
_NEAREST = "已标注的文件（JSONL）：为每一件找出其中最相近的三件，只给编号和相似度。"
_NEAREST_TEXT = "相近件连标题和正文一起给出；与 --nearest 同用。"
MATTERS = "逐句给出标签，并提示一件多诉（各部分涉及不同领域）；几乎不多花时间。"
_QUIET = "不显示进度条和末尾的小结；读不了的行照常提示。"


class EvidenceFor(StrEnum):
    """On which axes evidence is given, and how."""

    misconduct = "misconduct"
    all = "all"
    none = "none"
    careful = "careful"


def tag(
    file: Annotated[str, argument("FILE", _FILE)],
    out: Annotated[Path | None, option("--out", "-o", metavar="文件", help=_OUT)] = None,
    format: Annotated[Format | None, option("--format", metavar="|".join(Format), help=_FORMAT)] = None,
    model: Annotated[Path | None, option("--model", metavar="文件夹", help=MODEL)] = None,
    limit: Annotated[int, option("--limit", min=0, metavar="件数", help=_LIMIT)] = 0,
    evidence: Annotated[
        EvidenceFor, option("--evidence", metavar="|".join(EvidenceFor), help=EVIDENCE)
    ] = EvidenceFor.misconduct,
    text_column: Annotated[str | None, column("text", "正文")] = None,
    title_column: Annotated[str | None, column("title", "标题")] = None,
    id_column: Annotated[str | None, column("id", "编号")] = None,
    time_column: Annotated[str | None, column("time", "时间")] = None,
    region_column: Annotated[str | None, column("region", "区域")] = None,
    channel_column: Annotated[str | None, column("channel", "渠道")] = None,
    sheet: Annotated[str | None, option("--sheet", metavar="名称", help=_SHEET)] = None,
    threads: Annotated[int, option("--threads", min=0, metavar="个数", help=_THREADS)] = 0,
    max_chars: Annotated[int | None, option("--max-chars", min=1, metavar="字数", help=_MAX_CHARS)] = None,
    mask: Annotated[Mask | None, option("--mask", metavar="|".join(Mask), help=MASK)] = None,
    sealed: Annotated[bool, option("--sealed", help=SEALED)] = False,
    officials: Annotated[
        Officials | None, option("--officials", metavar="|".join(Officials), help=OFFICIALS)
    ] = None,
    watch_list: Annotated[Path | None, option("--watch-list", metavar="文件", help=WATCH_LIST)] = None,
    nearest: Annotated[Path | None, option("--nearest", metavar="文件", help=_NEAREST)] = None,
    nearest_text: Annotated[bool, option("--nearest-text", help=_NEAREST_TEXT)] = False,
    matters: Annotated[bool, option("--matters", help=MATTERS)] = False,
    quiet: Annotated[bool, option("--quiet", "-q", help=_QUIET)] = False,
) -> None:
    """给一个文件里的每一件打标。

    结果一件一行，次序与原件相同。读不了的行不会丢：逐行提示文件名和行号，其余照常打标。

    退出码：0 全部完成；1 有读不了的行，其余已完成；2 用法不对；3 模型不能用；4 文件不能读写。
    """
    if nearest_text and nearest is None:
        raise WrongUse("--nearest-text 要与 --nearest 文件 同用")
    target = None if out is None or str(out) == "-" else out
    chosen = choose_format(format, target, sys.stdout.isatty())

    from data.columns import Columns
    from data.privacy.masked_report import Masking
    from serving.protection import Protection
    from serving.tagged_file import TaggedFile

    columns = Columns(text_column, title_column, id_column, time_column, region_column, channel_column)
    protection = Protection.chosen(Masking(mask.value) if mask else None, sealed, watch_list, officials)
    if officials is not None and not protection.covers:
        raise WrongUse("--officials 要与 --mask output 或 --mask input 同用")
    job = TaggedFile(
        file,
        target,
        chosen,
        columns,
        sheet,
        max_chars,
        limit,
        quiet,
        protection,
        nearest,
        nearest_text,
        matters,
    )
    if job.overwrites_input():
        raise WrongUse("--out：结果文件或读不了的行的文件，就是要打标的文件；请换一个名字")
    if job.run(model, threads, evidence.value):
        raise typer.Exit(Code.REJECTED)
