"""Charts: figures as inline SVG, which a browser shows and prints without anything else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

BLUE, RED, GREY, INK = "#3b78b5", "#c2543d", "#b9c0c8", "#333"
_ROW, _BAR, _NAME, _WIDE = 26, 16, 190, 760  # pixels
_LONGEST = 14  # letters of a name


def bars(rows: Sequence[tuple[str, int, int]], colours: tuple[str, str] = (BLUE, RED)) -> str:
    """Lying bars: a name, a count, and the part of it that is marked, in a second colour."""
    most = max([1, *(count for _, count, _ in rows)])
    room = _WIDE - _NAME - 150
    lines = []
    for place, (name, count, marked) in enumerate(rows):
        y = place * _ROW
        width, part = room * count / most, room * marked / most
        shown = f"{count:,}" + (f"（{marked / count:.1%}）" if marked and count else "")
        lines.append(
            f'<text x="{_NAME - 8}" y="{y + 17}" text-anchor="end"><title>{escape(name)}</title>'
            f"{escape(_short(name))}</text>"
            f'<rect x="{_NAME}" y="{y + 5}" width="{width:.1f}" height="{_BAR}" fill="{colours[0]}"/>'
            f'<rect x="{_NAME}" y="{y + 5}" width="{part:.1f}" height="{_BAR}" fill="{colours[1]}"/>'
            f'<text x="{_NAME + width + 6:.1f}" y="{y + 17}">{shown}</text>'
        )
    return _svg(_WIDE, len(rows) * _ROW + 6, lines)


def columns(rows: Sequence[tuple[str, int, int]]) -> str:
    """Standing bars, one a month: a count, and the part of it that is marked."""
    most = max([1, *(count for _, count, _ in rows)])
    high, left, step = 200, 60, max(14, min(56, (_WIDE - 80) // max(1, len(rows))))
    lines = []
    for share in (0.0, 0.5, 1.0):
        y = high + 10 - high * share
        lines.append(
            f'<line x1="{left}" x2="{left + step * len(rows)}" y1="{y}" y2="{y}" stroke="#e3e6ea"/>'
            f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{round(most * share):,}</text>'
        )
    every = -(-44 // step)  # so that names stand apart
    for place, (name, count, marked) in enumerate(rows):
        x, width = left + place * step + 2, step - 4
        for value, colour in ((count, BLUE), (marked, RED)):
            tall = high * value / most
            lines.append(
                f'<rect x="{x}" y="{high + 10 - tall:.1f}" width="{width}" height="{tall:.1f}" '
                f'fill="{colour}">'
                f"<title>{escape(name)}：{value:,}</title></rect>"
            )
        if place % every == 0:
            middle = x + width / 2
            lines.append(f'<text x="{middle}" y="{high + 28}" text-anchor="middle">{escape(name)}</text>')
    return _svg(max(_WIDE, left + step * len(rows) + 20), high + 36, lines)


def share(part: int, whole: int, name: str, colour: str = RED) -> str:
    """One bar cut in two: a part of a whole."""
    width = _WIDE - 20
    cut = width * part / whole if whole else 0
    shown = f"{name}：{part:,} / {whole:,}" + (f"（{part / whole:.1%}）" if whole else "")
    return _svg(
        _WIDE, 46,
        [
            f'<text x="0" y="14">{escape(shown)}</text>',
            f'<rect x="0" y="22" width="{width}" height="{_BAR}" fill="{GREY}"/>',
            f'<rect x="0" y="22" width="{cut:.1f}" height="{_BAR}" fill="{colour}"/>',
        ],
    )  # fmt: skip


def shade(count: int, most: int) -> str:
    """Background of a cell of a table: darker for more; square root, so that small counts show."""
    strength = (count / most) ** 0.5 if most else 0.0
    return f"rgba(59,120,181,{0.85 * strength:.2f})"


def _svg(width: int, height: int, lines: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'font-size="13" fill="{INK}">{"".join(lines)}</svg>'
    )


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
