"""Access: roles, rates, and that without keys only this machine is served."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from model.export import Export
from serving.access import OPEN
from serving.keys import Role, new_key
from tests.serving.conftest import SCHOOL
from tests.serving.service import Running, running
from tests.serving.test_app import JSON, problem

BODY = {"text": SCHOOL}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def test_without_a_key_only_the_probes_and_the_description_answer(export: Export, file: Path) -> None:
    new_key(file, "hotline", Role.tag)

    async def ask() -> None:
        async with running(export, keys=file) as at:
            for path in OPEN:
                assert (await at.client.get(path)).status_code == 200
            assert (await at.client.get("/docs/swagger-ui.css")).status_code == 200
            for path in ("/metrics", "/v1/model", "/v1/taxonomy", "/elsewhere", "/docs-elsewhere"):
                response = await at.client.get(path)
                problem(response, "no_key")
                assert response.headers["www-authenticate"] == "Bearer"
            for given in (bearer("petition_wrong"), bearer(""), {"x-api-key": "钥".encode()}):
                problem(await at.client.post("/v1/tag", json=BODY, headers=given), "no_key")
            problem(await at.client.post("/invocations", content=b""), "no_key")

    asyncio.run(ask())


def test_without_a_key_no_large_body_is_read(export: Export, file: Path) -> None:
    key, large = bearer(new_key(file, "hotline", Role.tag)), json.dumps({"text": "字" * 3000}).encode()
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 1000
            yield bytes(1000)

    async def ask() -> None:
        async with running(export, keys=file) as at:
            for path in ("/livez", "/docs/x"):
                problem(await at.client.post(path, content=large), "too_large")
            assert (await at.client.post("/sign-in", content=large)).status_code == 403
            ours = {"sec-fetch-site": "same-origin"}
            assert (await at.client.post("/sign-in", content=large, headers=ours)).status_code == 413
            assert (await at.client.post("/v1/tag", content=large, headers=key | JSON)).status_code == 200
            problem(await at.client.post("/livez", content=body()), "too_large")
            assert read < 20_000

    asyncio.run(ask())


def test_a_key_is_taken_in_either_header(export: Export, file: Path) -> None:
    key = new_key(file, "hotline", Role.tag)

    async def ask() -> None:
        async with running(export, keys=file, host="elsewhere.example") as at:
            for given in (bearer(key), {"x-api-key": key}):
                assert (await at.client.post("/v1/tag", json=BODY, headers=given)).status_code == 200

    asyncio.run(ask())


def test_only_an_admin_reloads(export: Export, file: Path) -> None:
    keys = {role: new_key(file, role.name, role) for role in Role}

    async def ask() -> None:
        async with running(export, keys=file) as at:
            for role in (Role.tag, Role.review):
                response = await at.client.post("/v1/model/reload", headers=bearer(keys[role]))
                problem(response, "forbidden")
            response = await at.client.post("/v1/model/reload", headers=bearer(keys[Role.admin]))
            assert response.status_code == 200
            # As curl -X POST sends it: with no word of a body.
            bare = at.client.build_request("POST", "/v1/model/reload", headers=bearer(keys[Role.admin]))
            del bare.headers["content-length"]
            assert (await at.client.send(bare)).status_code == 200
            bare.headers["transfer-encoding"] = "chunked"
            problem(await at.client.send(bare), "wrong_type")
            assert (await at.client.post("/v1/tag", json=BODY, headers=bearer(keys[Role.admin]))).is_success

    asyncio.run(ask())


def test_a_rate_counts_reports_and_says_when_to_come_back(export: Export, file: Path) -> None:
    slow = bearer(new_key(file, "slow", Role.tag, "5/hour"))
    other = bearer(new_key(file, "other", Role.tag))

    async def ask() -> None:
        async with running(export, keys=file) as at:

            async def send(count: int, key: dict[str, str]):  # type: ignore[no-untyped-def]
                return await at.client.post("/v1/tag", json={"texts": [SCHOOL] * count}, headers=key)

            assert (await send(4, slow)).status_code == 200
            refused = await send(2, slow)
            problem(refused, "rate")
            assert 1 <= int(refused.headers["retry-after"]) <= 3600
            assert (await send(1, slow)).status_code == 200
            problem(await send(6, slow), "too_large")
            assert (await send(50, other)).status_code == 200

    asyncio.run(ask())


def test_what_finds_no_room_spends_nothing_of_the_rate(export: Export, file: Path) -> None:
    slow = bearer(new_key(file, "slow", Role.tag, "5/hour"))

    async def ask() -> None:
        async with running(export, keys=file) as at:

            async def send(count: int):  # type: ignore[no-untyped-def]
                return await at.client.post("/v1/tag", json={"texts": [SCHOOL] * count}, headers=slow)

            at.service.batcher.admission.pending = 19_999
            for _ in range(3):
                problem(await send(5), "busy")
            at.service.batcher.admission.pending = 0
            assert (await send(5)).status_code == 200
            problem(await send(1), "rate")

    asyncio.run(ask())


def test_without_keys_a_name_of_the_web_is_refused(export: Export) -> None:
    async def ask(host: str) -> int:
        async with running(export, host=host) as at:
            return (await at.client.post("/v1/tag", json=BODY)).status_code

    assert [asyncio.run(ask(h)) for h in ("localhost:8080", "127.0.0.1", "[::1]:80")] == [200, 200, 200]
    assert asyncio.run(ask("evil.example")) == 403


@pytest.mark.parametrize(
    ("header", "value", "code"), [("origin", "http://[", "foreign_page"), ("host", "[", "foreign_host")]
)
def test_an_address_that_is_none_is_refused_and_no_fault(
    export: Export, file: Path, header: str, value: str, code: str
) -> None:
    key = new_key(file, "office", Role.review)

    async def ask() -> None:
        bad = {header: value}
        async with running(export) as at:
            problem(await at.client.post("/v1/tag", json=BODY, headers=bad), code)
        async with running(export, keys=file) as at:
            # With keys, `Host` is anybody's; a page that is not ours acts in nobody's name.
            allowed = header == "host"
            tagged = await at.client.post("/v1/tag", json=BODY, headers=bearer(key) | bad)
            assert tagged.status_code == (200 if allowed else 403)
            ours = bad | ({"sec-fetch-site": "same-origin"} if allowed else {})
            signed = await at.client.post("/sign-in", data={"key": key}, headers=ours)
            assert signed.status_code == (303 if allowed else 403)

    asyncio.run(ask())


def test_a_removed_key_ends_with_the_reload(export: Export, file: Path) -> None:
    from serving.keys import remove_key

    key, admin = new_key(file, "hotline", Role.tag), new_key(file, "root", Role.admin)

    async def reload(at: Running) -> int:
        return (await at.client.post("/v1/model/reload", headers=bearer(admin))).status_code

    async def ask() -> None:
        async with running(export, keys=file) as at:
            remove_key(file, "hotline")
            assert await reload(at) == 200
            problem(await at.client.post("/v1/tag", json=BODY, headers=bearer(key)), "no_key")
            file.write_text("no keys")
            problem(await at.client.post("/v1/model/reload", headers=bearer(admin)), "model_refused")
            assert (await at.client.get("/v1/model", headers=bearer(admin))).status_code == 200

    asyncio.run(ask())
