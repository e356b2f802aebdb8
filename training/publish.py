"""Publish: an Export into the folder that a service follows. `current` is a link, moved in one step.

    models/3/  models/4/  models/current -> 4

A service with `--model models/current` goes over to the new one by itself; it needs no registry for that.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from model.export import GOLDEN, BrokenExport, Export
from model.golden import replay_golden
from model.tagger import Tagger
from training.registry import Registry, Version

CURRENT = "current"
KEPT = 5
"""Versions that stay in the folder, the linked one among them."""


def publish(registry: Registry, version: Version, into: Path) -> Export:
    """Fetch a version where it is not there yet, check it on this machine, and move the link.

    Raises:
        RegistryAway: MLflow cannot be reached; the link stays.
        BrokenExport, GoldenMismatch: it cannot be used here; the link stays.
    """
    into.mkdir(parents=True, exist_ok=True)
    folder = into / str(version.number)
    if folder.is_dir() and not _whole(folder):
        shutil.rmtree(folder)
    if not folder.is_dir():
        registry.fetch(version.number, folder)
    try:
        tagger = Tagger.load(folder)
        replay_golden(folder / GOLDEN, tagger)
    except Exception:
        shutil.rmtree(folder)
        raise
    move_link(into / CURRENT, folder)
    _prune(into)
    return tagger.export


def move_link(link: Path, folder: Path) -> None:
    """Let the link point to a folder beside it; whoever looks sees the old one or the new one.

    Raises:
        FileExistsError: something that is no link stands there.
    """
    if link.exists() and not link.is_symlink():
        raise FileExistsError(17, "no link", str(link))
    new = link.with_name(f".{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(folder.name)
    os.replace(new, link)


def _whole(folder: Path) -> bool:
    try:
        Export.load(folder)
    except BrokenExport:
        return False
    return True


def _prune(into: Path) -> None:
    """Remove all but the newest versions; the linked one stays."""
    linked = (into / CURRENT).resolve()
    numbers = sorted((int(path.name) for path in into.iterdir() if path.name.isdigit()), reverse=True)
    for number in numbers[KEPT:]:
        if (into / str(number)).resolve() != linked:
            shutil.rmtree(into / str(number))
