"""A Service on the tiny Export, and a client that speaks HTTP to its app without a network."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import httpx
import uvicorn

from model.export import Export
from serving.app import create_app
from serving.loaded import load_checked
from serving.service import Service
from serving.settings import ServeSettings

SMALL = {"batch_tokens": 96, "queue_tokens": 20_000, "threads": 1}


def new_service(export: Export, **settings: object) -> Service:
    chosen = ServeSettings(**{**SMALL, "model": export.folder, **settings})  # type: ignore[arg-type]
    return Service(chosen, load_checked(chosen))


@dataclass
class Running:
    """A service at work, and a client."""

    service: Service
    client: httpx.AsyncClient


@asynccontextmanager
async def running(export: Export, host: str = "localhost", **settings: object) -> AsyncIterator[Running]:
    service = new_service(export, **settings)
    app = create_app(service)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client,
    ):
        yield Running(service, client)


@contextmanager
def listening(export: Export, **settings: object) -> Iterator[str]:
    """A service on a port of this machine; gives its address."""
    app = create_app(new_service(export, **settings))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the service does not start"
            time.sleep(0.01)
        yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join(20)


class Lines(logging.Handler):
    """Keeps every record of the log with all it carries, to be searched for words that must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.fields: list[dict[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        fields = getattr(record, "fields", {})
        self.fields.append({"event": record.getMessage(), **fields})
        self.text += f"{record.getMessage()} {fields} {record.exc_info}\n"
