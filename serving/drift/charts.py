"""Charts: shares before and after, and spreads of values, as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import floor, log10

from model.drift.compare import Rate
from model.drift.shift import Shift

REFERENCE, CURRENT, INK, LINE = "#8a94a0", "#c2543d", "#333", "#e3e6ea"
_ROW, _NAME, _WIDE, _RIGHT = 30, 170, 760, 70  # pixels
_LONGEST = 12  # letters of a name
_HIGH = 110


def shares(rows: Sequence[tuple[str, Rate, Rate, bool]]) -> str:
    """For each name two points with their 95 % intervals, one below the other; a marked row stands out."""
    most = max([0.01, *(max(one.high, two.high) for _, one, two, _ in rows)])
    room = _WIDE - _NAME - _RIGHT
    lines = []
    step, foot = _step(most), len(rows) * _ROW
    for tick in range(int(most / step) + 1):
        x = _NAME + room * tick * step / most
        lines.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{foot}" stroke="{LINE}"/>'
            f'<text x="{x:.1f}" y="{foot + 16}" text-anchor="middle">{tick * step * 100:g}%</text>'
        )
    for place, (name, before, after, marked) in enumerate(rows):
        y = place * _ROW
        weight = ' font-weight="bold"' if marked else ""
        lines.append(
            f'<text x="{_NAME - 10}" y="{y + 19}" text-anchor="end"{weight}><title>{escape(name)}</title>'
            f"{escape(_short(name))}</text>"
        )
        for rate, colour, down in ((before, REFERENCE, 10), (after, CURRENT, 20)):
            left, middle, right = (_NAME + room * value / most for value in (rate.low, rate.share, rate.high))
            lines.append(
                f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y + down}" y2="{y + down}" stroke="{colour}" '
                f'stroke-width="2"/><circle cx="{middle:.1f}" cy="{y + down}" r="4" fill="{colour}">'
                f"<title>{rate.share:.1%}（{rate.low:.1%}–{rate.high:.1%}）</title></circle>"
            )
        points = after.share - before.share
        lines.append(f'<text x="{_WIDE - _RIGHT + 10}" y="{y + 19}"{weight}>{points:+.1%}</text>')
    return _svg(_WIDE, len(rows) * _ROW + 24, lines)


def index_bars(rows: Sequence[tuple[str, float]], limit: float) -> str:
    """Lying bars of one index, with a line at its limit; what is beyond it stands out."""
    most = max([limit * 1.2, *(value for _, value in rows)])
    room, lines = _WIDE - _NAME - _RIGHT, []
    for place, (name, value) in enumerate(rows):
        y, colour = place * 24, CURRENT if value > limit else REFERENCE
        lines.append(
            f'<text x="{_NAME - 10}" y="{y + 16}" text-anchor="end"><title>{escape(name)}</title>'
            f"{escape(_short(name))}</text>"
            f'<rect x="{_NAME}" y="{y + 5}" width="{room * value / most:.1f}" height="14" fill="{colour}"/>'
            f'<text x="{_NAME + room * value / most + 6:.1f}" y="{y + 16}">{value:.2f}</text>'
        )
    x, foot = _NAME + room * limit / most, len(rows) * 24
    lines.append(
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{foot}" stroke="{INK}" stroke-dasharray="4 3"/>'
        f'<text x="{x:.1f}" y="{foot + 16}" text-anchor="middle">界限 {limit:g}</text>'
    )
    return _svg(_WIDE, foot + 24, lines)


def spread(one: Shift) -> str:
    """Standing pairs of bars: the share of each pile in each bin, bins named by their borders."""
    names = _bins(one)
    most = max([0.01, *one.before, *one.after])
    step = (_WIDE - 60) / len(names)
    lines = []
    for place, (name, before, after) in enumerate(zip(names, one.before, one.after, strict=True)):
        x = 50 + place * step
        for value, colour, right in ((before, REFERENCE, 0.12), (after, CURRENT, 0.48)):
            tall = _HIGH * value / most
            lines.append(
                f'<rect x="{x + right * step:.1f}" y="{_HIGH + 6 - tall:.1f}" width="{step * 0.34:.1f}" '
                f'height="{tall:.1f}" fill="{colour}"><title>{escape(name)}：{value:.1%}</title></rect>'
            )
        lines.append(
            f'<text x="{x + step / 2:.1f}" y="{_HIGH + 24}" text-anchor="middle">{escape(name)}</text>'
        )
    lines.append(f'<text x="44" y="16" text-anchor="end">{most:.0%}</text>')
    lines.append(f'<line x1="50" x2="{_WIDE - 10}" y1="{_HIGH + 6}" y2="{_HIGH + 6}" stroke="{LINE}"/>')
    return _svg(_WIDE, _HIGH + 30, lines)


def legend(names: Sequence[str]) -> str:
    """Which colour is which side."""
    marks = zip((REFERENCE, CURRENT), names, strict=True)
    return "　".join(f'<span style="color:{colour}">●</span> {escape(name)}' for colour, name in marks)


def _bins(one: Shift) -> list[str]:
    edges = [f"{edge:.0f}" if edge >= 10 else f"{edge:g}" for edge in one.edges]
    if not edges:
        return ["全部"]
    return [f"≤{edges[0]}", *(f"–{edge}" for edge in edges[1:]), f">{edges[-1]}"]


def _step(most: float) -> float:
    """A round distance of three to seven marks between 0 and `most`."""
    unit = 10.0 ** floor(log10(most))
    return next(unit * share for share in (2, 1, 0.5, 0.2, 0.1) if most / (unit * share) >= 3)


def _svg(width: int, height: int, lines: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'font-size="13" fill="{INK}">{"".join(lines)}</svg>'
    )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
