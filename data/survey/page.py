"""Survey page: the figures about labelled data as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from data.survey.rules import Finding
from data.survey.survey import Survey
from data.survey.words import Table, finding_words, tables

_ALLOWED = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
body{font:15px/1.6 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
body{margin:2em auto;max-width:60em;padding:0 1em}
h2{font-size:1.1em;margin-top:2em}table{border-collapse:collapse}
td,th{border-bottom:1px solid #ddd;padding:.2em .8em;text-align:left}
td.bar{background:linear-gradient(90deg,#cfe3f7 var(--share),transparent var(--share));min-width:10em}
.fail{color:#a00000;font-weight:bold}.warn{color:#8a5a00}.good{color:#156615}
"""


def survey_page(found: Survey, findings: Sequence[Finding], files: Sequence[str]) -> str:
    """Write the page: the broken rules first, then every table."""
    said = [f'<li class="{finding.level}">{escape(finding_words(finding))}</li>' for finding in findings]
    rules = f"<ul>{''.join(said)}</ul>" if said else '<p class="good">没有发现问题。</p>'
    body = "".join(_table(table) for table in tables(found))
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_ALLOWED}">'
        f"<title>标注数据报告</title><style>{_STYLE}</style></head>\n<body><h1>标注数据报告</h1>"
        f"<p>{escape('、'.join(files))}</p><h2>检查结果</h2>{rules}{body}</body></html>\n"
    )


def _table(table: Table) -> str:
    head, *rows = table.rows
    most = 1.0
    if table.bars is not None:
        most = max([1.0, *(float(row[table.bars]) for row in rows)])
    lines = ["<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in head) + "</tr>"]
    for row in rows:
        cells = []
        for place, cell in enumerate(row):
            share = f' class="bar" style="--share:{float(cell) / most:.1%}"' if place == table.bars else ""
            cells.append(f"<td{share}>{escape(cell)}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f"<h2>{escape(table.heading)}</h2><table>{''.join(lines)}</table>\n"
