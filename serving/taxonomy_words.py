"""Taxonomy words: what became of labels between two versions, and what a migration did, in Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from data.migration import Added, Migration, Outcome
from data.taxonomy import Axis
from data.taxonomy_change import AxisChange, Fate, TaxonomyChange

_KINDS = {"many": "可多选", "one": "单选"}
_PARTS = {
    "name": "名称", "name_en": "英文名称", "definition": "定义", "holds": "属于", "excludes": "不属于",
    "aliases": "别名", "parent": "上级",
}  # fmt: skip


def change_lines(change: TaxonomyChange) -> Iterator[str]:
    """The change for a person, axis by axis, and what it asks for."""
    yield f"分类体系：第 {change.old.version} 版 → 第 {change.new.version} 版"
    for axis in change.axes:
        yield ""
        yield from _axis_lines(axis)
    yield ""
    if change.same_outputs:
        yield "标签和次序没有变：旧标注照用；现有模型重新导出后就用新的名称和说明，不必重新训练。"
        return
    yield "标签或次序变了：需要重新训练，petition train --start-from 可以让没有变的标签沿用原来的权重。"
    fates = {axis.fate(label) for axis in change.axes for label in axis.heirs}
    if fates - {Fate.KEPT}:
        yield "旧标注用 petition migrate 迁移；拆分的标签无法自动判定，除非用 --map 指定。"


def _axis_lines(axis: AxisChange) -> Iterator[str]:
    if axis.new is None:
        assert axis.old is not None
        yield f"{_title(axis.old)}：取消了整个维度"
        return
    if axis.old is None:
        yield f"{_title(axis.new)}：新增的维度，{len(axis.new.labels)} 个标签，旧标注在这一维度上算没有标注"
        return
    yield _title(axis.new)
    if axis.old.kind != axis.new.kind:
        yield f"  由{_KINDS[axis.old.kind]}改为{_KINDS[axis.new.kind]}"
    old, new = _names(axis.old), _names(axis.new)
    fates = {label: axis.fate(label) for label in axis.heirs}
    reworded = axis.reworded
    kept = [label for label, fate in fates.items() if fate is Fate.KEPT and label not in reworded]
    if kept:
        yield f"  不变：{len(kept)} 个"
    for label, parts in reworded.items():
        if fates.get(label) is Fate.KEPT:
            yield (
                f"  改字：{new[label]}，改了{_parts(parts)}"
                + (f"，原名{old[label]}" if "name" in parts else "")
                + ("；定义改了，请确认旧标注仍然成立" if "definition" in parts else "")
            )
    for label, fate in fates.items():
        hint = "（按名称对上，请确认）" if label in axis.by_name else ""
        if fate is Fate.RENAMED:
            yield f"  换号：{old[label]} → {new[axis.heirs[label][0]]}{hint}"
        elif fate is Fate.SPLIT:
            yield f"  拆分：{old[label]} → {_list(axis.heirs[label], new)}"
        elif fate is Fate.REMOVED:
            yield f"  取消：{old[label]}"
    for label in axis.new.label_ids:
        ancestors = axis.ancestors(label)
        if len(ancestors) > 1:
            hint = "（按名称对上，请确认）" if axis.by_name & {*ancestors} else ""
            yield f"  合并：{_list(ancestors, old)} → {new[label]}{hint}"
    for label in axis.added:
        yield f"  新增：{new[label]}，旧标注里没有，迁移时算不成立，见 petition migrate --added"


def change_shape(change: TaxonomyChange) -> dict[str, Any]:
    """The change for a program."""
    return {
        "old": change.old.version,
        "new": change.new.version,
        "same_outputs": change.same_outputs,
        "axes": [
            {
                "id": axis.id,
                "old_kind": axis.old and axis.old.kind,
                "new_kind": axis.new and axis.new.kind,
                "labels": [
                    {"id": label, "fate": axis.fate(label).value, "heirs": list(heirs),
                     "by_name": label in axis.by_name}
                    for label, heirs in axis.heirs.items()
                ],
                "added": list(axis.added),
                "reworded": {label: list(parts) for label, parts in axis.reworded.items()},
            }
            for axis in change.axes
        ],
    }  # fmt: skip


def migration_lines(done: Migration) -> Iterator[str]:
    """What a migration did to the labels, with counts; no word of a report."""
    for axis in done.change.axes:
        counts = {key: count for key, count in done.counts.items() if key[0] == axis.id}
        if axis.old is None:
            yield f"{axis.new.name if axis.new else axis.id}：新增的维度，旧标注在这一维度上都算没有标注"
            continue
        old, name = _names(axis.old), (axis.new or axis.old).name
        if axis.new is None:
            yield f"{name}：维度取消了，舍去标签 {sum(counts.values())} 个"
            continue
        new = _names(axis.new)
        for (_, label, outcome), count in counts.items():
            heirs = axis.heirs[label]
            if outcome is Outcome.dropped:
                yield f"{name}：{old[label]} 舍去 {count} 件"
            elif outcome is Outcome.undecided:
                where = f"拆成了{_list(heirs, new)}，无法判定" if heirs else "没有去处"
                yield f"{name}：{old[label]} {where} {count} 件"
            elif (target := done.maps.get((axis.id, label)) or heirs[0]) != label:
                yield f"{name}：{old[label]} → {new[target]} {count} 件"
        if axis.added and done.added is Added.absent:
            yield f"{name}：新增的{_list(axis.added, new)}在旧标注里一律算不成立"
        if done.opened[axis.id]:
            yield f"{name}：因此改为没有标注的 {done.opened[axis.id]} 件，训练时这一维度不用它们"


def _title(axis: Axis) -> str:
    return f"{axis.name}（{axis.id}，{_KINDS[axis.kind]}）"


def _names(axis: Axis) -> dict[str, str]:
    return {label.id: f"{label.name}（{label.id}）" for label in axis.labels}


def _list(labels: Sequence[str], names: dict[str, str]) -> str:
    return "、".join(names[label] for label in labels)


def _parts(parts: Sequence[str]) -> str:
    return "、".join(_PARTS[part] for part in parts)
