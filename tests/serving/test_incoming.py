"""A refusal is read by clients that send all they have before they listen; and nobody is heard for ever."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from starlette.types import Message

from model.export import Export
from serving.incoming import Incoming
from serving.keys import Role, new_key
from tests.serving.conftest import SCHOOL
from tests.serving.service import listening

LARGE = json.dumps({"text": "字" * 2_000_000}).encode()


def refused(address: str, body: bytes, **headers: str) -> dict[str, object]:
    """The problem that a client gets which writes its whole body and only then reads."""
    request = Request(address, body, {"content-type": "application/json", **headers})
    with pytest.raises(HTTPError) as error:
        urlopen(request, timeout=30)
    found: dict[str, object] = json.loads(error.value.read())
    error.value.close()
    return found


def test_a_body_that_is_too_large_is_answered_and_not_cut_off(export: Export) -> None:
    with listening(export, max_body_bytes=10_000) as address:
        for path in ("v1/tag", "invocations"):
            assert refused(address + path, LARGE)["code"] == "too_large"
        assert refused(f"{address}v1/tag", LARGE, **{"content-type": "text/plain"})["code"] == "wrong_type"
        with urlopen(Request(f"{address}v1/tag", json.dumps({"text": SCHOOL}).encode(),
                             {"content-type": "application/json"})) as answer:  # fmt: skip
            assert answer.status == 200


def test_a_body_under_a_wrong_key_is_answered_and_not_cut_off(export: Export, tmp_path: Path) -> None:
    new_key(tmp_path / "keys.json", "hotline", Role.tag)
    with listening(export, keys=tmp_path / "keys.json") as address:
        assert refused(f"{address}v1/tag", LARGE, **{"x-api-key": "wrong"})["code"] == "no_key"


def test_who_never_ends_is_heard_for_a_while_and_answered_at_once(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.incoming.READ_OFF_S", 2)
    with listening(export, max_body_bytes=10_000) as address:
        port = urlsplit(address).port or 0
        with socket.create_connection(("localhost", port), timeout=20) as sender:
            began = time.monotonic()
            head = "POST /v1/tag HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            sender.sendall(f"{head}Content-Length: 99999999\r\n\r\n".encode())
            answer = sender.recv(4096)
            while not answer.endswith(b"}"):
                answer += sender.recv(4096)
            answered = time.monotonic() - began
            assert answer.startswith(b"HTTP/1.1 413 ") and sender.recv(1) == b""
            assert answered < 1.9 < time.monotonic() - began < 20


def test_no_more_than_a_limit_is_read_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.incoming.READ_OFF_BYTES", 10_000)
    parts = 0

    async def receive() -> Message:
        nonlocal parts
        parts += 1
        return {"type": "http.request", "body": bytes(1000), "more_body": True}

    incoming = Incoming(receive)
    asyncio.run(incoming.read_off())
    assert parts == 10 and not incoming.ended


@pytest.mark.parametrize(
    "last",
    [{"type": "http.disconnect"}, {"type": "http.request", "body": b"", "more_body": False},
     {"type": "http.request"}],
)  # fmt: skip
def test_nothing_is_waited_for_when_all_has_come(last: Message) -> None:
    came = [last]

    async def ask() -> None:
        async def receive() -> Message:
            return came.pop()

        incoming = Incoming(receive)
        await incoming.read_off()
        await incoming.read_off()
        assert incoming.ended

    asyncio.run(ask())
