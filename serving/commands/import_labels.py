"""`petition import`: labels from other tools and corrected outputs, to labelled reports."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.faults import Code, WrongUse
from serving.help import LEFT_OUT, argument, column, option

if TYPE_CHECKING:
    from data.imports.names import Meaning, Names
    from data.taxonomy import Taxonomy

FORMATS = ("table", "tagged", "labelled", "doccano", "label-studio", "argilla", "reviews")
BLANKS = ("unlabelled", "none", "before")
TIES = ("unlabelled", "yes", "no")
REPEATED = ("later", "join")
_FILE = (
    "要导入的文件，可以有几个：带标签栏的 csv xlsx xls ods jsonl，petition tag 的结果加更正栏，"
    "doccano、Label Studio、Argilla 的导出，本程序的标注数据，"
    "复核库（SQLite 文件或 postgresql:// 地址）及其导出。"
)
_TO = "标注数据写到这个文件（JSONL）；不能用的行写到“文件.rejects.jsonl”，相持的意见写到“文件.ties.jsonl”。"
_FORMAT = "文件的格式；默认逐个识别。"
_TAXONOMY = "分类体系文件（yaml）；默认用随程序安装的。"
_MAP = "把别处的标签名对应到这里的标签，可重复；新名可写成“维度:标签”。"
_DROP = "舍去这个标签名，可重复。"
_LABEL = "哪一栏（或哪个问题）是哪个维度的标签，可重复；只写表头则逐个标签查找维度。默认按维度名称识别。"
_WHO = "标注人在哪一栏；默认识别标注人、复核人等。"
_BLANK = (
    "空白的标签格是什么意思：unlabelled 没有标注（默认）；none 看过，没有标签成立；"
    "before 模型原来的标签是对的。"
)
_TIE = "几人意见相持的标签怎么办：unlabelled 这一维度算没有标注（默认）；yes 成立；no 不成立。"
_REPEATED = (
    "一份文件里同一人对同一件标了不止一行怎么办：later 以后一行为准（默认）；"
    "join 各行的标签合在一起，一个标签占一行的表用这个。"
)
_REPORTS = "原件，可重复；导入的文件里没有正文时按编号取用，复核记录按内容的摘要取用。"
_KEY = "复核库的摘要密钥文件；默认看 PETITION_REVIEWS_KEY，SQLite 文件则看它旁边的“文件.key”。"
_EACH = "复核记录里几个人复核过同一件的，各算一票；默认以最后一次复核为准。"
_WATCH_LIST = LEFT_OUT.format("不导入")
_QUIET = "不显示识别结果和末尾的小结；不能用的行照常提示。"


def import_labels(
    files: Annotated[list[str], argument("FILE", _FILE)],
    to: Annotated[Path, option("--to", "-o", metavar="文件", help=_TO)],
    format: Annotated[str | None, option("--format", metavar="|".join(FORMATS), help=_FORMAT)] = None,
    taxonomy: Annotated[Path | None, option("--taxonomy", metavar="文件", help=_TAXONOMY)] = None,
    map: Annotated[list[str] | None, option("--map", metavar="旧名=新名", help=_MAP)] = None,
    drop: Annotated[list[str] | None, option("--drop", metavar="旧名", help=_DROP)] = None,
    label_column: Annotated[
        list[str] | None, option("--label-column", metavar="维度=表头", help=_LABEL)
    ] = None,
    annotator_column: Annotated[str | None, option("--annotator-column", metavar="表头", help=_WHO)] = None,
    blank: Annotated[str, option("--blank", metavar="|".join(BLANKS), help=_BLANK)] = "unlabelled",
    tie: Annotated[str, option("--tie", metavar="|".join(TIES), help=_TIE)] = "unlabelled",
    repeated: Annotated[str, option("--repeated", metavar="|".join(REPEATED), help=_REPEATED)] = "later",
    reports: Annotated[list[Path] | None, option("--reports", metavar="文件", help=_REPORTS)] = None,
    text_column: Annotated[str | None, column("text", "正文")] = None,
    title_column: Annotated[str | None, column("title", "标题")] = None,
    id_column: Annotated[str | None, column("id", "编号")] = None,
    time_column: Annotated[str | None, column("time", "时间")] = None,
    region_column: Annotated[str | None, column("region", "区域")] = None,
    channel_column: Annotated[str | None, column("channel", "渠道")] = None,
    sheet: Annotated[
        str | None, option("--sheet", metavar="名称", help="工作簿里的哪一张表；默认第一张能用的。")
    ] = None,
    each_reviewer: Annotated[bool, option("--each-reviewer", help=_EACH)] = False,
    reviews_key: Annotated[Path | None, option("--reviews-key", metavar="文件", help=_KEY)] = None,
    watch_list: Annotated[Path | None, option("--watch-list", metavar="文件", help=_WATCH_LIST)] = None,
    quiet: Annotated[bool, option("--quiet", "-q", help=_QUIET)] = False,
) -> None:
    """把别处的标注和改过的打标结果导入为标注数据。

    标签名按分类体系的编号、名称和别名对应；对不上的逐个列出，用 --map 或 --drop 处理。
    几个人标过的，每个人的都保留，标签以多数为准。

    退出码：0 全部完成；1 有不能用的行，其余已完成；2 用法不对；4 文件不能读写，或有对不上的标签。
    """
    for name, given, known in (
        ("--format", format, FORMATS),
        ("--blank", blank, BLANKS),
        ("--tie", tie, TIES),
        ("--repeated", repeated, REPEATED),
    ):
        if given is not None and given not in known:
            raise WrongUse(f"{name} 只能是 {'、'.join(known)} 之一")

    from data.columns import Columns
    from data.imports.formats import Format
    from data.imports.merge import Repeated, Tie
    from data.imports.names import Names
    from data.imports.plan import Blank, Plan
    from data.reviews.place import is_url
    from data.taxonomy import Taxonomy
    from serving.label_import import LabelImport, originals
    from serving.protection import Protection

    chosen = Taxonomy.load(taxonomy) if taxonomy is not None else Taxonomy.default()
    plan = Plan(
        Names(chosen, _maps(map or [], Names(chosen)), drop or []),
        Columns(text_column, title_column, id_column, time_column, region_column, channel_column),
        sheet,
        tuple(_label_column(one, chosen) for one in label_column or []),
        annotator_column,
        Blank(blank),
        each_reviewer=each_reviewer,
        key=reviews_key or _key_of_environment(),
    )
    places = [file if is_url(file) else Path(file) for file in files]
    protection = Protection.chosen(watch_list=watch_list)
    job = LabelImport(
        places, to, plan, Format(format) if format else None, Tie(tie), Repeated(repeated), quiet, protection
    )
    if job.overwrites_input(reports or []):
        raise WrongUse("--to：结果文件，或它旁边的文件，就是要读的文件；请换一个名字")
    if reports:
        job = replace(job, plan=replace(plan, reports=originals(reports, plan)))
    if job.run():
        raise typer.Exit(Code.REJECTED)


def _key_of_environment() -> Path | None:
    named = os.environ.get("PETITION_REVIEWS_KEY", "")
    return Path(named) if named else None


def _maps(given: list[str], names: Names) -> dict[str, Meaning]:
    from data.imports.reading import ANY

    maps = {}
    for one in given:
        old, equals, new = one.rpartition("=")
        meaning = names.meaning(ANY, new.strip()) if equals and old.strip() else None
        if meaning is None or not meaning.axis:
            hint = names.near(ANY, new.strip()) if equals else ""
            advice = f"（{hint}）" if hint else ""
            raise WrongUse(f"--map 要写成 旧名=新名，新名是分类体系里的标签{advice}")
        maps[old.strip()] = meaning
    return maps


def _label_column(given: str, taxonomy: Taxonomy) -> tuple[str, str]:
    from data.imports.headings import axis_named
    from data.imports.reading import ANY

    name, equals, heading = given.partition("=")
    if not equals:
        return ANY, given.strip()
    axis = axis_named(taxonomy, name)
    if axis is None or not heading.strip():
        known = "、".join(axis.id for axis in taxonomy.axes)
        raise WrongUse(f"--label-column 要写成 维度=表头；维度有：{known}")
    return axis.id, heading.strip()
