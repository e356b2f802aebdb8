"""Summary page: what a job's reports were about, in Chinese, as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from data.taxonomy import Axis, Taxonomy
from serving.bulk.charts import bars, columns, shade, share
from serving.bulk.faults import OtherJob
from serving.bulk.figures import NONE, OTHER, crossed
from serving.bulk.manifest import Manifest
from serving.unread import sheets_named
from serving.whole_file import open_text, whole_file
from serving.wording import reason_words

SHOWN_REGIONS = 30
MOST_MONTHS = 120  # drawn one by one, gaps too
_ALLOWED = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
body{font:15px/1.6 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:#222}
body{margin:2em auto;max-width:70em;padding:0 1em}
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em;border-left:4px solid #3b78b5;padding-left:.5em}
svg{max-width:100%;height:auto;font-family:inherit;display:block}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:14px}
td,th{border:1px solid #e3e6ea;padding:.25em .7em;text-align:right;white-space:nowrap}
th{background:#f5f7f9;font-weight:normal}th.name{text-align:left}td.dark{color:#fff}
.cards{display:flex;flex-wrap:wrap;gap:1em}
.cards div{background:#f5f7f9;padding:.6em 1.2em;border-radius:6px;min-width:8em}
.cards b{display:block;font-size:1.5em}.note{color:#666;font-size:13px}
.blue{color:#3b78b5}.red{color:#c2543d}
@media print{h2{break-after:avoid}svg,table{break-inside:avoid}}
"""
# What a row was rejected for, in words; a code that is not known here is shown as it is.
_REASONS = {
    "no_text": "没有正文", "too_long": "超过字数上限", "wrong_width": "格数与表头不符",
    "merged_cells": "正文和上面的行合并成了一格", "open_quote": "双引号没有成对",
    "broken_json": "不是合法的 JSON", "not_an_object": "不是 JSON 对象", "bad_encoding": "认不出编码",
    "failed": "打标时程序出错",
}  # fmt: skip


def write_summary(path: Path, done: Manifest, taxonomy: Taxonomy, overwrite: bool) -> None:
    """Write the page of a finished job, unless it is there already.

    Raises:
        OtherJob: something else is there, and `overwrite` does not allow to replace it.
        OSError: it cannot be written.
    """
    page = summary_page(done, taxonomy)
    if path.is_file() and not overwrite:
        if path.read_bytes() == page.encode("utf-8", "replace"):
            return
        raise OtherJob(
            f"{path} 已经存在，不是这个作业写的，或后来被改动过，没有替换；移走它，或加 --overwrite 替换它"
        )
    with whole_file(path) as part, open_text(part) as out:
        out.write(page)


def summary_page(done: Manifest, taxonomy: Taxonomy) -> str:
    """The page: the whole, domain by misconduct, months, regions, reviews, rejects, how it was made."""
    figures = done.figures
    across, down = crossed(taxonomy)
    parts = [
        _cards(figures, done, down),
        _crossed(figures, across, down),
        *(_axis(figures, axis) for axis in taxonomy.axes),
        _months(figures, down),
        _regions(figures, down),
        _reviews(figures, taxonomy),
        _rejects(figures, done),
        _made(done),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_ALLOWED}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>打标统计</title><style>{_STYLE}</style></head>\n<body><h1>打标统计</h1>"
        f"{''.join(part for part in parts if part)}</body></html>\n"
    )


def _cards(figures: Mapping[str, Any], done: Manifest, down: Axis) -> str:
    reports = figures["reports"]
    cards = [
        ("打标", f"{reports:,} 件"), (f"有{down.name}", _of(figures["tagged"], reports)),
        ("需人工复核", _of(figures["reviews"], reports)), ("读不了", f"{done.rejects:,} 行"),
    ]  # fmt: skip
    body = "".join(f"<div>{escape(name)}<b>{value}</b></div>" for name, value in cards)
    note = "标签说的是来件反映了什么，不说明所反映的是否属实。一件可以有几个标签，也可以没有。"
    return f'<div class="cards">{body}</div><p class="note">{note}</p>'


def _crossed(figures: Mapping[str, Any], across: Axis, down: Axis) -> str:
    if across is down:
        return ""
    table: Mapping[str, Mapping[str, int]] = figures["crossed"]
    rows = [*((label.id, label.name) for label in across.labels), (NONE, "（无）")]
    heads = [*((label.id, label.name) for label in down.labels), (NONE, "（无）")]
    most = max([1, *(n for row in table.values() for key, n in row.items() if key != NONE)])
    lines = ["<tr><th></th>" + "".join(f"<th>{escape(name)}</th>" for _, name in heads) + "</tr>"]
    for one, name in rows:
        cells = []
        for other, _ in heads:
            count = table.get(one, {}).get(other, 0)
            strong = other != NONE and count
            style = f' style="background:{shade(count, most)}"' if strong else ""
            dark = ' class="dark"' if strong and (count / most) ** 0.5 > 0.6 else ""
            cells.append(f"<td{dark}{style}>{count:,}</td>")
        lines.append(f'<tr><th class="name">{escape(name)}</th>{"".join(cells)}</tr>')
    note = "一件有几个标签时，在每一格里都计一次，所以各格之和可以大于件数。"
    return (
        f"<h2>{escape(across.name)} × {escape(down.name)}</h2>"
        f'<div class="wide"><table>{"".join(lines)}</table></div><p class="note">{note}</p>'
    )


def _axis(figures: Mapping[str, Any], axis: Axis) -> str:
    found = [(figures["labels"].get(f"{axis.id}/{label.id}", 0), label.name) for label in axis.labels]
    rows = [(name, count, 0) for count, name in sorted(found, key=lambda pair: -pair[0]) if count]
    body = bars(rows) if rows else "<p>（无）</p>"
    return f"<h2>{escape(axis.name)}</h2>{body}"


def _months(figures: Mapping[str, Any], down: Axis) -> str:
    months: Mapping[str, Mapping[str, int]] = figures["months"]
    dated = [month for month in months if month != NONE]
    if not dated and figures.get("undated"):  # which earlier manifests do not tell
        said = f"有 {figures['undated']:,} 件写了时间，都看不出月份"
        return f"<h2>按月</h2><p>{said}；时间要以年月开头，如 2026-03-05 或 2026年3月5日。</p>"
    if not dated:
        return ""
    none: Mapping[str, int] = {}
    found = [(month, months.get(month, none)) for month in _every_month(dated[0], dated[-1]) or dated]
    rows = [(month, row.get("reports", 0), row.get("tagged", 0)) for month, row in found]
    undated = months.get(NONE, {}).get("reports", 0)
    note = f'<p class="note">另有 {undated:,} 件看不出月份。</p>' if undated else ""
    return f"<h2>按月</h2>{_key(down)}{columns(rows)}{note}"


def _every_month(first: str, last: str) -> list[str]:
    """The months from one to the other, so that a gap shows as one; none where that is too many."""
    begin, end = (12 * int(month[:4]) + int(month[5:]) - 1 for month in (first, last))
    if end - begin >= MOST_MONTHS:
        return []
    return [f"{month // 12}-{month % 12 + 1:02}" for month in range(begin, end + 1)]


def _regions(figures: Mapping[str, Any], down: Axis) -> str:
    regions: Mapping[str, Mapping[str, int]] = figures["regions"]
    named = [(region, row) for region, row in regions.items() if region not in (NONE, OTHER)]
    if not named:
        return ""
    rows = [(region, row["reports"], row.get("tagged", 0)) for region, row in named[:SHOWN_REGIONS]]
    rest = sum(row["reports"] for _, row in named[SHOWN_REGIONS:]) + regions.get(OTHER, {}).get("reports", 0)
    unnamed = regions.get(NONE, {}).get("reports", 0)
    notes = [f"其余区域共 {rest:,} 件"] * bool(rest) + [f"没有写区域的 {unnamed:,} 件"] * bool(unnamed)
    note = f'<p class="note">{"，".join(notes)}。</p>' if notes else ""
    return f"<h2>按区域</h2>{_key(down)}{bars(rows)}{note}"


def _reviews(figures: Mapping[str, Any], taxonomy: Taxonomy) -> str:
    rows = [(reason_words(code, taxonomy), count, 0) for code, count in figures["reasons"].items()]
    body = share(figures["reviews"], figures["reports"], "需人工复核")
    return f"<h2>人工复核</h2>{body}{bars(rows) if rows else ''}"


def _rejects(figures: Mapping[str, Any], done: Manifest) -> str:
    if not done.rejects:
        return "<h2>读不了的行</h2><p>没有。</p>"
    rows = [(_REASONS.get(code, code), count, 0) for code, count in figures["rejects"].items()]
    files = [(name, count, 0) for name, count in list(figures["reject_files"].items())[:SHOWN_REGIONS]]
    body = share(done.rejects, done.rows, "读不了")
    by_file = f"<p>按文件</p>{bars(files)}" if len(done.inputs) > 1 else ""
    return f"<h2>读不了的行</h2>{body}<p>按原因</p>{bars(rows)}{by_file}"


def _made(done: Manifest) -> str:
    files = [f"{file.name}（{file.rows:,} 行）" for file in done.inputs[:50]]
    more = f" 等 {len(done.inputs)} 个文件" if len(done.inputs) > 50 else ""
    left = [f"{file.name}：{sheets_named(file.sheets_left)}" for file in done.inputs if file.sheets_left]
    others = f" 等 {len(left)} 个文件" if len(left) > 50 else ""
    rows = [
        ("输入", "、".join(files) + more),
        *([("没有读的工作表", "；".join(left[:50]) + others)] if left else []),
        ("结果", "、".join(output.file for output in done.outputs)),
        ("模型", done.model.name), ("程序", f"petition-tagger {done.program}"), ("作业开始", done.started),
    ]  # fmt: skip
    body = "".join(f"<li>{name}：{escape(value)}</li>" for name, value in rows)
    return f'<h2>来历</h2><ul class="note">{body}</ul>'


def _key(down: Axis) -> str:
    marked = f'<span class="red">■</span> 其中有{escape(down.name)}的'
    return f'<p class="note"><span class="blue">■</span> 全部 {marked}</p>'


def _of(part: int, whole: int) -> str:
    return f"{part:,} 件" + (f"（{part / whole:.1%}）" if whole else "")
