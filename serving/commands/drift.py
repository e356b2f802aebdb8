"""`petition drift`: whether what comes in now still looks like what came before."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from serving.faults import Code, WrongUse
from serving.help import LEFT_OUT, MODEL, argument, column, option
from serving.sealed import sealed_by

_REFERENCE = "作基准的报告：报告文件（打标一遍）、petition tag 的结果（jsonl），或以前保留的数字（npz）。"
_CURRENT = "当前的报告；可以是同样几种文件。"
_SAMPLE = "每个文件最多比较这么多件，随机抽取；默认 5000，0 为全部。"
_HTML = "把报告写成一个网页文件，不联网也能看。"
_JSON = "把全部数字写成 JSON。"
_KEEP = "把量出的数字留在这个文件（npz），下次直接用；不含报告的文字和编号。"
_RULE = "改一条界限，可重复：名称=off|warn|fail，或 名称=级别:界限，如 label_points=fail:0.1。"
_WATCH_LIST = LEFT_OUT.format("不打分、不计入")
_ALPHA = "一条规则误报的可能，最多这么大；默认 0.01。"


def drift(
    reference: Annotated[Path, argument("REFERENCE", _REFERENCE)],
    current: Annotated[Path, argument("CURRENT", _CURRENT)],
    model: Annotated[Path | None, option("--model", metavar="文件夹", help=MODEL)] = None,
    sample: Annotated[int, option("--sample", min=0, metavar="件数", help=_SAMPLE)] = 5000,
    html: Annotated[Path | None, option("--html", metavar="文件", help=_HTML)] = None,
    json: Annotated[Path | None, option("--json", metavar="文件", help=_JSON)] = None,
    keep_reference: Annotated[
        Path | None, option("--keep-reference", metavar="文件", help=f"基准：{_KEEP}")
    ] = None,
    keep_current: Annotated[
        Path | None, option("--keep-current", metavar="文件", help=f"当前：{_KEEP}")
    ] = None,
    rule: Annotated[list[str] | None, option("--rule", metavar="规则", help=_RULE)] = None,
    alpha: Annotated[float, option("--alpha", min=0.0, max=1.0, metavar="概率", help=_ALPHA)] = 0.01,
    text_column: Annotated[str | None, column("text", "正文")] = None,
    title_column: Annotated[str | None, column("title", "标题")] = None,
    sheet: Annotated[
        str | None, option("--sheet", metavar="名称", help="工作簿里的哪一张表；默认第一张能用的。")
    ] = None,
    threads: Annotated[
        int, option("--threads", min=0, metavar="个数", help="线程数；默认 0，每个可用核心一个。")
    ] = 0,
    watch_list: Annotated[Path | None, option("--watch-list", metavar="文件", help=_WATCH_LIST)] = None,
    quiet: Annotated[bool, option("--quiet", "-q", help="不显示表格，只看退出码和写出的文件。")] = False,
) -> None:
    """比较两批报告：标签占比、分数、复核比例、字数、生字词有没有变，两批能不能区分开。不需要人工标注。

    结果里没有报告的文字和编号。适合定时运行：按退出码报警。

    退出码：0 没有明显变化；1 有 fail 级的界限被超过；2 用法不对；3 模型不能用；4 文件不能读写，或两批不能比。
    """
    written = [path for path in (html, json, keep_reference, keep_current) if path is not None]
    if any(
        path.is_file() and one.is_file() and path.samefile(one)
        for path in written
        for one in (reference, current)
    ):
        raise WrongUse("要写的文件就是要读的文件；请换一个名字")
    for path in (keep_reference, keep_current):
        if path is not None and path.suffix.lower() != ".npz":
            raise WrongUse("--keep-reference、--keep-current：文件名要以 .npz 结尾")
        if path is not None and sealed_by():
            raise WrongUse("密封模式不保留逐件的数字：请去掉 --keep-reference、--keep-current")

    from functools import cache
    from json import dumps

    from data.columns import Columns
    from model.drift.compare import compare
    from model.drift.rules import RULES, check
    from serving.drift.inputs import Inputs
    from serving.drift.page import drift_page
    from serving.drift.shape import drift_shape
    from serving.drift.text import drift_text
    from serving.exports import load_export, load_tagger
    from serving.protection import Protection
    from serving.rule_option import chosen_rules
    from serving.terminal import message_console, output_console, say, spinner
    from serving.whole_file import open_text, whole_file

    rules = chosen_rules(rule or [], RULES)
    messages = message_console()
    inputs = Inputs(
        cache(lambda: load_tagger(model, threads)), lambda: load_export(model).taxonomy, sample,
        Columns(text_column, title_column), sheet, lambda line: say(messages, line),
        names=Protection.chosen(watch_list=watch_list).names(),
    )  # fmt: skip
    with spinner(messages, "打标并比较…"):
        before, after = inputs.open(reference), inputs.open(current)
        found = compare(before, after)
    findings = check(found, rules, alpha)
    names = [reference.name, current.name]
    for path, kept in ((keep_reference, before), (keep_current, after)):
        if path is not None:
            with whole_file(path) as part:
                kept.save(part)
    if html is not None:
        with whole_file(html) as part, open_text(part) as out:
            out.write(drift_page(found, findings, names, rules))
    if json is not None:
        with whole_file(json) as part, open_text(part) as out:
            out.write(dumps(drift_shape(found, findings, alpha), ensure_ascii=False, indent=1) + "\n")
    if not quiet:
        drift_text(output_console(), found, findings, names)
    if any(finding.level == "fail" for finding in findings):
        raise typer.Exit(Code.REJECTED)
