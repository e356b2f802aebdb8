"""`petition tune`: thresholds that keep a promise about what is caught, in a new Export."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from serving.faults import WrongUse
from serving.help import argument, column, option

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from data.report import Report
    from model.tagger import Tagger

BY = ("review", "tag")
_EXPORT = "原来的模型（Export）文件夹；不会改动它。随程序安装的写 default。"
_LABELLED = "标注数据（JSONL）：没有拿来训练过的，与今后要处理的同类。"
_WISH = (
    "要求，可重复：名称=比例。misconduct=95% 是有作风与违纪问题的至少 95% 不漏；"
    "弄虚作假=90% 是其中一个标签；重名的写 轴/标签。"
)
_OUT = "新的模型写到这个文件夹，不能已经存在。"
_CONFIDENCE = "把握：所有要求同时做到的把握，0.5 到 0.999；默认 0.95。"
_BY = "靠什么不漏：review 标签之外把握不足的转人工（默认）；tag 降低阈值，多打标签。"
_VOLUME = "每天多少件，用来算阅读量。"
_DAILY = "平常一段时间的来件（不必标注，表格、JSONL 等），按它算阅读量；默认按标注数据算。"


def tune(
    export: Annotated[Path, argument("EXPORT", _EXPORT)],
    labelled: Annotated[Path, argument("LABELLED", _LABELLED)],
    wish: Annotated[list[str], option("--wish", "-w", metavar="要求", help=_WISH)],
    out: Annotated[Path, option("--out", "-o", metavar="文件夹", help=_OUT)],
    confidence: Annotated[
        float, option("--confidence", metavar="比例", help=_CONFIDENCE, min=0.5, max=0.999)
    ] = 0.95,
    by: Annotated[str, option("--by", metavar="|".join(BY), help=_BY)] = "review",
    volume: Annotated[int, option("--volume", metavar="件数", help=_VOLUME, min=0)] = 0,
    daily: Annotated[Path | None, option("--daily", metavar="文件", help=_DAILY)] = None,
    text_column: Annotated[str | None, column("text", "正文")] = None,
    title_column: Annotated[str | None, column("title", "标题")] = None,
    threads: Annotated[
        int, option("--threads", metavar="个数", help="线程数；默认 0，每个可用核心一个。", min=0)
    ] = 0,
) -> None:
    """按要求定阈值：“有问题的信件至少 95% 不漏”，用标注数据算出能保证的界线，写成新的模型。

    答复里有：保证了什么、依据多少件、要读多少、其中预计多少是真的、多少件转人工。
    标注数据太少、保证不了的要求不接受，并说明至少要多少件。保证记在新模型里，petition doctor 会显示。

    退出码：0 已写出；2 用法不对，或标注数据太少；3 模型不能用；4 文件不能读写。
    """
    if by not in BY:
        raise WrongUse(f"--by 只能是 {'、'.join(BY)} 之一")
    if out.exists():
        raise WrongUse(f"{out} 已经存在：请换一个名字，原来的模型不会改动")

    import numpy as np

    from data.columns import Columns
    from data.errors import EmptyFile
    from data.labelled import label_targets, read_labelled
    from data.readers import read_reports
    from data.report import Report
    from model.export import sha256
    from model.tagger import Tagger
    from model.tuning.tune import TooFew
    from model.tuning.tune import tune as tuned_by
    from model.tuning.wish import read_wishes
    from model.tuning.write import write_tuned
    from serving.exports import load_tagger
    from serving.terminal import message_console, output_console, spinner
    from serving.tune_words import answer, too_few

    tagger = load_tagger(None if export == Path("default") and not export.exists() else export, threads)
    taxonomy, decisions = tagger.export.taxonomy, tagger.export.decisions
    if tagger.export.promises:
        raise WrongUse(f"{tagger.export.model} 已经按要求定过阈值：请从定阈值之前的模型开始")
    wishes = read_wishes(wish, taxonomy)
    rows = list(read_labelled(labelled, taxonomy))
    if not rows:
        raise EmptyFile(f"{labelled}: no labelled reports in it")
    truth = np.array([label_targets(row, taxonomy) for row in rows], dtype=np.float32)
    reports = everyday = [row.report for row in rows]
    if daily is not None:
        found = read_reports(daily, Columns(text_column, title_column))
        everyday = [one for one in found if isinstance(one, Report)]
        if not everyday:
            raise EmptyFile(f"{daily}: no reports in it")
    with spinner(message_console(), f"给 {len(rows)} 件打分"):
        scores = _scores(tagger, reports)
        usual = _scores(tagger, everyday) if daily is not None else scores
    try:
        after, promises = tuned_by(
            decisions, scores, truth, taxonomy, wishes, confidence,
            "tag" if by == "tag" else "review", sha256(labelled),
        )  # fmt: skip
    except TooFew as error:
        raise WrongUse(too_few(error, taxonomy, confidence)) from None
    try:
        written = write_tuned(tagger.export, out, after, promises)
    except OSError as error:
        if error.errno != errno.EEXIST:
            raise
        raise WrongUse(f"{out} 已经存在：请换一个名字，原来的模型不会改动") from None
    with spinner(message_console(), f"数 {len(everyday)} 件里转人工的"):
        asked = _asked(tagger, Tagger(written, engine=tagger.engine), everyday)
    console = output_console()
    for line in answer(written, usual, asked, volume, daily is not None):
        console.out(line, highlight=False)
    console.out(f"新的模型：{written.model}，在 {out}", highlight=False)


def _scores(tagger: Tagger, reports: Sequence[Report]) -> NDArray[np.float32]:
    """Calibrated scores; all 0 where a report is out of scope: it gets no tag, whatever its scores."""
    scores = tagger.scores(reports)
    scores[[bool(reason) for reason in tagger.outside(reports)]] = 0
    return scores


def _asked(before: Tagger, after: Tagger, reports: Sequence[Report]) -> tuple[int, int]:
    """How many reports go to a person, for whatever reason, by either; the engine reads each once."""
    was = now = 0
    for works, _ in before.examine(reports):
        was += sum(prediction.needs_review for prediction in before.finish(works, "none"))
        now += sum(prediction.needs_review for prediction in after.finish(works, "none"))
    return was, now
