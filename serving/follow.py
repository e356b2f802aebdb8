"""Follow: a service goes over to the Export that its link points to, whoever moved the link.

It needs no registry: where none can be reached the link stays, and the service with it.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Protocol

from model.tagger import Tagger
from serving.settings import ServeSettings


class Followed(Protocol):
    """What is looked at, and told to load anew: a Service."""

    settings: ServeSettings

    @property
    def tagger(self) -> Tagger:
        """The Tagger that answers new requests."""

    async def reload(self) -> object:
        """Load the settings' Export; on failure the old one stays."""


async def follow(service: Followed) -> None:
    """Look from time to time where the link points; load what is new there, once.

    An Export that was refused is tried again when the link moves, or when somebody asks for a reload.
    """
    link = Path(service.settings.model or "")
    refused: Path | None = None
    while True:
        await asyncio.sleep(service.settings.follow_s)
        target = link.resolve()
        if target in (service.tagger.export.folder, refused):
            continue
        refused = target
        with contextlib.suppress(Exception):  # logged and counted where it happens
            await service.reload()
            refused = None
