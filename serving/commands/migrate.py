"""`petition migrate`: labelled reports of one taxonomy in the terms of the next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from serving.faults import WrongUse
from serving.help import argument, option

if TYPE_CHECKING:
    from data.taxonomy import Label, Taxonomy

ADDED = ("absent", "unlabelled")
_LABELS = "标注数据（JSONL），可以有几个；写进同一个结果文件。"
_OUT = "结果写到这个文件（JSONL）。"
_MAP = "旧标签一律算作这个新标签，可重复；拆分的标签靠它判定。名字可写成“维度:标签”。"
_DROP = "舍去这个旧标签，可重复；报告的其他标签不变。"
_ADDED = "新增的标签在旧标注里怎么算：absent 不成立（默认）；unlabelled 这一维度全部算没有标注。"


def migrate(
    labels: Annotated[list[Path], argument("LABELS", _LABELS)],
    old: Annotated[Path, option("--from", metavar="文件", help="标注时用的分类体系（yaml）。")],
    new: Annotated[Path, option("--to", metavar="文件", help="新的分类体系（yaml）。")],
    out: Annotated[Path, option("--out", "-o", metavar="文件", help=_OUT)],
    map: Annotated[list[str] | None, option("--map", metavar="旧标签=新标签", help=_MAP)] = None,
    drop: Annotated[list[str] | None, option("--drop", metavar="旧标签", help=_DROP)] = None,
    added: Annotated[str, option("--added", metavar="|".join(ADDED), help=_ADDED)] = "absent",
    quiet: Annotated[bool, option("--quiet", "-q", help="不显示各标签的去向和末尾的小结。")] = False,
) -> None:
    """把按旧分类体系标注的数据改成新分类体系的标签。

    编号相同、新标签的 was 里写明、名称或别名对得上的，自动改；判定不了的（如拆分的标签），
    这一件在这一维度上改为没有标注，并报告件数。

    退出码：0 已完成；2 用法不对；4 文件不能读写，或有旧标签没有去处。
    """
    if added not in ADDED:
        raise WrongUse(f"--added 只能是 {'、'.join(ADDED)} 之一")
    if any(out.is_file() and file.is_file() and out.samefile(file) for file in (*labels, old, new)):
        raise WrongUse("--out：结果文件就是要读的文件；请换一个名字")

    from data.migration import Added, Migration
    from data.taxonomy import Taxonomy
    from data.taxonomy_change import compare_taxonomies
    from serving.taxonomy_words import migration_lines
    from serving.terminal import message_console, say
    from serving.whole_file import open_text, whole_file

    before, after = Taxonomy.load(old), Taxonomy.load(new)
    maps = dict(_map(one, before, after) for one in map or [])
    if len(maps) < len(map or []):
        raise WrongUse("--map：一个旧标签只能对应一个新标签")
    drops = frozenset(_label("--drop", one, before) for one in drop or [])
    done = Migration(compare_taxonomies(before, after), maps, drops, Added(added))
    with whole_file(out) as part, open_text(part) as written:
        for file in labels:
            for line in done.lines(file):
                written.write(line + "\n")
    if not quiet:
        messages = message_console()
        for line in migration_lines(done):
            say(messages, line)
        say(messages, f"完成：{done.reports} 件，结果在 {out}")


def _map(given: str, before: Taxonomy, after: Taxonomy) -> tuple[tuple[str, str], str]:
    old, equals, new = given.partition("=")
    if not equals:
        raise WrongUse("--map 要写成 旧标签=新标签")
    axis, label = _label("--map", old, before)
    new_axis, heir = _label("--map", new, after, axis)
    if axis != new_axis:
        raise WrongUse(f"--map：旧标签在 {axis} 维度，新标签在 {new_axis} 维度；只能在同一维度内对应")
    return (axis, label), heir


def _label(option: str, given: str, taxonomy: Taxonomy, prefer: str = "") -> tuple[str, str]:
    """The axis and label meant by an id, name or alias, `axis:label` where it stands on several."""
    axis, colon, name = given.rpartition(":")
    wanted = [one for one in taxonomy.axes if not colon or one.id == axis.strip()]
    found: list[tuple[str, Label]] = []
    for one in wanted:
        label = taxonomy.resolve(one.id, name)
        if label is not None:
            found.append((one.id, label))
    found = [one for one in found if one[0] == prefer] or found
    if not found:
        raise WrongUse(f"{option}：第 {taxonomy.version} 版分类体系里没有标签 {given.strip()}")
    if len(found) > 1:
        raise WrongUse(f"{option}：{given.strip()} 在几个维度上都有，请写成 维度:标签")
    return found[0][0], found[0][1].id
