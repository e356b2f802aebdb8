"""`petition taxonomy`: the labels, for a person or a program."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from serving.help import MODEL, option


class Shape(StrEnum):
    """Forms of output of `petition taxonomy`."""

    text = "text"
    yaml = "yaml"
    json = "json"


def taxonomy(
    model: Annotated[Path | None, option("--model", metavar="文件夹", help=MODEL)] = None,
    format: Annotated[
        Shape, option("--format", metavar="|".join(Shape), help="输出的格式；默认 text，便于阅读。")
    ] = Shape.text,
) -> None:
    """列出全部标签：定义、属于什么、不属于什么、别名。

    退出码：0 已列出；2 用法不对；3 模型不能用。
    """
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
