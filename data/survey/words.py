"""Survey words: the figures about labelled data in Chinese, as tables that text and page share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.survey.rules import Finding, Level
from data.survey.survey import AcrossSurvey, AxisSurvey, Survey

MOST_SHOWN = 50  # groups, leaks and pairs
LEVELS = {Level.fail: "不通过", Level.warn: "提醒"}
_RULES = {
    "unlabelled_axis": "“{where}”没有一件标注过",
    "few_examples": "“{where}”只有 {figure:.0f} 件，少于 {limit:.0f} 件：能学，但结果只宜作提示",
    "repeated": "重复或近似重复的占 {figure:.0%}，多于 {limit:.0%}",
    "conflicts": "有 {figure:.0f} 组近似重复的报告标签不一致",
    "leaks": "有 {figure:.0f} 件与评测数据近似重复：这样测出的成绩偏高",
    "disagreement": "“{where}”几位标注人的一致性 α 为 {figure:.2f}，低于 {limit:.2f}",
    "rejected": "导入时不能用的行占 {figure:.0%}，多于 {limit:.0%}",
    "short": "最短的一成报告不到 {figure:.0f} 字，少于 {limit:.0f} 字",
}
REASONS = {
    "no_text": "没有正文",
    "too_long": "正文过长",
    "wrong_width": "格数与表头不符",
    "merged_cells": "正文和上面的行合并成了一格",
    "open_quote": "引号没有配对",
    "broken_json": "不是合法的 JSON",
    "not_an_object": "不是 JSON 对象",
    "bad_encoding": "认不出编码",
    "failed": "程序出错",
    "bad_shape": "不是标注工具写出的样子",
    "two_labels": "只能有一个标签的维度有两个",
    "no_report": "没有正文，原件里也没有",
    "two_reports": "编号在原件里有两件",
    "other_text": "原件与复核时的不同",
    "cut_text": "正文被表格截短",
}
"""Why a row was rejected, by its code (docs/data-format.md, docs/importing.md)."""
_LENGTHS = ("最短", "10%", "一半", "90%", "99%", "最长")


@dataclass(frozen=True)
class Table:
    """A heading and rows of cells; the first row names the columns.

    Attributes:
        heading: of the table.
        rows: from the top.
        bars: which column has a number to draw a bar for; None is none.
    """

    heading: str
    rows: Sequence[Sequence[str]]
    bars: int | None = None


def finding_words(finding: Finding) -> str:
    """One broken rule in one sentence."""
    text = _RULES[finding.rule].format(where=finding.where, figure=finding.figure, limit=finding.limit)
    return f"{LEVELS[finding.level]}：{text}（{finding.rule}）"


def tables(found: Survey) -> list[Table]:
    """All figures; no words of a report, only ids."""
    names = {axis.id: axis.name for axis in found.axes}
    sources = [(name or "未写明", str(count)) for name, count in found.sources.items()]
    tables = [
        Table("总数", [
            ("项", "数"), ("报告", str(found.rows)), ("多人标注的", str(found.several)),
            ("标注人存疑的", str(found.unsure)), ("重复或近似重复的", str(found.repeated)),
            ("就是评测数据里的", str(found.measured)),
            *((f"导入时不能用：{_reason(code)}", str(count)) for code, count in found.rejected.items()),
        ]),
        Table("来源", [("来源", "报告"), *sources], 1),
        Table("字数", [_LENGTHS, [str(length) for length in found.lengths]]),
    ]  # fmt: skip
    for axis in found.axes:
        tables += _axis_tables(axis, [*found.sources])
    tables += [_across_table(across, found.axes) for across in found.across if across.together]
    if found.conflicts:
        shown = found.conflicts[:MOST_SHOWN]
        rows = [(names[one.axis], "、".join(one.ids[:10])) for one in shown]
        tables.append(Table(_title("近似重复而标签不一致", found.conflicts), [("维度", "编号"), *rows]))
    if found.leaks:
        leaks = [(one.id, one.file, one.other) for one in found.leaks[:MOST_SHOWN]]
        tables.append(Table(_title("与评测数据重复", found.leaks), [("编号", "文件", "那里的编号"), *leaks]))
    return tables


def _reason(code: str) -> str:
    """The words, with the code that stands in the file of rejects; one of a later program stays as it is."""
    return f"{REASONS[code]}（{code}）" if code in REASONS else code


def _axis_tables(axis: AxisSurvey, sources: Sequence[str]) -> list[Table]:
    judged = any(label.judged for label in axis.labels)
    several = sources[:8] if len(sources) > 1 else []
    head = ["标签", "件数", *(name or "未写明" for name in several), *(["一致性 α"] if judged else [])]
    rows = [
        [
            label.name, str(label.rows), *(str(label.by_source.get(source, 0)) for source in several),
            *(["—" if label.alpha is None else f"{label.alpha:.2f}（{label.judged} 件）"] if judged else []),
        ]
        for label in axis.labels
    ]  # fmt: skip
    found = [
        Table(f"{axis.name}：标注过 {axis.labelled} 件，其中没有标签成立的 {axis.empty} 件", [head, *rows], 1)
    ]
    if axis.together:
        names = {label.id: label.name for label in axis.labels}
        pairs = sorted(axis.together.items(), key=lambda pair: -pair[1])
        shown = [(names[one], names[other], str(count)) for (one, other), count in pairs[:MOST_SHOWN]]
        found.append(Table(_title(f"{axis.name}：同时出现", pairs), [("标签", "标签", "件数"), *shown], 2))
    return found


def _across_table(across: AcrossSurvey, axes: Sequence[AxisSurvey]) -> Table:
    one, other = (next(axis for axis in axes if axis.id == id) for id in across.axes)
    names = [{label.id: label.name for label in axis.labels} for axis in (one, other)]
    # By id where counts are equal, so that the same data give the same page.
    pairs = sorted(across.together.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = [(names[0][a], names[1][b], str(count)) for (a, b), count in pairs[:MOST_SHOWN]]
    heading = _title(f"{one.name} × {other.name}：同时出现", pairs)
    return Table(heading, [(one.name, other.name, "件数"), *shown], 2)


def _title(heading: str, rows: Sequence[object]) -> str:
    return f"{heading}（{len(rows)} 项，列出前 {MOST_SHOWN} 项）" if len(rows) > MOST_SHOWN else heading
