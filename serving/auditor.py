"""Auditor: the audit log of a service. Lines of requests that end together share one write and one flush."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from data.audit import Action, AuditLog, BadAudit, Deed
from serving.log import event
from serving.refusal import Refusal

LOCAL = "local"
"""Who asks where no keys are demanded."""


class Unrecorded(Refusal):
    """The audit log could not be written, so the answer is withheld: no tag is given without its line."""


class Auditor:
    """Writes on an event loop; without a log it writes nothing."""

    def __init__(self, path: Path | None) -> None:
        """Open the log.

        Raises:
            OSError, BadAudit: it cannot be written.
        """
        self._log = AuditLog(path) if path is not None else None
        self._waiting: list[tuple[Deed, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self.failures = 0

    def record_now(self, action: Action, who: str, count: int = 0, **facts: str | int) -> None:
        """Write one line and wait for the disk; for the start and the end, when nobody else waits.

        Raises:
            OSError, BadAudit: it cannot be written.
        """
        if self._log is not None:
            self._log.append([Deed(action, who, count, facts)])

    async def record(self, action: Action, who: str, count: int, facts: Mapping[str, str | int]) -> None:
        """Write one line, and return when the disk has it.

        Raises:
            Unrecorded: it cannot be written.
        """
        if self._log is None:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((Deed(action, who, count, facts), done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(self._log))
        await done

    def record_here(self, action: Action, who: str, count: int, facts: Mapping[str, str | int]) -> None:
        """Write one line on this thread, which may wait for the disk, not on the event loop's.

        Raises:
            Unrecorded: it cannot be written.
        """
        try:
            self.record_now(action, who, count, **facts)
        except (OSError, BadAudit) as cause:
            raise self._failed(cause) from None

    async def _write(self, log: AuditLog) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            error: Unrecorded | None = None
            try:
                await asyncio.to_thread(log.append, [deed for deed, _ in batch])
            except (OSError, BadAudit) as cause:
                error = self._failed(cause)
            for _, done in batch:
                if done.done():  # the caller has gone
                    continue
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(error)

    def _failed(self, cause: OSError | BadAudit) -> Unrecorded:
        self.failures += 1
        event("audit_failed", logging.ERROR, cause)
        return Unrecorded(type(cause).__name__)
