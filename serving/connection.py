"""Connection: uvicorn's, which ends where its client keeps it waiting, and where others need its place.

uvicorn knows one time limit, for a client that is silent after an answer. A client that never ends its head,
or never takes its answer, would hold its place for ever; and a few thousand of them all places.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_CONNECTIONS = 2048
"""At once, where so many files may be open. Few enough that what each may send before it is refused fits into
memory, and more than a full queue of average reports takes, so that its 429 comes first."""
OTHER_FILES = 256  # that the rest of the process may have open
HEAD_S = 10.0
"""For the head of the first request to arrive whole; with TLS, for the handshake before it too."""
NEXT_S = 40.0  # for that of another, after an answer; one that sends nothing at all, uvicorn ends sooner
TAKE_S = 60.0  # for a client to take some more of its answer
PATIENCE = {"head": HEAD_S, "next": NEXT_S, "take": TAKE_S}
"""Seconds; that of a body is the envelope's to keep."""


class Lobby:
    """The connections of one server; it knows which of them has waited longest for its client."""

    def __init__(self, most: int, ended: Callable[[str], None] = lambda reason: None) -> None:
        """Nobody is there.

        Args:
            most: beyond, a connection that waits for its client gives its place to the next one.
            ended: told why one was ended: "slow" or "crowded".
        """
        self.most, self.ended = most, ended
        self._open: set[Connection] = set()
        self._waiting: dict[Connection, None] = {}

    def enter(self, connection: Connection) -> None:
        """Count one more; where there are too many, end the one that has waited longest."""
        self._open.add(connection)
        if len(self._open) > self.most and self._waiting:
            oldest = next(iter(self._waiting))
            self.leave(oldest)
            oldest.end("crowded")

    def leave(self, connection: Connection) -> None:
        """Count one no more."""
        self._open.discard(connection)
        self._waiting.pop(connection, None)

    def wait(self, connection: Connection, waits: bool) -> None:
        """Keep that one waits for its client from now on, or does not."""
        self._waiting.pop(connection, None)
        if waits and connection in self._open:
            self._waiting[connection] = None


class Connection(HttpToolsProtocol):
    """One connection; `of` makes the class for one server."""

    lobby: ClassVar[Lobby]

    @classmethod
    def of(cls, lobby: Lobby) -> type[Connection]:
        """The class of connections that are counted in a lobby."""
        return type("CountedConnection", (cls,), {"lobby": lobby})

    _waits = ""
    _left = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        self.lobby.enter(self)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self.lobby.leave(self)
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what the client sends."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """Wait until the client has taken something."""
        super().pause_writing()
        self._look()

    def resume_writing(self) -> None:
        """It has."""
        super().resume_writing()
        self._look()

    def end(self, reason: str) -> None:
        """End it now, whatever has not been sent."""
        self._stop()
        self.lobby.ended(reason)
        self.transport.abort()

    def _look(self) -> None:
        """Begin to count where it has begun to wait for something else."""
        waits = self._awaited()
        if waits == self._waits:
            return
        self._waits = waits
        self._stop()
        self.lobby.wait(self, bool(waits))
        if waits in PATIENCE:
            self._left = self.transport.get_write_buffer_size()
            self._timer = self.loop.call_later(PATIENCE[waits], self._late)

    def _awaited(self) -> str:
        """What its client is to do: send a "head", the "next" one, a "body", or "take" its answer."""
        if self.cycle is None:
            return "head"
        if self.cycle.response_complete:
            return "next"
        if self.flow.write_paused:
            return "take"
        return "body" if self.cycle.more_body else ""

    def _late(self) -> None:
        left = self.transport.get_write_buffer_size()
        if 0 < left < self._left:  # an answer that is taken, if slowly
            self._left = left
            self._timer = self.loop.call_later(PATIENCE["take"], self._late)
        else:
            self.end("slow")

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def most_connections() -> int:
    """How many there may be at once: as many as files may be open, less those of the rest."""
    try:
        import resource
    except ImportError:  # no POSIX
        return MOST_CONNECTIONS
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return min(MOST_CONNECTIONS, files - min(OTHER_FILES, files // 2))


def allow_files() -> None:
    """Let this process open as many files as its connections may need, where the system lets it."""
    try:
        import resource
    except ImportError:
        return
    wanted = 2 * MOST_CONNECTIONS  # those that have ended, or are in their TLS handshake, are files too
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    if files != resource.RLIM_INFINITY and files < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
