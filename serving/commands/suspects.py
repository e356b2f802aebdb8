"""`petition suspects`: likely errors in labelled reports, in a workbook to correct and import again."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

from data.privacy.officials import Officials
from serving.commands.training import run_training
from serving.faults import WrongUse
from serving.help import LEFT_OUT, OFFICIALS, argument, option

SCORES = ("wide", "head", "both")
_FILE = "标注数据（JSONL），可以有几个。"
_OUT = "把可疑的件写到这个工作簿（.xlsx），最可疑的在前。"
_SCORES = (
    "模型分数从哪里来，都由没有见过这一件的模型给出：wide 字词线性模型（默认）；head 编码器上的线性头；"
    "both 两者合用，找得最多，要把每件读一遍。"
)
_ENCODER = (
    "head、both 用的编码器：Export、训练结果或编码器文件夹；默认用随程序安装的模型。"
    "不要用拿这些标注训练过的。"
)
_FOLDS = "分成几份轮流训练；默认 5。"
_LIMIT = "最多写多少件；默认 0，为全部的十分之一。"
_UNMASKED = (
    "不遮盖身份证号、电话、姓名等。默认遮盖：工作簿里不留能认出人的内容，导入时更正仍记在原来的件上；"
    "PETITION_MASK 要求遮盖时仍遮盖。"
)
_WATCH_LIST = LEFT_OUT.format("不写入")
_TAXONOMY = "分类体系文件（yaml）；默认用随程序安装的。"


def suspects(
    files: Annotated[list[Path], argument("FILE", _FILE)],
    out: Annotated[Path, option("--out", "-o", metavar="文件", help=_OUT)],
    scores: Annotated[str, option("--scores", metavar="|".join(SCORES), help=_SCORES)] = "wide",
    encoder: Annotated[Path | None, option("--encoder", metavar="文件夹", help=_ENCODER)] = None,
    folds: Annotated[int, option("--folds", metavar="份数", help=_FOLDS, min=2)] = 5,
    limit: Annotated[int, option("--limit", metavar="件数", help=_LIMIT, min=0)] = 0,
    unmasked: Annotated[bool, option("--unmasked", help=_UNMASKED)] = False,
    officials: Annotated[
        Officials | None, option("--officials", metavar="|".join(Officials), help=OFFICIALS)
    ] = None,
    watch_list: Annotated[Path | None, option("--watch-list", metavar="文件", help=_WATCH_LIST)] = None,
    taxonomy: Annotated[Path | None, option("--taxonomy", metavar="文件", help=_TAXONOMY)] = None,
) -> None:
    """找出很可能标错的件（需要 training 扩展），写成工作簿，改过之后可以导入。

    每一件都由没有见过它的模型打分，再用 cleanlab 的置信学习排出与分数最不合的标签。
    工作簿里有原文（遮盖了能认出人的内容）、给的和建议的标签、证据、最相近的件；更正栏留空，由人填写。

    退出码：0 已完成；2 用法不对；4 文件不能读写，或标注数据有错；69 没有安装 training 扩展。
    """
    if scores not in SCORES:
        raise WrongUse(f"--scores 只能是 {'、'.join(SCORES)} 之一")
    if out.suffix.lower() != ".xlsx":
        raise WrongUse("-o：结果是工作簿，文件名要以 .xlsx 结尾")
    if encoder is not None and scores == "wide":
        raise WrongUse("--encoder 只用于 --scores head 和 both")

    from data.audit import Action
    from data.labelled import read_labelled
    from data.privacy.masked_report import Masking
    from data.taxonomy import Taxonomy
    from serving.protection import Protection
    from serving.suspects_sheet import write_suspects
    from serving.terminal import message_console, say, spinner
    from serving.whole_file import whole_file

    chosen = Taxonomy.load(taxonomy) if taxonomy is not None else Taxonomy.default()
    protection = Protection.chosen(
        Masking.none if unmasked else Masking.output, watch_list=watch_list, officials=officials
    )
    guard = protection.guard(stored=True)
    rows = [row for file in files for row in read_labelled(file, chosen)]
    listed = {place for place, row in enumerate(rows) if guard.withholds(row.report)}
    messages = message_console()
    with whole_file(out) as part, tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "suspects.jsonl"  # rows and figures alone: no words lie outside the output
        arguments = ["--labelled", *map(str, files), "--out", str(found), "--scores", scores]
        arguments += ["--folds", str(folds), "--limit", str(limit)]
        arguments += ["--encoder", str(encoder)] if encoder is not None else []
        arguments += ["--taxonomy", str(taxonomy)] if taxonomy is not None else []
        with spinner(messages, f"{len(rows)} 件，分 {folds} 份训练和打分"):
            run_training("training.suspects", arguments)
        every = [json.loads(line) for line in found.read_text(encoding="utf-8").splitlines()]
        ranked = [
            {**one, "near": None if one["near"] in listed else one["near"]}
            for one in every
            if one["row"] not in listed
        ]
        with protection.recorded(Action.export) as tally:
            tally.count = len(ranked)
            remarks = write_suspects(part, ranked, rows, chosen, guard)
    if len(every) > len(ranked):
        remarks.append(f"涉及名单的 {len(every) - len(ranked)} 件没有写入，请由人办理。")
    for remark in remarks:
        say(messages, remark)
    sure = sum(any(axis["flagged"] for axis in one["axes"]) for one in ranked)
    bare = "，没有遮盖" if guard.masking is Masking.none else ""
    say(messages, f"完成：{len(rows)} 件里可疑 {len(ranked)} 件，其中疑为标错 {sure} 件{bare}，结果在 {out}")
