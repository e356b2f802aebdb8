"""Signing in: a key becomes a session; no other site's page can use it, or be gone to from here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from model.export import Export
from serving.keys import Role, new_key, remove_key
from tests.serving.conftest import SCHOOL
from tests.serving.service import Lines, Running, running
from tests.serving.test_app import problem

OURS = {"origin": "http://localhost"}
FOREIGN = [
    {"origin": "http://elsewhere.example"},
    {"origin": "null"},
    {"origin": "http://localhost:81"},
    {"sec-fetch-site": "cross-site", **OURS},
    {"sec-fetch-site": "same-site", **OURS},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def go(export: Export, ask: Callable[[Running], Awaitable[None]], **settings: object) -> None:
    async def work() -> None:
        async with running(export, **settings) as at:  # type: ignore[arg-type]
            await ask(at)

    asyncio.run(work())


async def sign_in(at: Running, key: str, page: str = "", **headers: str) -> httpx.Response:
    return await at.client.post("/sign-in", data={"key": key, "next": page}, headers={**OURS, **headers})


def test_a_browser_without_a_session_is_sent_to_sign_in_and_back(export: Export, file: Path) -> None:
    key = new_key(file, "office", Role.tag)

    async def ask(at: Running) -> None:
        sent = await at.client.get("/")
        assert (sent.status_code, sent.headers["location"]) == (303, "sign-in?next=")
        form = await at.client.get("/sign-in?next=")
        assert form.status_code == 200 and 'type="password"' in form.text
        back = await sign_in(at, key)
        assert (back.status_code, back.headers["location"]) == (303, "./")
        assert (await at.client.get("/")).status_code == 200
        assert (await at.client.get("/sign-in")).headers["location"] == "./"

    go(export, ask, keys=file)


def test_a_link_from_another_site_is_asked_again_from_here_once(export: Export, file: Path) -> None:
    new_key(file, "office", Role.tag)

    async def ask(at: Running) -> None:
        first = await at.client.get("/", headers={"sec-fetch-site": "cross-site"})
        assert first.status_code == 200 and 'http-equiv="refresh" content="0"' in first.text
        again = await at.client.get("/", headers={"sec-fetch-site": "same-origin"})
        assert again.status_code == 303

    go(export, ask, keys=file)


def test_the_cookie_is_out_of_reach_and_is_not_the_key(export: Export, file: Path) -> None:
    key = new_key(file, "office", Role.tag)

    async def ask(at: Running) -> None:
        plain = (await sign_in(at, key)).headers["set-cookie"]
        tls = (await sign_in(at, key, origin="https://localhost")).headers.get("set-cookie", "")
        for cookie in (plain, tls):
            assert "HttpOnly" in cookie and "SameSite=strict" in cookie and key not in cookie
        assert "Secure" in tls and "Secure" not in plain

    go(export, ask, keys=file)


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_session_is_of_no_use_to_another_site(export: Export, file: Path, headers: dict[str, str]) -> None:
    key = new_key(file, "office", Role.admin)

    async def ask(at: Running) -> None:
        await sign_in(at, key)
        for path in ("/v1/model/reload", "/v1/tag"):
            problem(await at.client.post(path, json={"text": SCHOOL}, headers=headers), "foreign_page")
        assert (await at.client.post("/sign-out", headers=headers)).status_code == 403
        assert (await at.client.get("/v1/model")).status_code == 200

    go(export, ask, keys=file)


def test_a_session_changes_nothing_for_who_does_not_say_whence_he_comes(export: Export, file: Path) -> None:
    key = new_key(file, "office", Role.tag)

    async def ask(at: Running) -> None:
        assert (await at.client.post("/sign-in", data={"key": key})).status_code == 403
        await sign_in(at, key)
        problem(await at.client.post("/v1/tag", json={"text": SCHOOL}), "foreign_page")
        mine = {"sec-fetch-site": "same-origin", "origin": "http://name-of-the-proxy"}
        assert (await at.client.post("/v1/tag", json={"text": SCHOOL}, headers=mine)).status_code == 200
        program = {"authorization": f"Bearer {key}"}
        assert (await at.client.post("/v1/tag", json={"text": SCHOOL}, headers=program)).status_code == 200

    go(export, ask, keys=file)


def test_without_keys_another_site_is_refused_too_and_nobody_signs_in(export: Export) -> None:
    async def ask(at: Running) -> None:
        for headers in FOREIGN:
            problem(await at.client.post("/v1/tag", json={"text": SCHOOL}, headers=headers), "foreign_page")
        assert (await at.client.get("/sign-in")).headers["location"] == "./"
        assert (await at.client.get("/", headers={"sec-fetch-site": "cross-site"})).status_code == 200

    go(export, ask)


def test_a_wrong_key_is_told_and_not_shown(export: Export, file: Path) -> None:
    new_key(file, "office", Role.tag)
    lines = Lines()
    logging.getLogger("petition").addHandler(lines)

    async def ask(at: Running) -> None:
        for given in ("petition_wrong", "", "x" * 300, "🔑"):
            answer = await sign_in(at, given)
            assert answer.status_code == 401 and "密钥不对" in answer.text
            assert "set-cookie" not in answer.headers
            assert not given or given not in answer.text
        assert (await at.client.get("/")).status_code == 303

    go(export, ask, keys=file)
    logging.getLogger("petition").removeHandler(lines)
    assert "petition_wrong" not in lines.text and "sign_in_refused" in lines.text


def test_signing_out_or_removing_the_key_ends_the_session(export: Export, file: Path) -> None:
    first, second = new_key(file, "first", Role.tag), new_key(file, "second", Role.tag)

    async def ask(at: Running) -> None:
        token = (await sign_in(at, first)).cookies["petition_session"]
        out = await at.client.post("/sign-out", headers=OURS)
        assert (out.status_code, out.headers["location"]) == (303, "sign-in")
        assert "Max-Age=0" in out.headers["set-cookie"]
        at.client.cookies.set("petition_session", token)
        assert (await at.client.get("/")).status_code == 303
        at.client.cookies.clear()
        await sign_in(at, second)
        remove_key(file, "second")
        await at.service.reload()
        assert (await at.client.get("/")).status_code == 303

    go(export, ask, keys=file)


@pytest.mark.parametrize("page", ["//elsewhere.example", "https://elsewhere.example", "../docs", "sign-in"])
def test_nobody_is_sent_elsewhere_after_signing_in(export: Export, file: Path, page: str) -> None:
    key = new_key(file, "office", Role.tag)

    async def ask(at: Running) -> None:
        form = await at.client.get("/sign-in", params={"next": page})
        assert "elsewhere" not in form.text
        assert (await sign_in(at, key, page)).headers["location"] == "./"

    go(export, ask, keys=file)


def test_errors_of_a_page_are_pages(export: Export, file: Path) -> None:
    new_key(file, "office", Role.tag)

    async def ask(at: Running) -> None:
        refused = await at.client.post("/", content=b"", headers=OURS)
        assert refused.status_code == 401 and "登录已失效" in refused.text
        assert refused.headers["x-request-id"] in refused.text
        wrong = await at.client.post("/sign-in", json={}, headers=OURS)
        assert wrong.status_code == 415 and wrong.headers["content-type"].startswith("text/html")
        assert (await at.client.put("/sign-in", headers=OURS)).status_code == 405

    go(export, ask, keys=file)


def test_the_pages_can_be_left_out(export: Export) -> None:
    async def ask(at: Running) -> None:
        for path in ("/", "/sign-in", "/static/page.css"):
            problem(await at.client.get(path), "not_found")

    go(export, ask, pages=False)


def test_only_files_of_the_pages_are_served(export: Export) -> None:
    async def ask(at: Running) -> None:
        sheet = await at.client.get("/static/page.css")
        assert sheet.headers["content-type"].startswith("text/css")
        for name in ("..%2flayout.py", "layout.html", "page.css%00"):
            assert (await at.client.get(f"/static/{name}")).status_code == 404

    go(export, ask)
