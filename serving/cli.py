"""The `petition` command: from the shell to the parts that do the work, and from errors to exit codes."""

from __future__ import annotations

import errno
import importlib.util
import inspect
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from data.columns import Columns
from data.errors import DataError
from data.readers import MAX_CHARS, read_reports
from data.report import BadRow, Report
from data.taxonomy import Taxonomy
from model.export import DEFAULT, MANIFEST, BrokenExport, Export
from model.golden import GoldenMismatch
from model.tagger import Tagger
from serving.doctor import MARKS, examine, package_version
from serving.output import CsvWriter, JsonlWriter, Rejects, Writer, XlsxWriter, open_text, whole_file
from serving.table import TableWriter, plain, taxonomy_text, wrap

REJECTED, WRONG, FAULT, INTERNAL, INTERRUPTED, BROKEN_PIPE = 1, 2, 3, 70, 130, 141
MOST_REJECTS = 20  # shown on stderr, one line each
PLAIN_WIDTH = 100  # cells of a table in a file or pipe
HELP_WIDTH = 100
# typer brings its own click or uses the installed one, by version: so the class is taken from typer.
_WRONG_USE: type[Exception] = typer.BadParameter.__mro__[2]
_USES = {"MissingParameter": "缺少参数", "NoSuchOption": "没有这个选项", "BadParameter": "参数的值不对"}
_SYSTEM = {
    errno.ENOENT: "没有这个文件或文件夹", errno.EACCES: "没有权限", errno.ENOSPC: "磁盘已满",
    errno.EISDIR: "这是文件夹，不是文件", errno.ENOTDIR: "路径中有一段不是文件夹", errno.EROFS: "磁盘只读",
}  # fmt: skip
_TRAINING = tuple("torch transformers datasets sklearn scipy safetensors onnx onnxscript mlflow".split())
_EVALUATION = ("sklearn", "scipy")
_INSTALL = "pip install 'petition-tagger[training]'（从源码安装：pip install -e '.[training]'）"


class _Help:
    """--help in Chinese, broken as Chinese is set; and a pipe whose reader has gone."""

    name: str | None
    help: str | None

    def get_help_option(self, ctx: Any) -> Any:
        option: Any = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = "显示本说明。"
        return option

    def format_help(self, ctx: Any, formatter: Any) -> None:
        width = min(shutil.get_terminal_size((HELP_WIDTH, 24)).columns, HELP_WIDTH)
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
            lines += [*(line.plain for line in wrap(Text(paragraph), width)), ""]
        for heading, rows in (("参数", arguments), ("选项", options), ("命令", commands)):
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
            raise typer.Exit(BROKEN_PIPE) from None


class _Command(_Help, TyperCommand):
    pass


class _Group(_Help, TyperGroup):
    pass


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # rich would end the program with the code of rejected rows


class Format(StrEnum):
    """Forms of output of `petition tag`."""

    table = "table"
    jsonl = "jsonl"
    csv = "csv"
    xlsx = "xlsx"


class EvidenceFor(StrEnum):
    """On which axes evidence is given."""

    misconduct = "misconduct"
    all = "all"
    none = "none"


class Shape(StrEnum):
    """Forms of output of `petition taxonomy`."""

    text = "text"
    yaml = "yaml"
    json = "json"


def _option(*names: str, help: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, show_default=False, **more)


def _column(field: str, name: str) -> Any:
    return _option(f"--{field}-column", metavar="表头", help=f"{name}在哪一栏；默认自动识别。")


def _argument(metavar: str, help: str) -> Any:
    return typer.Argument(metavar=metavar, help=help, show_default=False)


_FILE = "要打标的文件：csv tsv txt jsonl json xlsx xls ods parquet；- 为标准输入，每行一件。"
_OUT = "结果写到这个文件；读不了的行写到“文件.rejects.jsonl”。"
_FORMAT = "结果的格式；默认看结果文件的后缀，没有结果文件时终端上是 table，管道里是 jsonl。"
_MODEL = "模型（Export）文件夹；默认用随程序安装的模型。"
_EVIDENCE = "给哪些标签附原文证据：只给作风与违纪问题（默认）、全部、不给。"
_SHEET = "工作簿里的哪一张表；默认第一张有可识别表头的。"
_THREADS = "线程数；默认每个可用核心一个。"
_MAX_CHARS = f"一件最多多少字，超过的算读不了，不会截断；默认 {MAX_CHARS}。"
_QUIET = "不显示进度条和末尾的小结；读不了的行照常提示。"
_SHOWN: dict[str, Any] = {"cls": _Command}
_THROUGH = {"ignore_unknown_options": True, "allow_extra_args": True}

app = typer.Typer(cls=_Group, add_completion=False, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def petition(
    context: typer.Context,
    version: Annotated[bool, _option("--version", help="显示版本号。", is_eager=True)] = False,
) -> None:
    """信访件、留言、12345 工单的自动打标：领域、作风与违纪问题，附原文证据。全部在本机运行，不联网。"""
    if version:
        typer.echo(f"petition-tagger {package_version()}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(WRONG)


@app.command(**_SHOWN)
def tag(
    file: Annotated[str, _argument("FILE", _FILE)],
    out: Annotated[Path | None, _option("--out", "-o", metavar="文件", help=_OUT)] = None,
    format: Annotated[Format | None, _option("--format", metavar="|".join(Format), help=_FORMAT)] = None,
    model: Annotated[Path, _option("--model", metavar="文件夹", help=_MODEL)] = DEFAULT,
    limit: Annotated[int, _option("--limit", min=0, metavar="件数", help="最多打标这么多件；默认不限。")] = 0,
    evidence: Annotated[
        EvidenceFor, _option("--evidence", metavar="|".join(EvidenceFor), help=_EVIDENCE)
    ] = EvidenceFor.misconduct,
    text_column: Annotated[str | None, _column("text", "正文")] = None,
    title_column: Annotated[str | None, _column("title", "标题")] = None,
    id_column: Annotated[str | None, _column("id", "编号")] = None,
    time_column: Annotated[str | None, _column("time", "时间")] = None,
    region_column: Annotated[str | None, _column("region", "区域")] = None,
    channel_column: Annotated[str | None, _column("channel", "渠道")] = None,
    sheet: Annotated[str | None, _option("--sheet", metavar="名称", help=_SHEET)] = None,
    threads: Annotated[int, _option("--threads", min=0, metavar="个数", help=_THREADS)] = 0,
    max_chars: Annotated[int, _option("--max-chars", min=1, metavar="字数", help=_MAX_CHARS)] = MAX_CHARS,
    quiet: Annotated[bool, _option("--quiet", "-q", help=_QUIET)] = False,
) -> None:
    """给一个文件里的每一件打标。

    退出码：0 全部完成；1 有读不了的行，其余已完成；2 用法不对，或文件、模型不能用。
    """
    target = None if out is None or str(out) == "-" else out
    chosen = _format(format, target)
    if target is not None and file != "-" and target.resolve() == Path(file).resolve():
        raise typer.BadParameter("结果文件不能就是要打标的文件，请换一个名字", param_hint="--out")
    columns = Columns(text_column, title_column, id_column, time_column, region_column, channel_column)
    rows = read_reports(file, columns, max_chars, sheet)
    if target is not None and not target.resolve().parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "", str(target.parent))
    tagger = _tagger(model, threads)
    messages = Console(stderr=True, highlight=False)
    if file == "-" and sys.stdin.isatty():
        messages.print("从键盘读入：每行一件，结束按 Ctrl-D。")
    with ExitStack() as stack:
        beside = target.with_name(f"{target.name}.rejects.jsonl") if target is not None else None
        rejects = Rejects(beside, stack)
        writer = _writer(chosen, target, tagger.export.taxonomy, stack)
        watched = not quiet and messages.is_terminal and not (target is None and sys.stdout.isatty())
        progress = stack.enter_context(_progress(messages, watched))
        task = progress.add_task("打标", total=limit or None)
        start, done = time.perf_counter(), 0
        waiting: deque[Report] = deque()

        def good() -> Iterator[Report]:
            for number, report in enumerate(_told(rows, rejects, messages), 1):
                waiting.append(report)
                yield report
                if number == limit:
                    return

        for prediction in tagger.stream(good(), evidence.value):
            writer.write(waiting.popleft(), prediction)
            done += 1
            progress.update(task, completed=done)
        remarks = writer.close()
    if beside is not None and not rejects.count and beside.is_file():
        beside.unlink()  # of an earlier run: beside the new output it would mislead
    spent = time.perf_counter() - start
    if rejects.count > MOST_REJECTS:
        remarks.insert(0, f"另有 {rejects.count - MOST_REJECTS} 行读不了，没有逐行列出。")
    if rejects.count and beside is not None:
        remarks.append(f"读不了的行在 {beside}")
    if not quiet:
        place = f"，结果在 {target}" if target is not None else ""
        speed = done / spent if spent else 0.0
        took = f"用时 {spent:.1f} 秒，每秒 {speed:.1f} 件"
        remarks.append(f"完成：打标 {done} 件，读不了 {rejects.count} 行，{took}{place}")
    for remark in remarks:
        _say(messages, remark)
    if rejects.count:
        raise typer.Exit(REJECTED)


@app.command(**_SHOWN)
def taxonomy(
    model: Annotated[Path | None, _option("--model", metavar="文件夹", help=_MODEL)] = None,
    format: Annotated[
        Shape, _option("--format", metavar="|".join(Shape), help="输出的格式；默认 text，便于阅读。")
    ] = Shape.text,
) -> None:
    """列出全部标签：定义、属于什么、不属于什么、别名。"""
    if model is not None or (DEFAULT / MANIFEST).is_file():
        shown = Export.load(model or DEFAULT).taxonomy
    else:
        shown = Taxonomy.default()
    if format is Shape.text:
        taxonomy_text(_console(), shown)
    elif format is Shape.yaml:
        typer.echo(shown.to_yaml(), nl=False)
    else:
        axes = [asdict(axis) for axis in shown.axes]
        typer.echo(json.dumps({"version": shown.version, "axes": axes}, ensure_ascii=False, indent=2))


@app.command(**_SHOWN)
def doctor(model: Annotated[Path, _option("--model", metavar="文件夹", help=_MODEL)] = DEFAULT) -> None:
    """检查本机和模型：处理器、内存、校验和、标准件回放、速度。

    退出码：0 可以使用；3 有故障，按提示处理。
    """
    faults = 0
    colours = {"ok": "green", "warning": "yellow", "fault": "bold red"}
    console = _console()
    for finding in examine(model):
        faults += finding.level == "fault"
        mark = MARKS[finding.level]
        console.print(f"[{colours[finding.level]}]{mark}[/]", end=" ", highlight=False)
        console.out(f"{finding.name}：{plain(finding.detail)}", highlight=False)
        if finding.advice:
            console.out(f"  → {finding.advice}", highlight=False)
    console.out(f"有 {faults} 处故障，请先处理。" if faults else "可以使用。", highlight=False)
    if faults:
        raise typer.Exit(FAULT)


@app.command(context_settings=_THROUGH, add_help_option=False, **_SHOWN)
def train(context: typer.Context) -> None:
    """用标注数据训练一个模型（需要 training 扩展）；参数见 petition train --help。"""
    _run_training("training.train", context.args, _TRAINING)


@app.command(**_SHOWN)
def evaluate(
    export: Annotated[Path, _argument("EXPORT", "要评测的模型（Export）文件夹。")],
    file: Annotated[Path, _argument("FILE", "标注数据（JSONL）。")],
    out: Annotated[Path | None, _option("--out", metavar="文件夹", help="图表和明细写到这个文件夹。")] = None,
) -> None:
    """用标注数据评测一个模型（需要 training 扩展）。"""
    extra = ["--out", str(out)] if out is not None else []
    _run_training("training.evaluate", ["--export", str(export), "--file", str(file), *extra], _EVALUATION)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; give the exit code. Every error becomes one line, without a report's words."""
    try:
        code = int(app(arguments, standalone_mode=False) or 0)
        return _fail("已中断，没写完的结果文件已删除", INTERRUPTED) if code == INTERRUPTED else code
    except (KeyboardInterrupt, typer.Abort):
        return _fail("已中断，没写完的结果文件已删除", INTERRUPTED)
    except _WRONG_USE as error:
        detail = getattr(error, "format_message", error.__str__)()
        lead = _USES.get(type(error).__name__, "用法不对")
        return _fail(f"{lead}：{detail}（用 petition --help 查看用法）", WRONG)
    except (DataError, BrokenExport, GoldenMismatch) as error:
        return _fail(str(error), WRONG)
    except OSError as error:
        reason = _SYSTEM.get(error.errno or 0) or error.strerror or type(error).__name__
        return _fail(f"{error.filename or '读写文件'}：{reason}", WRONG)
    except Exception as error:
        # The message of an unforeseen error may hold a report's words, its place does not.
        at = error.__traceback__
        while at and at.tb_next:
            at = at.tb_next
        place = f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at else "?"
        return _fail(f"程序内部错误（{type(error).__name__}，{place}），请把这一行告诉维护人员", INTERNAL)


def _format(given: Format | None, target: Path | None) -> Format:
    if given is None and target is None:
        return Format.table if sys.stdout.isatty() else Format.jsonl
    if given is Format.xlsx and target is None:
        raise typer.BadParameter("xlsx 要写到文件，请加 -o 文件名.xlsx", param_hint="--format")
    if given is not None or target is None:
        return given or Format.jsonl
    suffix = target.suffix.lower()
    known = {".jsonl": Format.jsonl, ".ndjson": Format.jsonl, ".csv": Format.csv, ".xlsx": Format.xlsx}
    if suffix not in known:
        advice = f"看不出 {target.name} 是什么格式；请用 .jsonl、.csv、.xlsx 或加 --format"
        raise typer.BadParameter(advice, param_hint="--out")
    return known[suffix]


def _tagger(folder: Path, threads: int) -> Tagger:
    try:
        return Tagger.load(folder, threads)
    except (BrokenExport, DataError, OSError):
        raise
    except ValueError as error:
        raise BrokenExport(f"{folder}: {error}") from None
    except Exception as error:  # whatever the engine or the tokenizer makes of a file that is not one
        kind = type(error).__name__
        raise BrokenExport(f"{folder}：模型无法载入（{kind}），请运行 petition doctor") from None


def _writer(format: Format, target: Path | None, taxonomy: Taxonomy, stack: ExitStack) -> Writer:
    part = stack.enter_context(whole_file(target)) if target is not None else None
    if format is Format.xlsx and part is not None:
        return XlsxWriter(part, taxonomy)
    if part is not None:
        out = stack.enter_context(open_text(part))
    else:
        out = sys.stdout
        if isinstance(out, io.TextIOWrapper) and format is not Format.table:
            out.reconfigure(encoding="utf-8", errors="replace", newline="")
    if format is Format.csv:
        return CsvWriter(out, taxonomy)
    if format is Format.jsonl:
        return JsonlWriter(out)
    console = _console() if part is None else Console(file=out, width=PLAIN_WIDTH, color_system=None)
    return TableWriter(console, taxonomy)


def _first_line(help: str | None) -> str:
    return inspect.cleandoc(help or "").split("\n\n")[0]


def _rows(rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """Two columns: a name, and beside it its explanation, or below it where the name is long."""
    column = min(32, max(cell_len(name) for name, _ in rows))
    for name, help in rows:
        lines = [line.plain for line in wrap(Text(help), width - column - 4)] or [""]
        if cell_len(name) > column:
            yield f"  {name}"
            name = ""
        for line in lines:
            yield f"  {set_cell_size(name, column)}  {line}".rstrip()
            name = ""


def _console() -> Console:
    """For the terminal at its own width, for a pipe at a fixed one."""
    return _Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)


def _progress(console: Console, shown: bool) -> Progress:
    texts = ("{task.description}", "{task.completed} 件", "{task.speed:.0f} 件/秒")
    return Progress(
        SpinnerColumn(), TextColumn(texts[0]), BarColumn(), TextColumn(texts[1]), TimeElapsedColumn(),
        console=console, transient=True, disable=not shown, redirect_stdout=False, redirect_stderr=False,
    )  # fmt: skip


def _told(rows: Iterable[Report | BadRow], rejects: Rejects, messages: Console) -> Iterator[Report]:
    """Pass on the reports; count the bad rows and tell the first of them."""
    for row in rows:
        if isinstance(row, Report):
            yield row
            continue
        rejects.add(row)
        if rejects.count <= MOST_REJECTS:
            _say(messages, row.message)


def _say(messages: Console, line: str) -> None:
    messages.print(plain(line), markup=False, soft_wrap=True)


def _fail(message: str, code: int) -> int:
    typer.echo(f"错误：{message}", err=True)
    return code


def _run_training(module: str, arguments: Sequence[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        typer.echo(f"错误：没有安装训练用的程序包（缺 {'、'.join(missing)}）；请运行 {_INSTALL}", err=True)
        raise typer.Exit(WRONG)
    sys.stdout.flush()
    # -P: a folder called training/ or data/ where the command is given must not win over ours.
    code = subprocess.run([sys.executable, "-P", "-m", module, *arguments], check=False).returncode
    if code:
        raise typer.Exit(code if code > 0 else 128 - code)
