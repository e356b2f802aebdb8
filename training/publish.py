"""Publish: an Export into the folder that a service follows. `current` is a link, moved in one step.

    models/3/  models/4/  models/current -> 4

A service with `--model models/current` goes over to the new one by itself; it needs no registry for that.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from model.export import GOLDEN, BrokenExport, Export
from model.golden import replay_golden
from model.tagger import Tagger
from training.registry import Registry, Version

CURRENT = "current"
KEPT = 5
"""Versions that stay in the folder, the linked one among them."""
NOT_SERVED = "服务用的还是原来的模型；要换上，请运行 petition models pull --into 服务跟随的文件夹。"
"""Said where the registry has another champion and no folder was named."""


def ready(registry: Registry, version: Version, into: Path) -> Export:
    """Have a version in the folder, whole and checked on this machine; the link stays where it is.

    What is fetched gets its name only when it has been checked, and takes the place of a damaged copy.

    Raises:
        RegistryAway: MLflow cannot be reached.
        BrokenExport, GoldenMismatch: it cannot be used here.
        FileExistsError: something that is no link stands in the link's place.
    """
    into.mkdir(parents=True, exist_ok=True)
    _refuse_folder(into / CURRENT)
    folder = into / str(version.number)
    export = _whole(folder)
    if export is not None:
        if not _linked(into, folder):  # what is linked was checked when it got the link
            _check(folder)
        return export
    with tempfile.TemporaryDirectory(dir=into, prefix=".fetch-") as scratch:
        new, old = Path(scratch) / "new", Path(scratch) / "old"
        registry.fetch(version.number, new)
        _check(new)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    return Export.load(folder)


def switch(into: Path, export: Export) -> None:
    """Let the link point to an Export that is ready, and remove all but the newest versions.

    Raises:
        FileExistsError: as `ready`.
    """
    if not _linked(into, export.folder):
        move_link(into / CURRENT, export.folder)
        _prune(into)


def move_link(link: Path, folder: Path) -> None:
    """Let the link point to a folder beside it; whoever looks sees the old one or the new one.

    Raises:
        FileExistsError: something that is no link stands there.
    """
    _refuse_folder(link)
    new = link.with_name(f".{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(folder.name)
    os.replace(new, link)


def _refuse_folder(link: Path) -> None:
    if link.exists() and not link.is_symlink():
        raise FileExistsError(17, "no link", str(link))


def _linked(into: Path, folder: Path) -> bool:
    return (into / CURRENT).resolve() == folder.resolve()


def _whole(folder: Path) -> Export | None:
    try:
        return Export.load(folder)
    except BrokenExport:
        return None


def _check(folder: Path) -> None:
    """Compute its golden reports here.

    Raises:
        BrokenExport, GoldenMismatch: it cannot be used on this machine.
    """
    replay_golden(folder / GOLDEN, Tagger.load(folder))


def _prune(into: Path) -> None:
    """Remove all but the newest versions; the linked one stays."""
    linked = (into / CURRENT).resolve()
    numbers = sorted((int(path.name) for path in into.iterdir() if path.name.isdigit()), reverse=True)
    for number in numbers[KEPT:]:
        if (into / str(number)).resolve() != linked:
            shutil.rmtree(into / str(number))
