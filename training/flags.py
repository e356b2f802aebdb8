"""Flags: argparse, ending in one Chinese line where what was given does not fit."""

from __future__ import annotations

import argparse
import re
from typing import NoReturn


class Flags(argparse.ArgumentParser):
    """The flags of a command of training that officers reach through `petition`."""

    def error(self, message: str) -> NoReturn:
        """Name the options, not what was typed: that may be a report's words."""
        named = "、".join(dict.fromkeys(re.findall(r"(?<!\S)--[a-z][a-z-]*", message)))
        if not named:
            said = "参数给多了；含空格的文件名要加引号"
        elif "required" in message:
            said = f"缺少 {named}"
        elif message.startswith("unrecognized"):
            said = f"没有选项 {named}"
        elif message.startswith("ambiguous"):
            said = f"选项没有写全：{named}"
        else:
            said = f"{named} 后面缺少内容，或给的内容不对"
        self.exit(2, f"错误：{said}（用 {self.prog} --help 查看用法）\n")
