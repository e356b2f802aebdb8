"""A spreadsheet formula at the head of a cell: its syntax is no part of what a report says.

Exports of forms hold cells such as =HYPERLINK("http://x","点击") in front of the petitioner's words. A model
that reads the function's name takes the report for code. What is said in a formula's quotes is read still,
so that nothing can be hidden in one. Like data/clean.py with offsets that hold.
"""

from __future__ import annotations

import re

from data.clean import Cleaned, replace_runs

MOST = 2000
"""Characters of a head that are looked at; a formula is shorter in all spreadsheets that people fill in."""
CAPTION = re.compile(
    "(?:请|点击|单击|查看|下载|打开|进入|跳转|返回|链接|网址|附件|图片|照片|视频|文件|详情|详见|更多|原文|此处|这里|是|否)+"
)
"""What strings of a formula say to whoever clicks; all other Chinese in quotes is read."""

_SIGN = re.compile(r"[\s'\"]{0,4}([=+\-@])[\s=+\-@]{0,4}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,40}")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”")
_DDE = re.compile(r"[A-Za-z]{1,20}\|'[^'\n]*'![A-Za-z0-9$]+")
_PLAIN = re.compile(r"(?:\$?[A-Z]{1,3}\$?\d{1,7}|\d+(?:\.\d+)?)(?![\w.])")
_OPERATOR = re.compile(r"\s*[-+*/&^=<>]{1,2}\s*")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
# +, - and @ begin ordinary lines too: -KTV(24h)噪音. There the brackets must hold what only a formula holds.
_ARGUMENTS = re.compile(r"[\"“,;|!&*+]|[A-Z]\d+:[A-Z]")


def without_formula(cleaned: Cleaned) -> Cleaned:
    """Take a formula off the head of a cleaned text; one that begins otherwise stays as it is.

    Chinese in its quotes is kept, captions apart (点击查看), with a line break between it and what follows.
    """
    stop = _head(cleaned.text[:MOST])
    if not stop:
        return cleaned
    runs: list[tuple[int, int, str]] = []
    at = 0
    for quoted in _QUOTED.finditer(cleaned.text, 0, stop):
        said = "".join(_HAN.findall(quoted.group()))
        if said and not CAPTION.fullmatch(said):
            runs.append((at, quoted.start() + 1, ""))
            at = quoted.end() - 1
    rest = len(cleaned.text) - len(cleaned.text[stop:].lstrip(" \n&"))
    return replace_runs(cleaned, [*runs, (at, rest, "\n" if runs and rest < len(cleaned.text) else "")])


def _head(text: str) -> int:
    """Where the formula at the head of a text ends; 0 where there is none."""
    sign = _SIGN.match(text)
    if not sign:
        return 0
    at, calls = sign.end(), False
    while True:
        stop, runs = _operand(text, at, sign.group(1) == "=")
        if stop == at:
            return 0  # an operator with nothing behind it: no formula that a spreadsheet would take
        calls |= runs
        operator = _OPERATOR.match(text, stop)
        # An operator before ordinary words (…)&我们小区) ends the formula.
        if not operator or _operand(text, operator.end(), True)[0] == operator.end():
            return stop if calls else 0
        at = operator.end()


def _operand(text: str, at: int, free: bool) -> tuple[int, bool]:
    """Where the operand that begins at `at` ends (`at`: none does), and whether it calls anything."""
    if dde := _DDE.match(text, at):
        return dde.end(), True
    name = _NAME.match(text, at)
    if name and text.startswith("(", name.end()):
        stop = _closed(text, name.end())
        if stop and (free or _ARGUMENTS.search(text, name.end() + 1, stop - 1)):
            return stop, True
    plain = _PLAIN.match(text, at) or _QUOTED.match(text, at)
    return (plain.end(), False) if plain else (at, False)


def _closed(text: str, at: int) -> int:
    """Where the bracket that opens at `at` has closed; 0 where it does not, or holds words outside quotes."""
    depth = 0
    while at < len(text):
        if quoted := _QUOTED.match(text, at):
            at = quoted.end()
            continue
        if _HAN.match(text, at) or text[at] in '"“':
            return 0
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
        if not depth:
            return at
    return 0
