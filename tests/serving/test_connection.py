"""Connections end where their client keeps them waiting, and the service answers others whatever they do."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from model.export import Export
from serving import connection
from serving.connection import MOST_CONNECTIONS, PATIENCE, most_connections
from serving.pages.problem_page import ADVICE
from serving.server import Server
from serving.service import Service
from tests.serving.conftest import SCHOOL
from tests.serving.service import new_service, running
from tests.serving.test_app import problem
from tests.serving.test_batcher import Gate
from tests.serving.test_server import pair

HEAD = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
LARGE = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
REFUSED = (
    b"POST /v1/tag HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\n"
)
BODY = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\nOrigin: http://localhost\r\n\r\n"


@dataclass
class At:
    """A server at work, and connections to it."""

    service: Service
    port: int
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def connect(self, sent: bytes = b"", **options: Any) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("localhost", self.port, **options)
        self.writers.append(writer)
        writer.write(sent)
        return reader

    async def status(self, path: str = "/livez") -> int:
        async with httpx.AsyncClient(base_url=f"http://localhost:{self.port}") as client:
            return (await client.get(path, timeout=5)).status_code

    def ended(self, reason: str) -> float:
        text = self.service.metrics.text().decode()
        return sum(
            float(line.rpartition(" ")[2])
            for line in text.splitlines()
            if line.startswith(f'petition_connections_ended_total{{reason="{reason}"}}')
        )


@asynccontextmanager
async def serving(export: Export, **settings: object) -> AsyncIterator[At]:
    server = Server(new_service(export, port=0, **settings))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    at = At(server._service, server.servers[0].sockets[0].getsockname()[1])
    try:
        yield at
    finally:
        for writer in at.writers:
            writer.close()
        server.should_exit = True
        await serving


def go(export: Export, ask: Callable[[At], Awaitable[None]], **settings: object) -> None:
    async def work() -> None:
        async with serving(export, **settings) as at:
            await asyncio.wait_for(ask(at), 60)

    asyncio.run(work())


async def end(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the other side ends it."""
    found = b""
    try:
        while some := await asyncio.wait_for(reader.read(65_536), 10):
            found += some
    except ConnectionResetError:
        pass
    return found


@pytest.mark.parametrize(
    ("sent", "more"), [(b"", b""), (b"GET /livez HTTP/1.1\r\nHost: loc", b"x"), (b"\r\n", b"\r\n")]
)
def test_a_head_that_does_not_come_ends_its_connection(
    export: Export, monkeypatch: pytest.MonkeyPatch, sent: bytes, more: bytes
) -> None:
    monkeypatch.setitem(PATIENCE, "head", 0.4)

    async def ask(at: At) -> None:
        began = time.monotonic()
        readers = [await at.connect(sent) for _ in range(5)]

        async def trickle() -> None:
            while True:
                for writer in at.writers[:2]:
                    if not writer.is_closing():
                        writer.write(more)
                await asyncio.sleep(0.05)

        trickling = asyncio.create_task(trickle())
        assert [await end(reader) for reader in readers] == [b""] * 5
        trickling.cancel()
        assert 0.3 < time.monotonic() - began < 5
        assert at.ended("slow") == 5 and await at.status() == 200

    go(export, ask)


@pytest.mark.parametrize(("first", "status"), [(HEAD, b"200"), (REFUSED, b"415")])
def test_what_comes_after_an_answer_and_does_not_end_ends_its_connection(
    export: Export, monkeypatch: pytest.MonkeyPatch, first: bytes, status: bytes
) -> None:
    monkeypatch.setitem(PATIENCE, "next", 0.6)

    async def ask(at: At) -> None:
        reader = await at.connect(first)
        assert (await reader.readuntil(b"\r\n")).split()[1] == status
        at.writers[0].write(b"GET /li")  # or as well a piece of the body that was not asked for
        await end(reader)
        assert at.ended("slow") == 1

    go(export, ask)


def test_requests_that_come_whole_go_on_for_as_long_as_they_like(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PATIENCE, "head", 0.3)
    monkeypatch.setitem(PATIENCE, "next", 0.3)

    async def ask(at: At) -> None:
        read, at.service.tagger.read = at.service.tagger.read, lambda jobs: (time.sleep(0.8), read(jobs))[1]  # type: ignore[method-assign,assignment]
        async with httpx.AsyncClient(base_url=f"http://localhost:{at.port}") as client:
            for _ in range(5):
                assert (await client.get("/livez")).status_code == 200
                await asyncio.sleep(0.1)
            assert (await client.post("/v1/tag", json={"text": SCHOOL})).status_code == 200
        assert at.ended("slow") == 0

    go(export, ask)


def test_an_answer_that_nobody_takes_ends_its_connection_and_one_taken_slowly_does_not(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PATIENCE, "take", 0.5)
    monkeypatch.setitem(PATIENCE, "next", 0.5)

    async def ask(at: At) -> None:
        lazy = socket.create_connection(("localhost", at.port))
        lazy.sendall(20 * LARGE)
        slow = await at.connect(LARGE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), limit=4096)
        taken = 0
        while some := await slow.read(40_000):
            taken += len(some)
            await asyncio.sleep(0.03)
        async with httpx.AsyncClient(base_url=f"http://localhost:{at.port}") as client:
            whole = await client.get("/docs/swagger-ui-bundle.js")
        assert taken > int(whole.headers["content-length"]) > 1_000_000
        while not at.ended("slow"):
            await asyncio.sleep(0.05)
        lazy.close()
        assert at.ended("slow") == 1

    go(export, ask)


@pytest.mark.parametrize("sent", [b"", HEAD[:-2], HEAD, BODY])
def test_those_that_wait_longest_give_their_place_to_whoever_comes(
    export: Export, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 20)

    async def ask(at: At) -> None:
        readers = [await at.connect(sent) for _ in range(30)]
        for _ in range(10):
            assert await at.status() == 200
            assert await at.status("/v1/model") == 200
        for reader in readers[:10]:
            await end(reader)
        assert at.ended("crowded") >= 10

    go(export, ask)


def test_what_is_being_tagged_gives_its_place_to_nobody(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 5)

    async def ask(at: At) -> None:
        read, at.service.tagger.read = at.service.tagger.read, lambda jobs: (time.sleep(1), read(jobs))[1]  # type: ignore[method-assign,assignment]
        async with httpx.AsyncClient(base_url=f"http://localhost:{at.port}") as client:
            tagging = asyncio.create_task(client.post("/v1/tag", json={"text": SCHOOL}))
            await asyncio.sleep(0.3)
            for _ in range(20):
                await at.connect(b"")
            assert await at.status() == 200
            assert (await tagging).status_code == 200

    go(export, ask)


def test_more_requests_at_once_than_may_be_are_a_problem_and_probes_none(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.envelope.most_connections", lambda: 1)

    async def ask() -> None:
        async with running(export) as at:
            gate = Gate(at.service.tagger)
            first = asyncio.create_task(at.client.post("/v1/tag", json={"text": SCHOOL}))
            await asyncio.to_thread(gate.entered.wait, 5)
            refused = await at.client.post("/v1/tag", json={"text": SCHOOL})
            problem(refused, "crowded")
            assert refused.headers["retry-after"] and refused.headers["x-request-id"]
            assert refused.headers["x-content-type-options"] == "nosniff"
            page = await at.client.get("/")
            assert page.status_code == 503 and ADVICE["crowded"] in page.text
            assert [(await at.client.get(path)).status_code for path in ("/livez", "/readyz")] == [200, 200]
            gate.open.set()
            assert (await first).status_code == 200
            assert (await at.client.get("/")).status_code == 200

    asyncio.run(ask())


def test_a_handshake_that_does_not_come_ends_its_connection(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = pair(tmp_path, "a")
    monkeypatch.setattr("serving.server.HEAD_S", 0.3)

    async def ask(at: At) -> None:
        assert await end(await at.connect(b"")) == b""

    go(export, ask, tls_cert=certificate, tls_key=key)


@pytest.mark.parametrize(
    ("soft", "most"),
    [(1_000_000, MOST_CONNECTIONS), (-1, MOST_CONNECTIONS), (1024, 768), (100, 50)],
)
def test_there_are_no_more_connections_than_files_may_be_open(
    monkeypatch: pytest.MonkeyPatch, soft: int, most: int
) -> None:
    fake = SimpleNamespace(RLIMIT_NOFILE=7, RLIM_INFINITY=-1, getrlimit=lambda _: (soft, soft))
    monkeypatch.setitem(__import__("sys").modules, "resource", fake)

    assert most_connections() == most


def test_the_service_lets_itself_open_the_files_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []
    for soft, hard in ((1024, 524_288), (1024, 2000), (1024, -1), (20_000, 20_000), (-1, -1)):
        fake = SimpleNamespace(
            RLIMIT_NOFILE=7, RLIM_INFINITY=-1, getrlimit=lambda _, now=(soft, hard): now,
            setrlimit=lambda _, limits: given.append(limits),
        )  # fmt: skip
        monkeypatch.setitem(__import__("sys").modules, "resource", fake)
        connection.allow_files()

    assert given == [(4096, 524_288), (2000, 2000), (4096, -1)]
