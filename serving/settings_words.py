"""What is wrong with a setting, in Chinese, without its value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

_PLAIN = {
    "int_parsing": "请写整数", "int_type": "请写整数", "int_from_float": "请写整数",
    "int_parsing_size": "数字太大", "float_parsing": "请写数字", "float_type": "请写数字",
    "finite_number": "请写数字", "bool_parsing": "请写 true 或 false", "bool_type": "请写 true 或 false",
    "string_type": "请写文字", "path_type": "请写路径",
}  # fmt: skip
_BOUNDS = {
    "greater_than": ("gt", "要大于"), "greater_than_equal": ("ge", "不能小于"),
    "less_than": ("lt", "要小于"), "less_than_equal": ("le", "不能大于"),
}  # fmt: skip


def setting_words(fault: Mapping[str, Any], known: Iterable[str]) -> str:
    """One line of one fault as pydantic tells it; a rule of our own keeps its words."""
    name = ".".join(map(str, fault["loc"]))
    kind, told = fault["type"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        return unknown_setting(name, known)
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        bound = told[key]
        return f"{name}：{words} {bound:g}" if isinstance(bound, float) else f"{name}：{words} {bound}"
    if kind in ("literal_error", "enum"):
        choices = re.findall(r"'([^']*)'", told["expected"])
        return f"{name}：只能是 {'、'.join(choices)} 之一"
    if kind in _PLAIN:
        return f"{name}：{_PLAIN[kind]}"
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{name}：{message}" if name else message


def unknown_setting(name: str, known: Iterable[str]) -> str:
    """That there is no such setting, and which one may be meant."""
    near = get_close_matches(name, list(known), 1)
    return f"没有设置 {name}" + (f"，是不是 {near[0]}？" if near else "，全部设置见 docs/serving.md")
