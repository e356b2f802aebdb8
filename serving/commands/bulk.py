"""`petition bulk`: whole exports to tagged files, in a job that survives whatever ends it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from data.privacy.officials import Officials
from serving.bulk.choices import ADDRESS, LOCAL, Form, Names, Shown, check_cluster, choose_form
from serving.commands.tag import EVIDENCE, MATTERS, EvidenceFor
from serving.faults import Code, WrongUse, explain, tell
from serving.help import (
    ENGINE,
    MASK,
    MODEL,
    OFFICIALS,
    SEALED,
    WATCH_LIST,
    HelpedCommand,
    Mask,
    Wanted,
    argument,
    column,
    option,
)

_IN = (
    "要打标的文件、文件夹或通配符，可以有多个：csv tsv txt jsonl json xlsx xls ods parquet；"
    "- 为标准输入，每行一件。"
)
_OUT = "结果文件：.jsonl .csv .xlsx .parquet；原有的栏在前，打标的栏在后。xlsx 每 1000000 件一个文件。"
_FORMAT = "结果的格式；默认看结果文件的后缀。"
_NAMES = "打标的栏用什么语言：zh 中文（默认）；en 英文，标签写标签号。jsonl 的键总是英文。"
_CHANGED = "以前的结果文件；正文和模型都没变的行沿用其标签，只重打其余。旁边要有它的 .tags.gz。"
_MOST = "读不了和打标出错的行合计超过这么多就停；默认不限。读不了的打标前先清点，几分钟内就知道。"
_SUMMARY = "另写一页统计：“OUT.summary.html”，一个文件，不联网可看。"
_OVERWRITE = "结果文件已存在，或有别的作业没做完时，放弃它们重新开始；同一个作业仍接着做。"
_PROGRESS = (
    "怎样显示进度：auto 终端上 bar，否则 log（默认）；log 每分钟一行；json 每秒一行 JSON；none 不显示。"
)
_TIME = "写在每行“打标时间”里的时间；默认作业开始的时间。"
_CHUNK = "每多少行存一次；默认 500。中断后重做的不超过它的几倍。"
_SHEET = "工作簿里的哪一张表；默认第一张有可识别表头的。"
_THREADS = "每个进程的线程数；默认 0，各进程平分可用的核心。"
_PROCESSES = (
    "打标的进程数；默认 0，按核心数和空闲内存自动定（指定了 --threads 时为 1）。每个进程约占 0.5 GB 内存。"
)
_RAY = (
    "用 Ray 打标：后面写集群的地址（主机:端口 或 auto），不写则用本机的核心。输入、结果和模型要放在各台机器都"
    "看得到的同一路径。要另装 petition-tagger[ray]。"
)
_MAX_CHARS = "一件最多多少字，超过的算读不了，不会截断；默认 1000000。"
_QUIET = "不显示进度和末尾的小结。"


class BulkCommand(HelpedCommand):
    """`--ray` takes an address or none, which typer's options cannot."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give a bare `--ray` the address of this machine's cores."""
        ends = args.index("--") if "--" in args else len(args)
        bare = [place for place in range(ends) if args[place] == "--ray" and not _is_address(args, place + 1)]
        told = [f"--ray={LOCAL}" if place in bare else arg for place, arg in enumerate(args)]
        return super().parse_args(ctx, told)


def bulk(
    inputs: Annotated[list[str], argument("IN", _IN)],
    out: Annotated[Path, argument("OUT", _OUT)],
    form: Annotated[Form | None, option("--format", metavar="|".join(Form), help=_FORMAT)] = None,
    names: Annotated[Names, option("--names", metavar="|".join(Names), help=_NAMES)] = Names.zh,
    model: Annotated[Path | None, option("--model", metavar="文件夹", help=MODEL)] = None,
    evidence: Annotated[
        EvidenceFor, option("--evidence", metavar="|".join(EvidenceFor), help=EVIDENCE)
    ] = EvidenceFor.misconduct,
    only_changed: Annotated[Path | None, option("--only-changed", metavar="OLD_OUT", help=_CHANGED)] = None,
    max_rejects: Annotated[int | None, option("--max-rejects", min=0, metavar="行数", help=_MOST)] = None,
    summary: Annotated[bool, option("--summary", help=_SUMMARY)] = False,
    overwrite: Annotated[bool, option("--overwrite", help=_OVERWRITE)] = False,
    text_column: Annotated[str | None, column("text", "正文")] = None,
    title_column: Annotated[str | None, column("title", "标题")] = None,
    id_column: Annotated[str | None, column("id", "编号")] = None,
    time_column: Annotated[str | None, column("time", "时间")] = None,
    region_column: Annotated[str | None, column("region", "区域")] = None,
    channel_column: Annotated[str | None, column("channel", "渠道")] = None,
    sheet: Annotated[str | None, option("--sheet", metavar="名称", help=_SHEET)] = None,
    max_chars: Annotated[int | None, option("--max-chars", min=1, metavar="字数", help=_MAX_CHARS)] = None,
    time_written: Annotated[str, option("--time", metavar="时间", help=_TIME)] = "",
    chunk_rows: Annotated[int, option("--chunk-rows", min=1, metavar="行数", help=_CHUNK)] = 500,
    threads: Annotated[int, option("--threads", min=0, metavar="个数", help=_THREADS)] = 0,
    processes: Annotated[int, option("--processes", min=0, metavar="个数", help=_PROCESSES)] = 0,
    engine: Annotated[Wanted | None, option("--engine", metavar="|".join(Wanted), help=ENGINE)] = None,
    ray: Annotated[str | None, option("--ray", metavar="[地址]", help=_RAY)] = None,
    matters: Annotated[bool, option("--matters", help=MATTERS)] = False,
    mask: Annotated[Mask | None, option("--mask", metavar="|".join(Mask), help=MASK)] = None,
    sealed: Annotated[bool, option("--sealed", help=SEALED)] = False,
    officials: Annotated[
        Officials | None, option("--officials", metavar="|".join(Officials), help=OFFICIALS)
    ] = None,
    watch_list: Annotated[Path | None, option("--watch-list", metavar="文件", help=WATCH_LIST)] = None,
    progress: Annotated[Shown, option("--progress", metavar="|".join(Shown), help=_PROGRESS)] = Shown.auto,
    quiet: Annotated[bool, option("--quiet", "-q", help=_QUIET)] = False,
) -> None:
    """整批打标：几百万行也行，中断后用同样的命令接着做，结果与没有中断时逐字节相同。

    结果一件一行，次序与输入相同，每行附模型版本、打标时间、文本哈希、来源文件和行号。读不了的行写到
    “OUT.rejects.jsonl”。

    没做完时，已完成的部分在“OUT.parts”。做完后，旁边另有“OUT.manifest.json”（输入、模型、设置和统计）和
    “OUT.tags.gz”（供 --only-changed 用，不含原文；遮盖或密封时没有）。

    退出码：0 全部完成；1 有读不了的行，其余已完成；2 用法不对；3 模型不能用；4 文件不能读写，或输入变了；
    5 结果处有别的作业，不能混用；6 行数对不上；7 读不了的行太多；75 另一个进程正在写同一个结果。
    """
    from data.columns import Columns
    from data.privacy.masked_report import Masking
    from data.readers import MAX_CHARS
    from serving.bulk.job import Job
    from serving.bulk.places import Places
    from serving.bulk.progress import Watch
    from serving.bulk.settings import Settings
    from serving.no_rows import no_rows
    from serving.protection import Protection
    from serving.terminal import message_console
    from serving.unread import unread
    from serving.whole_file import is_device

    if str(out) == "-" or is_device(out):
        raise WrongUse("petition bulk 的结果要写到普通文件；写到标准输出请用 petition tag")
    _check_inputs(inputs, out, only_changed)
    if ray is not None:
        check_cluster(ray)
        if processes:
            raise WrongUse("--ray 与 --processes 不能一起用：Ray 自己分进程")
    protection = Protection.chosen(Masking(mask.value) if mask else None, sealed, watch_list, officials)
    if officials is not None and not protection.covers:
        raise WrongUse("--officials 要与 --mask output 或 --mask input 同用")
    settings = Settings(
        tuple(inputs), out, choose_form(form, out), names, model, evidence.value,
        Columns(text_column, title_column, id_column, time_column, region_column, channel_column),
        sheet, max_chars or MAX_CHARS, only_changed, max_rejects, time_written, chunk_rows, threads,
        processes, engine, overwrite, summary, protection, ray, matters,
    )  # fmt: skip
    watch = Watch(message_console(), Shown.none if quiet else progress)
    began = time.perf_counter()
    try:
        done = Job(settings, watch).run()
    except BaseException as error:
        # SystemExit is the signal that ends a container.
        said, code = ("已中断", Code.TERMINATED) if isinstance(error, SystemExit) else explain(error)
        watch.end({"code": int(code), "error": said, "seconds": round(time.perf_counter() - began, 1)})
        if isinstance(error, SystemExit):
            tell(said)  # which is said of every other error where it becomes the exit code
        raise
    places = Places.of(out)
    seconds = time.perf_counter() - began
    code = Code.REJECTED if done.rejects else Code.OK
    if bare := [file.name for file in done.inputs if not file.rows]:
        watch.remark(no_rows(bare))
    for line in unread({file.name: file.sheets_left for file in done.inputs}):
        watch.remark(line)
    if not quiet:
        shown = "、".join(output.file for output in done.outputs)
        rejects = f"，读不了 {done.rejects} 行，在 {places.rejects.name}" if done.rejects else ""
        watch.remark(f"完成：{done.rows - done.rejects} 件，结果在 {shown}{rejects}，用时 {seconds:.1f} 秒")
        watch.end(
            {"code": int(code), "rows": done.rows, "rejects": done.rejects, "seconds": round(seconds, 1),
             "outputs": [output.file for output in done.outputs]}
        )  # fmt: skip
    if code:
        raise typer.Exit(code)


def _is_address(args: list[str], place: int) -> bool:
    return place < len(args) and ADDRESS.fullmatch(args[place]) is not None


def _check_inputs(inputs: list[str], out: Path, only_changed: Path | None) -> None:
    if any(Path(name).is_file() and out.is_file() and Path(name).samefile(out) for name in inputs):
        raise WrongUse("结果文件就是要打标的文件；请换一个名字")
    from serving.bulk.places import Places

    if only_changed is not None and out.resolve() in (
        only_changed.resolve(),
        Places.output_of(only_changed.resolve()),
    ):
        raise WrongUse("--only-changed：新结果要用另一个文件名，原结果留着对照")
