"""`petition queue`: which unlabelled reports to label next, written for the tool they are labelled in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.privacy.officials import Officials
from serving.faults import Code, WrongUse
from serving.help import LEFT_OUT, MODEL, OFFICIALS, argument, column, option

FORMATS = ("label-studio", "doccano", "xlsx")
_FILE = "没有标注的报告，可以有几个文件：csv tsv txt jsonl json xlsx xls ods parquet。"
_OUT = (
    "选出的件写到这个文件；后缀 .json 是 Label Studio 的任务（旁边写 .xml 界面设置），.jsonl 是 doccano 的"
    "（旁边写 .labels.json 标签），.xlsx 是工作簿。"
)
_FORMAT = "写成哪一种；默认看后缀。"
_COUNT = "选多少件；默认 200。"
_LABELLED = "已有的标注数据，可重复；标过的和与它们雷同的不再选，选的件也尽量与它们不同。"
_UNMASKED = (
    "不遮盖身份证号、电话、姓名等。默认遮盖，标注工具和表格里不留能认出人的内容；"
    "PETITION_MASK 要求遮盖时仍遮盖。"
)
_WATCH_LIST = LEFT_OUT.format("不打分、不写入")
_QUIET = "不显示末尾的小结；读不了的行照常提示。"


def queue(
    files: Annotated[list[Path], argument("FILE", _FILE)],
    out: Annotated[Path, option("--out", "-o", metavar="文件", help=_OUT)],
    format: Annotated[str | None, option("--format", metavar="|".join(FORMATS), help=_FORMAT)] = None,
    count: Annotated[int, option("--count", "-n", metavar="件数", help=_COUNT, min=1)] = 200,
    labelled: Annotated[list[Path] | None, option("--labelled", metavar="文件", help=_LABELLED)] = None,
    model: Annotated[Path | None, option("--model", metavar="文件夹", help=MODEL)] = None,
    unmasked: Annotated[bool, option("--unmasked", help=_UNMASKED)] = False,
    officials: Annotated[
        Officials | None, option("--officials", metavar="|".join(Officials), help=OFFICIALS)
    ] = None,
    watch_list: Annotated[Path | None, option("--watch-list", metavar="文件", help=_WATCH_LIST)] = None,
    text_column: Annotated[str | None, column("text", "正文")] = None,
    title_column: Annotated[str | None, column("title", "标题")] = None,
    id_column: Annotated[str | None, column("id", "编号")] = None,
    time_column: Annotated[str | None, column("time", "时间")] = None,
    region_column: Annotated[str | None, column("region", "区域")] = None,
    channel_column: Annotated[str | None, column("channel", "渠道")] = None,
    sheet: Annotated[
        str | None, option("--sheet", metavar="名称", help="工作簿里的哪一张表；默认第一张能用的。")
    ] = None,
    threads: Annotated[
        int, option("--threads", metavar="个数", help="线程数；默认 0，每个可用核心一个。", min=0)
    ] = 0,
    quiet: Annotated[bool, option("--quiet", "-q", help=_QUIET)] = False,
) -> None:
    """挑出下一批最值得标注的件：模型最没有把握的（作风与违纪问题优先），又彼此不同的。

    模型的标签和证据作为预标注一起写出，雷同的件只选一件。标完用 petition import 导入。

    退出码：0 全部完成；1 有读不了的行，其余已完成；2 用法不对；3 模型不能用；4 文件不能读写。
    """
    if format is not None and format not in FORMATS:
        raise WrongUse(f"--format 只能是 {'、'.join(FORMATS)} 之一")

    from data.columns import Columns
    from data.privacy.masked_report import Masking
    from serving.exports import load_tagger
    from serving.label_queue import SUFFIXES, LabelQueue, QueueFormat
    from serving.protection import Protection

    chosen = QueueFormat(format) if format is not None else SUFFIXES.get(out.suffix.lower())
    if chosen is None:
        raise WrongUse(f"看不出 {out.name} 是什么格式；请用 .json、.jsonl、.xlsx 或加 --format")
    columns = Columns(text_column, title_column, id_column, time_column, region_column, channel_column)
    protection = Protection.chosen(
        Masking.none if unmasked else Masking.output, watch_list=watch_list, officials=officials
    )
    job = LabelQueue(files, out, chosen, count, labelled or [], columns, sheet, protection, quiet)
    if job.overwrites_input():
        raise WrongUse("-o：结果文件，或它旁边的文件，就是要读的文件；请换一个名字")
    if job.run(load_tagger(model, threads)):
        raise typer.Exit(Code.REJECTED)
