"""`petition reviews`: make and update the review log's database, look at it, take the reviews out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.privacy.officials import Officials
from serving.help import LEFT_OUT, OFFICIALS, HelpedCommand, HelpedGroup, option

reviews = typer.Typer(cls=HelpedGroup, add_completion=False, no_args_is_help=False)
_DATABASE = "复核库：SQLite 文件，或 postgresql:// 地址；默认用服务的设置 reviews_database。"
_CONFIG = "服务的设置文件（TOML）；默认看环境变量 PETITION_CONFIG。"
_TO = "写到这个文件（JSONL）。"
_REPORTS = "原件，可重复；复核库没有存正文时，按内容的摘要取用。"
_KEY = "复核库的摘要密钥文件；默认用服务的设置 reviews_key，SQLite 文件则看它旁边的“文件.key”。"
_WATCH_LIST = LEFT_OUT.format("只写编号和标签，不写文字")
_ALL = "每次复核和撤销各一行，留作审计；默认每件一行，以最后一次复核为准，撤销的不算。"
_UNMASKED = "原件的文字不遮盖。默认遮盖身份证号、电话、姓名等，字数不变；PETITION_MASK 要求遮盖时仍遮盖。"
_Database = Annotated[str | None, option("--database", metavar="文件或地址", help=_DATABASE)]
_Config = Annotated[Path | None, option("--config", metavar="文件", help=_CONFIG)]


@reviews.callback(invoke_without_command=True)
def group(context: typer.Context) -> None:
    """管理复核库：migrate 建立或升级、status 查看、export 导出。"""
    if context.invoked_subcommand is None:
        from serving.faults import Code

        typer.echo(context.get_help())
        raise typer.Exit(Code.WRONG_USE)


@reviews.command("migrate", cls=HelpedCommand)
def migrate(database: _Database = None, config: _Config = None) -> None:
    """建立复核库，或升级到本程序的结构；已是最新则不动。升级前请先备份。

    退出码：0 已是最新；2 用法或设置不对；4 复核库不能用。
    """
    from data.reviews.place import shown
    from data.reviews.schema import migrate as bring_up

    place = _place(database, config)
    before, after = bring_up(place)
    did = f"已从 {before} 升级到" if before else "已建立，结构"
    typer.echo(f"{shown(place)}：{'已是最新，结构' if before == after else did} {after}")


@reviews.command("status", cls=HelpedCommand)
def status(database: _Database = None, config: _Config = None) -> None:
    """查看复核库：结构、复核和撤销的次数、最后一次的时间。

    退出码：0 可以用；2 用法或设置不对；4 复核库不能用。
    """
    from data.reviews.log import ReviewLog
    from data.reviews.place import shown
    from data.reviews.schema import newest

    place = _place(database, config)
    with ReviewLog(place) as log:
        given, undone, last = log.counts()
    when = f"，最后一次 {last.astimezone():%Y-%m-%d %H:%M}" if last else ""
    typer.echo(f"{shown(place)}：结构 {newest()}，复核 {given} 次，撤销 {undone} 次{when}")


@reviews.command("export", cls=HelpedCommand)
def export(
    to: Annotated[Path, option("--to", "-o", metavar="文件", help=_TO)],
    database: _Database = None,
    reports: Annotated[list[Path] | None, option("--reports", metavar="文件", help=_REPORTS)] = None,
    all: Annotated[bool, option("--all", help=_ALL)] = False,
    unmasked: Annotated[bool, option("--unmasked", help=_UNMASKED)] = False,
    officials: Annotated[
        Officials | None, option("--officials", metavar="|".join(Officials), help=OFFICIALS)
    ] = None,
    watch_list: Annotated[Path | None, option("--watch-list", metavar="文件", help=_WATCH_LIST)] = None,
    reviews_key: Annotated[Path | None, option("--reviews-key", metavar="文件", help=_KEY)] = None,
    config: _Config = None,
) -> None:
    """把复核记录导出为标注数据（JSONL），petition import 能读。

    退出码：0 完成；2 用法或设置不对；4 复核库、文件或审计记录不能用。
    """
    from data.privacy.masked_report import Masking
    from data.reviews.key import key_beside
    from serving.faults import WrongUse
    from serving.protection import Protection
    from serving.reviews.export import export_reviews
    from serving.sealed import refuse_sealed
    from serving.settings import load_settings

    refuse_sealed("reviews export")
    protection = Protection.chosen(
        Masking.none if unmasked else Masking.output, watch_list=watch_list, officials=officials
    )
    place = _place(database, config, reviews_key)
    key_path = load_settings({"reviews_key": reviews_key}, config).reviews_key or key_beside(place)
    if key_path is None:
        raise WrongUse("没有说明摘要密钥：请用 --reviews-key，或设置 PETITION_REVIEWS_KEY")
    read = (*(reports or ()), Path(place), key_path)
    if any(to.is_file() and file.is_file() and to.samefile(file) for file in read):
        raise WrongUse("--to：结果文件就是要读的文件；请换一个名字")
    written, without = export_reviews(place, to, reports or [], all, protection, key_path)
    lacking = f"，其中 {without} 行没有正文，导入时请用 --reports 给出原件" if without else ""
    typer.echo(f"完成：写出 {written} 行{lacking}，结果在 {to}", err=True)


def _place(database: str | None, config: Path | None, key: Path | None = None) -> str:
    """Where the log is: as given, else as the service's settings say."""
    from serving.faults import WrongUse
    from serving.settings import load_settings

    place = database or load_settings({"reviews_key": key}, config).reviews_database
    if not place:
        raise WrongUse("没有说明复核库：请用 --database，或设置 PETITION_REVIEWS_DATABASE")
    return place
