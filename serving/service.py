"""Service: one model for many callers. Loads it, swaps it, ends when what was accepted is answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data.report import Report
from model.export import DEFAULT, GOLDEN
from model.golden import replay_golden
from model.tagger import EvidenceFor, Tagger
from serving.access import Access
from serving.answer import Answer
from serving.batcher import Batcher, check_budget
from serving.exports import load_tagger
from serving.follow import follow
from serving.keys import KeyRing
from serving.log import event
from serving.metrics import Metrics
from serving.settings import BadSettings, ServeSettings

Status = Literal["starting", "ready", "draining"]


@dataclass(frozen=True)
class Loaded:
    """A Tagger that has replayed its golden reports here, which also warms it up."""

    tagger: Tagger
    golden: int
    worst: float


def load_checked(settings: ServeSettings) -> Loaded:
    """Load the Export of the settings and replay its golden reports.

    Raises:
        BrokenExport, GoldenMismatch: it cannot be used here.
        BadSettings: its window is larger than a batch.
    """
    # Resolved, so that a link which moves meanwhile does not mix two Exports.
    folder = Path(settings.model or DEFAULT).resolve()
    tagger = load_tagger(folder, settings.threads, settings.max_tokens)
    try:
        check_budget(tagger, settings.batch_tokens)
    except ValueError as error:
        raise BadSettings(f"batch_tokens: {error}") from None
    golden, worst = replay_golden(folder / GOLDEN, tagger)
    tagger.tag([Report("", "")], "all")
    return Loaded(tagger, golden, worst)


class Service:
    """Everything that the routes of serving/app.py ask for."""

    def __init__(self, settings: ServeSettings, loaded: Loaded) -> None:
        """Wire the parts together; `start` begins the work.

        Raises:
            BadKeys: the file of keys cannot be used.
        """
        self.settings = settings
        self.metrics = Metrics()
        self.access = Access(load_keys(settings), settings.rate)
        self.status: Status = "starting"
        self.batcher = Batcher(
            loaded.tagger,
            settings.batch_tokens,
            settings.batch_wait_ms / 1000,
            settings.queue_tokens,
            settings.deadline_s,
            self.metrics,
        )
        self.metrics.model(loaded.tagger.export.model)
        self.metrics.queue_limit.set(settings.queue_tokens)
        self.metrics.queue.set_function(lambda: self.batcher.pending)
        self._reloading = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None

    @property
    def tagger(self) -> Tagger:
        """The Tagger that answers new requests."""
        return self.batcher.tagger

    def start(self) -> None:
        """Take work."""
        self.batcher.start()
        if self.settings.model is not None and self.settings.follow_s:
            self._following = asyncio.get_running_loop().create_task(follow(self))
        self.status = "ready"
        event("ready", model=self.tagger.export.model, threads=self.tagger.engine.threads)

    async def tag(self, reports: Sequence[Report], evidence: EvidenceFor) -> Answer:
        """Tag, and count.

        Raises:
            As Batcher.tag.
        """
        answer = await self.batcher.tag(reports, evidence)
        self.metrics.answer(answer)
        return answer

    async def reload(self) -> tuple[Loaded, str]:
        """Load keys and Export anew beside the old ones, check them, switch; give also the old model's name.

        Raises:
            BrokenExport, GoldenMismatch, BadKeys, BadSettings: the old ones stay.
        """
        async with self._reloading:
            before = self.tagger.export.model
            try:
                keys = load_keys(self.settings)
                loaded = await asyncio.to_thread(load_checked, self.settings)
                self.batcher.swap(loaded.tagger)
            except Exception as error:
                self.metrics.reload("refused")
                event("reload_refused", logging.ERROR, error, model=before)
                raise
            self.access.keys = keys
            self.metrics.reload("switched")
            self.metrics.model(loaded.tagger.export.model)
            event("reloaded", model=loaded.tagger.export.model, before=before, golden=loaded.golden)
            return loaded, before

    async def drain(self) -> None:
        """Refuse new work with 503 and answer what was accepted, for as long as the settings allow."""
        self.status = "draining"
        event("draining", tokens=self.batcher.pending)
        self.batcher.draining = True
        await asyncio.sleep(self.settings.drain_wait_s)
        try:
            async with asyncio.timeout(self.settings.drain_limit_s):
                await self.batcher.drain()
        except TimeoutError:
            event("drain_given_up", logging.WARNING, tokens=self.batcher.pending)

    async def stop(self) -> None:
        """End the threads."""
        self.status = "draining"
        if self._following is not None:
            self._following.cancel()
        await self.batcher.stop()


def load_keys(settings: ServeSettings) -> KeyRing | None:
    """The keys of the settings, or None where none are demanded.

    Raises:
        BadKeys: the file cannot be used.
    """
    return KeyRing.load(settings.keys) if settings.keys else None
