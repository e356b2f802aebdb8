"""Server: uvicorn with our signals. SIGTERM and Ctrl-C drain, a second one ends at once, SIGHUP reloads."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Coroutine, Iterator
from functools import partial
from typing import Any

import uvicorn

from serving.app import create_app
from serving.connection import HEAD_S, Connection, Lobby, allow_files, most_connections
from serving.early import Early
from serving.log import event, quiet_errors
from serving.service import Service

KEEP_ALIVE_S = 30
LAST_WORDS_S = 0.5
"""For whoever connected just before the port closed, to ask and be answered 503."""
LAST_ANSWERS_S = 5
"""For answers that are on their way when the drain has ended or was given up."""


class Server(uvicorn.Server):
    """Serves one Service until it is told to end."""

    def __init__(self, service: Service, early: Early | None = None) -> None:
        """Set up; `serve_for_ever` serves.

        Args:
            early: signals that came before.
        """
        self._service, self._early = service, early
        self._tasks: set[asyncio.Task[None]] = set()
        super().__init__(_config(service))

    def serve_for_ever(self) -> None:
        """Serve until a signal ends it and every accepted request has its answer."""
        asyncio.run(self._serve_here())

    async def _serve_here(self) -> None:
        asyncio.get_running_loop().set_exception_handler(quiet_errors)
        await self.serve()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals; uvicorn's own would close the port before the work is done."""
        loop = asyncio.get_running_loop()
        taken = [signal.SIGTERM, signal.SIGINT]
        for number in taken:
            loop.add_signal_handler(number, self._end)
        if hasattr(signal, "SIGHUP"):
            loop.add_signal_handler(signal.SIGHUP, lambda: self._spawn(self._reload()))
            taken.append(signal.SIGHUP)
        try:
            yield
        finally:
            for number in taken:
                loop.remove_signal_handler(number)
            if self._early is not None and signal.SIGHUP in taken:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)  # else it would kill what is about to end well

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say where: the port may have been chosen by the system."""
        if self.config.is_ssl:
            # A handshake may take a minute by default, for which uvicorn has no setting.
            loop = asyncio.get_running_loop()
            create = partial(loop.create_server, ssl_handshake_timeout=HEAD_S)
            loop.create_server = create  # type: ignore[method-assign]
        await super().startup(sockets)
        for server in self.servers:
            for listener in server.sockets:
                host, port = listener.getsockname()[:2]
                event("listening", host=host, port=port, tls=bool(self.config.ssl_certfile))
        if self._early is not None and self._early.reload:
            self._spawn(self._reload())

    async def on_tick(self, counter: int) -> bool:
        """Whether to end; a broken service ends too, so that whoever watches over it starts another."""
        return await super().on_tick(counter) or self._service.broken

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the port, hear out who is connected, end the connections.

        uvicorn ends them in the same moment, and so drops a request that is on its way over a new one.
        """
        for server in self.servers:
            server.close()
        if not self.force_exit:
            await asyncio.sleep(LAST_WORDS_S)
        await super().shutdown(sockets)

    def _end(self) -> None:
        if self._service.status == "draining":
            self.force_exit = self.should_exit = True
            return
        self._spawn(self._drain())

    async def _drain(self) -> None:
        await self._service.drain()
        self.should_exit = True

    async def _reload(self) -> None:
        # Its failure is logged where it happens; the old model goes on.
        with contextlib.suppress(Exception):
            await self._service.reload()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class CannotListen(Exception):
    """The address or port cannot be had; the reason stands in the log."""


class ReadingEnded(Exception):
    """A fault of the program ended the reading; where, stands in the log."""


def serve(service: Service, early: Early | None = None) -> None:
    """Serve until ended.

    Args:
        early: signals that came while the service was loaded.

    Raises:
        CannotListen: the address is not this machine's, or the port is taken.
        ReadingEnded: nothing was read any more.
    """
    try:
        Server(service, early).serve_for_ever()
    except SystemExit:  # uvicorn's way to say so
        raise CannotListen from None
    event("ended")
    if service.broken:
        raise ReadingEnded


def _config(service: Service) -> uvicorn.Config:
    settings = service.settings
    allow_files()
    lobby = Lobby(most_connections(), service.metrics.connection_ended)
    return uvicorn.Config(
        create_app(service), host=settings.host, port=settings.port, log_config=None, access_log=False,
        server_header=False, date_header=True, lifespan="on", workers=1,
        timeout_keep_alive=KEEP_ALIVE_S, timeout_graceful_shutdown=LAST_ANSWERS_S,
        http=Connection.of(lobby), ws="none",
        ssl_certfile=settings.tls_cert and str(settings.tls_cert),
        ssl_keyfile=settings.tls_key and str(settings.tls_key),
        proxy_headers=False,
    )  # fmt: skip
