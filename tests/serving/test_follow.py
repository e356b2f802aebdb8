"""A service goes over to the Export that its link points to, and keeps the old where that is unusable."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from model.export import Export
from tests.serving.service import Running, running
from tests.serving.test_service import spoil_golden, tagged_by, version


def point(link: Path, folder: Path) -> None:
    new = link.with_name("new")
    new.symlink_to(folder)
    os.replace(new, link)


async def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, "it never came"
        await asyncio.sleep(0.02)


def reloads(at: Running, outcome: str) -> bool:
    return f'petition_reloads_total{{outcome="{outcome}"}} 1.0' in at.service.metrics.text().decode()


def test_a_link_that_moves_is_followed(export: Export, tmp_path: Path) -> None:
    two, current = version(export, "2", tmp_path / "two"), tmp_path / "current"
    current.symlink_to(export.folder)

    async def ask() -> None:
        async with running(export, model=current, follow_s=0.02) as at:
            assert await tagged_by(at) == "tiny@1"
            point(current, two)
            await until(lambda: at.service.tagger.export.version == "2")
            assert await tagged_by(at) == "tiny@2"

    asyncio.run(ask())


def test_what_cannot_be_used_is_refused_once_and_the_next_is_taken(export: Export, tmp_path: Path) -> None:
    bad, three = version(export, "2", tmp_path / "bad"), version(export, "3", tmp_path / "three")
    spoil_golden(bad)
    current = tmp_path / "current"
    current.symlink_to(export.folder)

    async def ask() -> None:
        async with running(export, model=current, follow_s=0.02) as at:
            point(current, bad)
            await until(lambda: reloads(at, "refused"))
            await asyncio.sleep(0.3)
            assert reloads(at, "refused") and await tagged_by(at) == "tiny@1"
            point(current, tmp_path / "gone")
            point(current, three)
            await until(lambda: at.service.tagger.export.version == "3")

    asyncio.run(ask())


def test_nothing_is_looked_at_where_the_setting_is_zero(export: Export, tmp_path: Path) -> None:
    two, current = version(export, "2", tmp_path / "two"), tmp_path / "current"
    current.symlink_to(export.folder)

    async def ask() -> None:
        async with running(export, model=current, follow_s=0) as at:
            point(current, two)
            await asyncio.sleep(0.2)
            assert await tagged_by(at) == "tiny@1"

    asyncio.run(ask())
