"""Choices of `petition bulk`: form of the output, language of our columns, way to show progress."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path

from serving.faults import WrongUse


class Form(StrEnum):
    """Forms of the output."""

    jsonl = "jsonl"
    csv = "csv"
    xlsx = "xlsx"
    parquet = "parquet"


class Names(StrEnum):
    """Language of our columns; English ones hold ids of labels instead of names."""

    zh = "zh"
    en = "en"


class Shown(StrEnum):
    """Ways to show progress."""

    auto = "auto"
    bar = "bar"
    log = "log"
    json = "json"
    none = "none"


LOCAL = "local"  # the Ray cluster of this machine's cores
ADDRESS = re.compile(r"local|auto|[\w.\-\[\]:]+:\d+")
_SUFFIXES = {f".{form.value}": form for form in Form} | {".ndjson": Form.jsonl}


def choose_form(given: Form | None, target: Path) -> Form:
    """Choose: what was asked for, else what the output's suffix says.

    Raises:
        WrongUse: the suffix says nothing.
    """
    found = given or _SUFFIXES.get(target.suffix.lower())
    if found is None:
        raise WrongUse(f"看不出 {target.name} 是什么格式；请用 .jsonl、.csv、.xlsx、.parquet 或加 --format")
    return found


def check_cluster(address: str) -> None:
    """Refuse what is no address of a Ray cluster.

    Raises:
        WrongUse: it is none.
    """
    if ADDRESS.fullmatch(address) is None:
        raise WrongUse(
            "--ray 后面要写集群的地址（主机:端口，或 auto），在集群的一台机器上运行；不写地址则用本机的核心"
        )
