"""`petition serve` as a process: it starts, answers over a real socket, reloads, ends with its work done."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from model.export import Export
from serving.keys import KeyRing
from serving.server import LAST_ANSWERS_S, ReadingEnded, Server, serve
from tests.serving.conftest import PLANTED, SCHOOL, Petition
from tests.serving.service import new_service
from tests.serving.test_cli import command, environment

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


class Process:
    """A running `petition serve`, with its log as it comes."""

    def __init__(
        self, *arguments: object, wrapped: Sequence[str] = (), env: dict[str, str] | None = None
    ) -> None:
        """Start it with these arguments; or as the whole command of `wrapped`."""
        self.process = subprocess.Popen(
            wrapped or command("serve", "--port", 0, "--log-format", "json", "--threads", 1, *arguments),
            env=env or environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.log: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.url = f"http://127.0.0.1:{self.wait_for('listening')['port']}"

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(json.loads(line) if line.startswith("{") else {"event": "?", "line": line})

    def wait_for(self, event: str) -> dict[str, Any]:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            for line in self.log:
                if line["event"] == event:
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no {event} in {self.log}")

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(30)
        self._reader.join(10)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code


@pytest.fixture
def server(export: Export) -> Iterator[Process]:
    process = Process("--model", export.folder)
    yield process
    process.end(signal.SIGKILL)


def test_it_answers_reloads_and_ends_well(server: Process) -> None:
    found = httpx.post(f"{server.url}/v1/tag", json={"text": SCHOOL})
    assert found.json()["predictions"][0]["tags"]["domain"][0]["label"] == "education"
    assert "server" not in found.headers
    server.process.send_signal(signal.SIGHUP)
    assert server.wait_for("reloaded")["model"] == "tiny@1"
    assert httpx.get(f"{server.url}/readyz").status_code == 200
    assert server.end() == 0
    assert [line["event"] for line in server.log][-2:] == ["draining", "ended"]
    assert PLANTED not in str(server.log)
    assert [line for line in server.log if line["event"] == "?"] == []


def test_what_a_library_says_of_a_body_is_not_written(server: Process) -> None:
    kind = {"content-type": "multipart/form-data; boundary=x"}
    assert httpx.post(f"{server.url}/", content=f"--{PLANTED}", headers=kind).status_code == 400

    assert server.end() == 0
    assert [line for line in server.log if line["event"] == "?"] == []


def test_a_signal_under_load_leaves_no_accepted_request_without_its_answer(export: Export) -> None:
    server = Process("--model", export.folder, "--set", "drain_wait_s=0.5")
    statuses: list[int] = []

    def ask_on() -> None:
        with httpx.Client(timeout=20) as client:
            while True:
                try:
                    response = client.post(f"{server.url}/v1/tag", json={"text": SCHOOL * 40})
                except httpx.TransportError:
                    return  # not accepted: the port is closed
                statuses.append(response.status_code)

    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(ask_on) for _ in range(8)]
        time.sleep(1)
        assert server.end() == 0
        for each in asking:
            each.result(20)
    assert set(statuses) == {200, 503} and statuses.count(200) > 8
    told = [line["status"] for line in server.log if line["event"] == "request"]
    assert sorted(told) == sorted(statuses)


def test_who_connected_before_the_port_closed_is_still_answered(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.server.LAST_WORDS_S", 2)
    server = Server(new_service(export, port=0))

    async def ask() -> bytes:
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        (listener,) = server.servers[0].sockets
        port = listener.getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        os.kill(os.getpid(), signal.SIGTERM)
        while server.servers[0].is_serving():
            await asyncio.sleep(0.01)
        writer.write(b"GET /v1/model HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = await reader.read()
        writer.close()
        with pytest.raises(ConnectionError):
            await asyncio.open_connection("127.0.0.1", port)
        await serving
        return answer

    answer = asyncio.run(ask())
    assert answer.startswith(b"HTTP/1.1 ") and b"connection: close" in answer.lower()


def test_what_the_drain_gave_up_is_not_waited_for_again(export: Export) -> None:
    server = Server(new_service(export, drain_limit_s=600))

    assert server.config.timeout_graceful_shutdown == LAST_ANSWERS_S


def test_a_service_that_reads_no_more_ends_with_a_fault(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(queue: object, budget: int) -> None:
        raise RuntimeError(PLANTED)

    service = new_service(export, port=0)
    server = Server(service)
    monkeypatch.setattr("serving.fair_queue.FairQueue.take", fail)

    async def ask() -> int:
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        (listener,) = server.servers[0].sockets
        async with httpx.AsyncClient(base_url=f"http://localhost:{listener.getsockname()[1]}") as client:
            status = (await client.post("/v1/tag", json={"text": SCHOOL})).status_code
        await asyncio.wait_for(serving, 20)
        return status

    assert asyncio.run(ask()) == 500 and service.status == "draining"
    monkeypatch.setattr(Server, "serve_for_ever", lambda server: None)
    with pytest.raises(ReadingEnded):
        serve(service)


def test_a_broken_model_or_setting_ends_the_start_with_its_code(
    petition: Petition, export: Export, tmp_path: Path
) -> None:
    (export.folder / "model.onnx").write_bytes(b"")

    assert petition("serve", "--model", export.folder).code == 3
    assert petition("serve", "--model", tmp_path).code == 3
    ended = petition("serve", "--host", "0.0.0.0")
    assert ended.code == 2 and "设置不对" in ended.err
    assert petition("serve", "--set", "deadline_s").code == 2
    assert petition("serve", "--set", "deadline_s=0").code == 2
    (tmp_path / "keys.json").write_text("{}")
    assert petition("serve", "--keys", tmp_path / "keys.json").code in (3, 4)


def pair(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of localhost, signed by itself, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


def test_it_speaks_tls_by_two_flags_and_nothing_else_on_that_port(export: Export, tmp_path: Path) -> None:
    certificate, key = pair(tmp_path, "a")
    server = Process("--model", export.folder, "--tls-cert", certificate, "--tls-key", key)
    port = server.url.rpartition(":")[2]
    try:
        with httpx.Client(verify=ssl.create_default_context(cafile=certificate)) as client:
            found = client.post(f"https://localhost:{port}/v1/tag", json={"text": SCHOOL})
        assert found.status_code == 200 and "max-age" in found.headers["strict-transport-security"]
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://localhost:{port}/livez")
        assert server.end() == 0
    finally:
        server.end(signal.SIGKILL)


def test_a_certificate_without_its_key_ends_the_start(petition: Petition, tmp_path: Path) -> None:
    (certificate, _), (_, key) = pair(tmp_path, "a"), pair(tmp_path, "b")
    (tmp_path / "none.pem").write_text("none")

    for given in ((certificate, key), (tmp_path / "none.pem", key), (certificate, certificate)):
        ended = petition("serve", "--tls-cert", given[0], "--tls-key", given[1])
        assert ended.code == 2 and "与它配对的私钥" in ended.err


def test_a_port_that_is_taken_is_told(server: Process, petition: Petition, export: Export) -> None:
    port = server.url.rpartition(":")[2]
    ended = petition("serve", "--model", export.folder, "--port", port, "--threads", 1)

    assert ended.code == 2 and "端口可能已被占用" in ended.err


def test_keys_are_made_listed_and_removed(petition: Petition, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    made = petition("key", "new", "--name", "hotline", "--role", "review", "--keys", file)

    assert made.code == 0 and made.out.startswith("petition_") and made.out.count("\n") == 1
    assert petition("key", "list", "--keys", file).out.startswith("hotline\treview\t")
    assert petition("key", "new", "--name", "hotline", "--keys", file).code == 2
    assert petition("key", "new", "--name", "b", "--rate", "much", "--keys", file).code == 2
    assert petition("key", "remove", "hotline", "--keys", file).code == 0
    assert petition("key", "list", "--keys", file).out == ""
    assert petition("key").code == 2


def test_keys_go_to_the_file_that_the_service_is_told_of(
    petition: Petition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PETITION_KEYS", "office.json")
    assert petition("key", "new", "--name", "hotline").code == 0
    assert petition("key", "list").out.startswith("hotline\t")
    assert petition("key", "new", "--name", "other", "--keys", "other.json").code == 0
    assert [key.name for key in KeyRing.load(tmp_path / "office.json").keys] == ["hotline"]
    assert petition("key", "remove", "hotline").code == 0 and petition("key", "list").out == ""

    monkeypatch.setenv("PETITION_KEYS", "")
    assert petition("key", "new", "--name", "hotline").code == 0 and (tmp_path / "keys.json").is_file()
