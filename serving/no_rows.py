"""What to say of a file in which nothing stands below the headings: often an export that broke off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from data.readers import DELIMITED, WORKBOOKS

_MOST_NAMES = 10  # in one remark; an export may be a folder of thousands of files


def no_rows(names: Sequence[str]) -> str:
    """One line (Chinese) that names the files without a row of data.

    Args:
        names: of the files, at least one; "-" is standard input.
    """
    shown = "、".join("标准输入" if name == "-" else name for name in names[:_MOST_NAMES])
    more = f" 等 {len(names)} 个文件" if len(names) > _MOST_NAMES else ""
    tables = all(PurePath(name).suffix.lower() in (*DELIMITED, *WORKBOOKS) for name in names)
    found = "只有表头，没有数据行" if tables else "没有数据行"
    return f"{shown}{more}：{found}，请看看导出是否完整。"
