"""`petition taxonomy`: the labels, and what became of them between two versions."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from serving.help import MODEL, HelpedCommand, HelpedGroup, argument, option

taxonomies = typer.Typer(cls=HelpedGroup, invoke_without_command=True)
_FORMAT = "输出的格式；默认 text，便于阅读。"


class Shape(StrEnum):
    """Forms of output of `petition taxonomy`."""

    text = "text"
    yaml = "yaml"
    json = "json"


class DiffShape(StrEnum):
    """Forms of output of `petition taxonomy diff`."""

    text = "text"
    json = "json"


@taxonomies.callback()
def taxonomy(
    context: typer.Context,
    model: Annotated[Path | None, option("--model", metavar="文件夹", help=MODEL)] = None,
    format: Annotated[Shape, option("--format", metavar="|".join(Shape), help=_FORMAT)] = Shape.text,
) -> None:
    """列出全部标签：定义、属于什么、不属于什么、别名。

    退出码：0 已列出；2 用法不对；3 模型不能用。
    """
    if context.invoked_subcommand is not None:
        return
    import json
    from dataclasses import asdict

    from data.taxonomy import Taxonomy
    from model.export import DEFAULT, MANIFEST
    from serving.exports import load_export

    if model is not None or (DEFAULT / MANIFEST).is_file():
        shown = load_export(model).taxonomy
    else:
        shown = Taxonomy.default()
    if format is Shape.text:
        from serving.table import taxonomy_text
        from serving.terminal import output_console

        taxonomy_text(output_console(), shown)
    elif format is Shape.yaml:
        typer.echo(shown.to_yaml(), nl=False)
    else:
        axes = [asdict(axis) for axis in shown.axes]
        typer.echo(json.dumps({"version": shown.version, "axes": axes}, ensure_ascii=False, indent=2))


@taxonomies.command("diff", cls=HelpedCommand)
def diff(
    old: Annotated[Path, argument("OLD", "原来的分类体系文件（yaml）。")],
    new: Annotated[Path, argument("NEW", "新的分类体系文件（yaml）。")],
    format: Annotated[
        DiffShape, option("--format", metavar="|".join(DiffShape), help=_FORMAT)
    ] = DiffShape.text,
) -> None:
    """比较两版分类体系：哪些标签不变、改字、换号、合并、拆分、新增、取消，要不要重新训练。

    退出码：0 已比较；2 用法不对；4 文件不能读，或不合规则。
    """
    import json

    from data.taxonomy import Taxonomy
    from data.taxonomy_change import compare_taxonomies
    from serving.taxonomy_words import change_lines, change_shape
    from serving.typeset import plain

    change = compare_taxonomies(Taxonomy.load(old), Taxonomy.load(new))
    if format is DiffShape.json:
        typer.echo(json.dumps(change_shape(change), ensure_ascii=False, indent=2))
        return
    for line in change_lines(change):
        indent = line[: len(line) - len(line.lstrip())]
        typer.echo(indent + plain(line))
