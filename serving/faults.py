"""Faults: how the command line ends, and what it says (Chinese) of every error it can end in."""

from __future__ import annotations

import errno
import sys
from enum import IntEnum
from pathlib import Path
from typing import Any

import typer

# typer brings its own click or uses the installed one, by version: so the class is taken from typer.
_USAGE: type[Exception] = typer.BadParameter.__mro__[2]


class Code(IntEnum):
    """Exit codes. docs/cli.md explains each."""

    OK = 0
    REJECTED = 1
    WRONG_USE = 2
    NO_MODEL = 3
    NO_FILE = 4
    OTHER_JOB = 5
    LOST_ROWS = 6
    TOO_MANY_REJECTS = 7
    NOT_INSTALLED = 69
    INTERNAL = 70
    BUSY = 75
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143


class WrongUse(Exception):
    """Options that do not go together; the message (Chinese) says what to give instead."""


_SYSTEM = {
    errno.ENOENT: "没有这个文件或文件夹", errno.EACCES: "没有权限", errno.EPERM: "没有权限",
    errno.ENOSPC: "磁盘已满", errno.EISDIR: "这是文件夹，不是文件", errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EROFS: "磁盘只读", errno.EIO: "磁盘读写出错", errno.EDQUOT: "磁盘配额已用完",
    errno.EFBIG: "文件超过了磁盘或系统限制的大小", errno.EMFILE: "打开的文件太多，请调高上限（ulimit -n）",
    errno.ENFILE: "整台机器打开的文件太多", errno.ESTALE: "网络共享上的文件已失效，请重新挂载共享后再运行",
    errno.ENOLCK: "网络共享不支持文件锁", errno.ELOOP: "链接互相指向，绕成了圈", errno.EEXIST: "已经存在",
    errno.EBUSY: "正被别的程序占用", errno.ENOMEM: "内存不够", errno.ETIMEDOUT: "磁盘或网络共享没有响应",
}  # fmt: skip
# By name, so that saying what was wrong loads nothing.
_FILES = {
    "UnsupportedFile": "不支持这种文件",
    "MissingFile": "找不到文件",
    "EmptyFile": "文件里没有内容",
    "BrokenFile": "文件已损坏、加了密码，或不是后缀所说的格式",
    "SuspiciousFile": "文件解压后大得不正常，没有读取",
    "UnknownSheet": "工作簿里没有这张表",
    "UnknownEncoding": "认不出文件的编码，或文件已损坏",
    "UnknownColumns": "找不到需要的栏，请用 --text-column 等选项指明表头",
    "BadTaxonomy": "分类体系文件不合规则",
    "BadLabelledRow": "标注数据里有一行不能用",
    "NoLabels": "没有一行有标注，请核对标签栏",
    "UnknownLabels": "标注数据里有分类体系没有的标签",
    "NotComparable": "这两批报告不能比较",
    "LostLabels": "标注数据里有新的分类体系没有去处的标签",
    "EncoderNotFound": "找不到编码器",
    "BadKeys": "密钥文件不能用",
    "BadWatchList": "名单文件不能用",
    "BadAudit": "审计记录不能续写，请用 petition audit verify 检查",
    "BadReviewLog": "复核库不能用",
    "BadCases": "行为用例文件不能用",
    "DataError": "数据不能用",
    "RegistryAway": "模型登记库（MLflow）不能用，现用模型不变",
}
_USES = {
    "BadSettings": "设置不对",
    "CannotListen": "不能在这个地址和端口上监听，端口可能已被占用",
    "UnknownVersion": "没有这个版本",
    "BadWish": "要求不对",
}
# Their messages are written for the user.
_JOBS = {
    "OtherJob": Code.OTHER_JOB, "LostRows": Code.LOST_ROWS, "TooManyRejects": Code.TOO_MANY_REJECTS,
    "Busy": Code.BUSY, "NotInstalled": Code.NOT_INSTALLED, "JobFault": Code.NO_FILE,
}  # fmt: skip
_MODELS = {
    "BrokenExport": "模型（Export）不能用",
    "GoldenMismatch": "本机算出的结果与模型自带的标准件不符",
    "NoWeights": "不能从这个模型接着训练",
}


def tell(message: str) -> None:
    """Show an error on standard error."""
    typer.echo(f"错误：{message}", err=True)


def explain(error: BaseException) -> tuple[str, Code]:
    """Say what was wrong, without a report's words, and with which code to end."""
    kinds = [kind.__name__ for kind in type(error).__mro__]
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return "已中断", Code.INTERRUPTED
    if isinstance(error, WrongUse):
        return str(error), Code.WRONG_USE
    if isinstance(error, _USAGE):
        return _usage(error, kinds), Code.WRONG_USE
    job = next((_JOBS[kind] for kind in kinds if kind in _JOBS), None)
    if job is not None:
        return _safe(str(error)), getattr(error, "code", job)
    for leads, code in ((_USES, Code.WRONG_USE), (_MODELS, Code.NO_MODEL), (_FILES, Code.NO_FILE)):
        for kind in kinds:
            if kind in leads:
                said = _safe(str(error))
                return leads[kind] + (f"（{said}）" if said else ""), code
    if isinstance(error, OSError):
        return _system(error), Code.NO_FILE
    # The message of an unforeseen error may hold a report's words, its place does not.
    at = error.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    place = f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at else "?"
    advice = f"程序内部错误（{type(error).__name__}，{place}），请把这一行告诉维护人员"
    return advice, Code.INTERNAL


def foreseen(error: BaseException) -> bool:
    """Tell whether `explain` knows what to do about an error."""
    return explain(error)[1] is not Code.INTERNAL


def _system(error: OSError) -> str:
    if error.errno == errno.ENAMETOOLONG:
        # Someone gave the report itself in the place of a file: its words must not come back.
        return "文件名过长；要打标一段文字，请从标准输入给出：echo 文字 | petition tag -"
    reason = _SYSTEM.get(error.errno or 0) or error.strerror or type(error).__name__
    return f"{_safe(str(error.filename or '读写文件'))}：{reason}"


def _usage(error: Any, kinds: list[str]) -> str:
    """Say it in Chinese, without click's English and without what was typed: that may be a report."""
    context, param = getattr(error, "ctx", None), getattr(error, "param", None)
    path = context.command_path if context else "petition"
    option = _safe(str(getattr(error, "option_name", None) or ""))
    near = [_safe(name) for name in getattr(error, "possibilities", None) or ()]
    if "MissingParameter" in kinds and param is not None:
        said = f"缺少 {param.metavar or param.name}：{_help(param)}"
    elif "NoSuchOption" in kinds:
        said = f"没有选项 {option}" + (f"，是不是 {'、'.join(near)}？" if near else "")
    elif option:
        missing = "requires" in str(error)
        said = f"选项 {option} 后面缺少内容" if missing else f"选项 {option} 后面不带内容"
    elif param is not None:
        said = _wanted(param)
    elif context is not None and hasattr(context.command, "commands"):
        said = f"没有这个命令；可用的命令：{'、'.join(context.command.commands)}"
    else:
        said = "参数给多了；含空格的文件名要加引号"
    return f"{said}（用 {path} --help 查看用法）"


def _wanted(param: Any) -> str:
    """What a value must be, as far as its placeholder says so, or what it is for."""
    name, shown = max(param.opts, key=len), param.metavar or ""
    if "|" in shown:
        return f"{name} 只能是 {'、'.join(shown.split('|'))}"
    return (
        f"{name} {shown}".strip()
        + f" 给的内容不对{'，要给数字' if shown.endswith('数') else ''}：{_help(param)}"
    )


def _help(param: Any) -> str:
    return str(param.help or "").rstrip("。")


def _safe(text: str) -> str:
    from serving.typeset import plain

    return "\n".join(plain(line) for line in text.splitlines())


def end(error: BaseException) -> int:
    """Show an error and give its exit code."""
    message, code = explain(error)
    tell(message)
    sys.stderr.flush()
    return int(code)
