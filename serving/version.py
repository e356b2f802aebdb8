"""Version: of the installed package."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def package_version() -> str:
    """The installed version."""
    try:
        return version("petition-tagger")
    except PackageNotFoundError:
        return "未安装（直接从源码运行）"
