"""Page: the figures of drift in Chinese, as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from data.survey.rules import Rule
from data.survey.words import Table
from model.drift.compare import Drift
from model.drift.rules import Finding
from serving.drift.charts import index_bars, legend, shares, spread
from serving.drift.words import NO_LABEL, SIDES, apart_words, finding_words, label_name, tables, verdict

_ALLOWED = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
body{font:15px/1.6 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:#222}
body{margin:2em auto;max-width:60em;padding:0 1em}
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em;border-left:4px solid #3b78b5;padding-left:.5em}
svg{max-width:100%;height:auto;font-family:inherit;display:block}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums}
td,th{border-bottom:1px solid #e3e6ea;padding:.2em .8em;text-align:right;white-space:nowrap}
td:first-child,th:first-child{text-align:left}th{background:#f5f7f9;font-weight:normal}
.verdict{font-size:1.15em;padding:.6em 1em;border-radius:6px;background:#eaf5ea;color:#156615}
.verdict.fail{background:#fbeaea;color:#a00000}.verdict.warn{background:#fdf4e3;color:#8a5a00}
.fail{color:#a00000}.warn{color:#8a5a00}.note{color:#666;font-size:13px}
@media print{h2{break-after:avoid}svg,table{break-inside:avoid}}
"""
_NOTE = (
    "占比后的括号是 95% 区间。“偶然的可能”是两批其实一样时，仅凭偶然出现这么大差别的概率。"
    "一项超过界限、又排除了偶然，才算变化。没有人工标注作对照，这里看不出打标是对是错，只看得出和基准是否还一样。"
)


def drift_page(
    found: Drift, findings: Sequence[Finding], names: Sequence[str], rules: Mapping[str, Rule]
) -> str:
    """Write the page.

    Args:
        names: of the two files.
        rules: whose limits are drawn.
    """
    said, level = verdict(findings)
    taxonomy = found.before.taxonomy
    broken = "".join(
        f'<li class="{finding.level.value}">{escape(finding_words(finding, taxonomy))}</li>'
        for finding in findings
    )
    sides = [f"{side}：{name}" for side, name in zip(SIDES, names, strict=True)]
    first, *rest = tables(found, names)
    parts = [
        f'<p class="verdict {level.value if level else ""}">{escape(said)}</p>',
        f"<ul>{broken}</ul>" if broken else "",
        f'<p class="note">{_NOTE}</p>', _table(first), *_rates(found, findings, sides),
        *_scores(found, rules), *_lengths(found, sides),
        f"<h2>{'两批能不能区分'}</h2><p>{escape(apart_words(found))}</p>",
        "<h2>全部数字</h2>", *(_table(table, 3) for table in rest),
    ]  # fmt: skip
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_ALLOWED}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>数据变化报告</title><style>{_STYLE}</style></head>\n<body><h1>数据变化报告</h1>"
        f"{''.join(parts)}</body></html>\n"
    )


def _rates(found: Drift, findings: Sequence[Finding], sides: Sequence[str]) -> list[str]:
    marked = {(one.axis, one.label) for one in findings if one.rule in ("label_points", "label_ratio")}
    shown = []
    for axis in found.before.taxonomy.axes:
        names = {label.id: label.name for label in axis.labels}
        rows = [
            (names.get(one.label, NO_LABEL), one.before, one.after, (axis.id, one.label) in marked)
            for one in found.labels
            if one.axis == axis.id
        ]
        shown.append(f"<h2>{escape(axis.name)}：各标签的占比</h2><p>{legend(sides)}</p>{shares(rows)}")
    whole = [
        (
            "需人工复核",
            found.review.before,
            found.review.after,
            any(one.rule == "review_points" for one in findings),
        )
    ]
    return [*shown, f"<h2>需人工复核的占比</h2>{shares(whole)}"]


def _scores(found: Drift, rules: Mapping[str, Rule]) -> list[str]:
    if not found.scores:
        return []
    taxonomy = found.before.taxonomy
    rows = [
        (label_name(taxonomy, one.axis, one.label).partition("·")[2], one.shift.psi)
        for one in sorted(found.scores, key=lambda one: -one.shift.psi)
    ]
    return [f"<h2>各标签分数分布的变化（PSI）</h2>{index_bars(rows, rules['scores'].limit)}"]


def _lengths(found: Drift, sides: Sequence[str]) -> list[str]:
    if found.lengths is None:
        return []
    return [f"<h2>报告的字数</h2><p>{legend(sides)}　按基准的十等分</p>{spread(found.lengths)}"]


def _table(table: Table, level: int = 2) -> str:
    head, *rows = table.rows
    lines = ["<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in head) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows]
    body = "".join(lines)
    return f'<h{level}>{escape(table.heading)}</h{level}><div class="wide"><table>{body}</table></div>\n'
