"""The verdict as one HTML file (Chinese), pictures drawn in it; it needs nothing else and runs no script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from data.taxonomy import Axis
from training.gate import Verdict
from training.paired import Change, Changes
from training.verdict_words import check_words, headline, remarks

_ALLOWED = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
body{font:15px/1.6 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
body{margin:2em auto;max-width:60em;padding:0 1em;color:#222}
h2{font-size:1.1em;margin-top:2em}ul{list-style:none;padding:0}
.yes{color:#156615}.no{color:#a00000;font-weight:bold}.said{font-size:1.15em}
svg{max-width:100%;height:auto}svg text{font-size:13px;fill:#222}svg .soft{fill:#666}
table{border-collapse:collapse}td,th{border-bottom:1px solid #ddd;padding:.2em .8em;text-align:right}
td:first-child,th:first-child{text-align:left}
"""
_LINE, _NAMES, _PLOT, _EDGE = 24, 170, 420, 150
_UP, _DOWN, _SAME = "#156615", "#a00000", "#777777"


def verdict_page(verdict: Verdict, facts: Sequence[tuple[str, str]] = ()) -> str:
    """Write the page: what was decided and why, then per axis pictures and figures.

    Args:
        facts: more lines of the summary: what, and its value.
    """
    mark = "yes" if verdict.promoted else "no"
    checks = "".join(
        f'<li class="{"yes" if check.passed else "no"}">{"✓" if check.passed else "✗"} '
        f"{escape(check_words(check, verdict.taxonomy))}</li>"
        for check in sorted(verdict.checks, key=lambda check: check.passed)  # what is wrong comes first
    )
    rows = [("候选模型", verdict.candidate), ("现用模型", verdict.champion or "无"), *facts]
    summary = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in rows)
    notes = "".join(f"<p>{escape(line)}</p>" for line in remarks(verdict))
    axes = "".join(
        _axis(axis, verdict.axes[axis.id], verdict.supports[axis.id], verdict.tested[axis.id])
        for axis in verdict.taxonomy.axes
        if axis.id in verdict.axes
    )
    return (
        '<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_ALLOWED}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>模型更新评审</title><style>{_STYLE}</style></head>\n<body><h1>模型更新评审</h1>"
        f'<p class="said {mark}">{escape(headline(verdict))}</p><table>{summary}</table>{notes}'
        f"<h2>检查</h2><ul>{checks}</ul>{axes}</body></html>\n"
    )


def _axis(axis: Axis, changes: Changes, supports: Sequence[int], tested: int) -> str:
    names = [*(label.name for label in axis.labels)]
    table = [("宏平均", tested, changes.macro), ("微平均", tested, changes.micro)]
    table += [
        (name, support, change)
        for name, support, change in zip(names, supports, changes.labels, strict=True)
        if change is not None
    ]
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{support}</td><td>{change.before:.3f}</td><td>{change.after:.3f}</td>"
        f"<td>{change.difference:+.3f}</td><td>{change.low:+.3f} 至 {change.high:+.3f}</td></tr>"
        for name, support, change in table
    )
    absent = [name for name, change in zip(names, changes.labels, strict=True) if change is None]
    missing = f"<p>测试集里没有：{escape('、'.join(absent))}。</p>" if absent else ""
    return (
        f"<h2>{escape(axis.name)}（{tested} 件）</h2>"
        f"<p>F1 的变化：点是候选减现用，线是区间；线全在零的左边是显著下降。</p>{_differences(table)}"
        f"<p>F1：空心是现用，实心是候选。</p>{_levels(table)}{missing}"
        "<table><tr><th>标签</th><th>测试件</th><th>现用</th><th>候选</th><th>变化</th><th>区间</th></tr>"
        f"{rows}</table>"
    )


def _differences(table: Sequence[tuple[str, int, Change]]) -> str:
    """A forest plot: one row a label, difference with its interval around zero."""
    reach = max(0.05, *(max(abs(change.low), abs(change.high)) for _, _, change in table))

    def x(value: float) -> float:
        return _NAMES + _PLOT * (value + reach) / (2 * reach)

    parts = [_rule(x(0), len(table))]
    parts += [_tick(x(value), len(table), f"{value:+.2f}") for value in (-reach, reach)]
    for row, (name, _, change) in enumerate(table):
        y = row * _LINE + _LINE / 2
        colour = _DOWN if change.high < 0 else _UP if change.low > 0 else _SAME
        parts.append(
            f'<line x1="{x(change.low):.1f}" x2="{x(change.high):.1f}" y1="{y}" y2="{y}" stroke="{colour}" '
            f'stroke-width="2"/><circle cx="{x(change.difference):.1f}" cy="{y}" r="4" fill="{colour}"/>'
        )
        parts.append(_text(0, y, name) + _text(_NAMES + _PLOT + 20, y, f"{change.difference:+.3f}", "soft"))
    return _picture(parts, len(table), "各标签 F1 的变化")


def _levels(table: Sequence[tuple[str, int, Change]]) -> str:
    """A dumbbell plot: one row a label, F1 before and after, 0 to 1."""

    def x(value: float) -> float:
        return _NAMES + _PLOT * value

    parts = [_rule(x(0), len(table))]
    parts += [_tick(x(value), len(table), f"{value:.1f}") for value in (0, 0.5, 1)]
    for row, (name, _, change) in enumerate(table):
        y = row * _LINE + _LINE / 2
        parts.append(
            f'<line x1="{x(change.before):.1f}" x2="{x(change.after):.1f}" y1="{y}" y2="{y}" '
            f'stroke="#9bbcdc" stroke-width="3"/><circle cx="{x(change.before):.1f}" cy="{y}" r="4.5" '
            f'fill="#fff" stroke="#1f5f9e" stroke-width="1.5"/><circle cx="{x(change.after):.1f}" '
            f'cy="{y}" r="4" fill="#1f5f9e"/>'
        )
        said = f"{change.before:.2f} → {change.after:.2f}"
        parts.append(_text(0, y, name) + _text(_NAMES + _PLOT + 20, y, said, "soft"))
    return _picture(parts, len(table), "各标签的 F1")


def _picture(parts: Sequence[str], rows: int, title: str) -> str:
    width, height = _NAMES + _PLOT + _EDGE, rows * _LINE + 24
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{title}">'
        f"{''.join(parts)}</svg>"
    )


def _rule(x: float, rows: int) -> str:
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{rows * _LINE}" stroke="#bbb"/>'


def _tick(x: float, rows: int, said: str) -> str:
    return f'<text class="soft" x="{x:.1f}" y="{rows * _LINE + 16}" text-anchor="middle">{said}</text>'


def _text(x: float, y: float, said: str, kind: str = "") -> str:
    return f'<text class="{kind}" x="{x}" y="{y + 5:.1f}">{escape(said)}</text>'
