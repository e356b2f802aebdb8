"""The service: swaps its model between two requests, or keeps the old one and says why."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.export import GOLDEN, Export, sha256
from tests.serving.conftest import PLANTED, SCHOOL
from tests.serving.service import Lines, Running, running
from tests.serving.test_app import problem


@pytest.fixture
def log() -> Iterator[Lines]:
    lines, logger = Lines(), logging.getLogger("petition")
    logger.addHandler(lines)
    before = logger.level
    logger.setLevel(logging.INFO)
    yield lines
    logger.removeHandler(lines)
    logger.setLevel(before)


def version(export: Export, name: str, folder: Path) -> Path:
    """A copy of an Export under another version."""
    shutil.copytree(export.folder, folder)
    manifest = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    manifest["version"] = name
    (folder / "export.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def spoil_golden(folder: Path) -> None:
    """Golden scores that no machine computes, in a folder that is otherwise whole."""
    rows = [json.loads(line) for line in (folder / GOLDEN).read_text(encoding="utf-8").splitlines()]
    rows[0]["scores"] = [0.5 + (score < 0.5) * 0.4 for score in rows[0]["scores"]]
    (folder / GOLDEN).write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    manifest = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    manifest["files"][GOLDEN] = sha256(folder / GOLDEN)
    (folder / "export.json").write_text(json.dumps(manifest), encoding="utf-8")


async def tagged_by(at: Running) -> str:
    response = await at.client.post("/v1/tag", json={"text": SCHOOL})
    assert response.status_code == 200
    name: str = response.json()["predictions"][0]["model"]
    return name


def test_a_reload_switches_to_what_the_link_points_to_now(export: Export, tmp_path: Path) -> None:
    two = version(export, "2", tmp_path / "two")
    current = tmp_path / "current"
    current.symlink_to(export.folder)

    async def ask() -> None:
        async with running(export, model=current) as at:
            assert await tagged_by(at) == "tiny@1"
            current.unlink()
            current.symlink_to(two)
            assert await tagged_by(at) == "tiny@1"
            told = (await at.client.post("/v1/model/reload")).json()
            assert (told["before"], told["model"], told["golden_reports"]) == ("tiny@1", "tiny@2", 3)
            assert await tagged_by(at) == "tiny@2"
            text = at.service.metrics.text().decode()
            assert 'petition_model_info{model="tiny@2"} 1.0' in text and "tiny@1" not in text

    asyncio.run(ask())


@pytest.mark.parametrize("fault", ["file", "golden", "folder"])
def test_a_model_that_cannot_be_used_leaves_the_old_one(
    export: Export, tmp_path: Path, fault: str, log: Lines
) -> None:
    current = version(export, "2", tmp_path / "current")

    async def ask() -> None:
        async with running(export, model=current) as at:
            if fault == "file":
                (current / "model.onnx").write_bytes(b"")
            elif fault == "golden":
                spoil_golden(current)
            else:
                shutil.rmtree(current)
            found = problem(await at.client.post("/v1/model/reload"), "model_refused")
            said = {"file": "checksum", "golden": "score differs", "folder": "export.json"}[fault]
            assert said in found["detail"]
            (told,) = [fields for fields in log.fields if fields["event"] == "reload_refused"]
            assert told["reason"] == found["detail"] and PLANTED not in log.text
            assert await tagged_by(at) == "tiny@2"
            assert (await at.client.get("/readyz")).status_code == 200
            assert 'petition_reloads_total{outcome="refused"} 1.0' in at.service.metrics.text().decode()

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("listed", "said"), [(f"{PLANTED}\n龘\n", "entry 2 has fewer"), (f"# {PLANTED}\n", "no name in it")]
)
def test_the_log_tells_why_a_watch_list_was_refused_and_no_name_of_it(
    export: Export, tmp_path: Path, log: Lines, listed: str, said: str
) -> None:
    names = tmp_path / "names.txt"
    names.write_text(f"{PLANTED}\n", encoding="utf-8")

    async def ask() -> None:
        async with running(export, watch_list=names) as at:
            names.write_text(listed, encoding="utf-8")
            problem(await at.client.post("/v1/model/reload"), "model_refused")

    asyncio.run(ask())
    (told,) = [fields for fields in log.fields if fields["event"] == "reload_refused"]
    assert said in str(told["reason"])
    assert PLANTED not in log.text and "龘" not in log.text


def test_the_log_holds_no_message_of_an_error_that_nobody_foresaw(
    export: Export, log: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(settings: object) -> None:
        raise RuntimeError(PLANTED)

    async def ask() -> None:
        async with running(export) as at:
            monkeypatch.setattr("serving.service.load_checked", break_down)
            problem(await at.client.post("/v1/model/reload"), "internal")

    asyncio.run(ask())
    (told,) = [fields for fields in log.fields if fields["event"] == "reload_refused"]
    assert told["error"] == "RuntimeError" and "reason" not in told and PLANTED not in log.text


def test_reloads_that_are_asked_for_while_one_is_under_way_are_one(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from serving.loaded import Loaded, load_checked
    from serving.settings import ServeSettings

    two = version(export, "2", tmp_path / "two")
    current = tmp_path / "current"
    current.symlink_to(export.folder)
    gate, loads = threading.Event(), 0

    def load(settings: ServeSettings) -> Loaded:
        nonlocal loads
        loads += 1
        loaded = load_checked(settings)
        gate.wait(20)
        return loaded

    async def ask() -> None:
        async with running(export, model=current, audit=tmp_path / "audit.jsonl") as at:
            monkeypatch.setattr("serving.service.load_checked", load)
            first = asyncio.create_task(at.client.post("/v1/model/reload"))
            while not loads:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)  # by now it has read what the link pointed to
            current.unlink()
            current.symlink_to(two)
            late = [asyncio.create_task(at.client.post("/v1/model/reload")) for _ in range(8)]
            await asyncio.sleep(0.1)
            gate.set()
            told = [(await each).json() for each in (first, *late)]
            assert told[0]["model"] == "tiny@1"
            # All see what was there when they asked, from one load.
            assert [each["model"] for each in told[1:]] == ["tiny@2"] * 8 and loads == 2
            assert (await at.client.post("/v1/model/reload")).status_code == 200 and loads == 3

    asyncio.run(ask())
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["model"] for line in lines if line["action"] == "reload"] == ["tiny@1", "tiny@2", "tiny@2"]


def test_no_request_fails_while_models_are_swapped(export: Export, tmp_path: Path) -> None:
    folders = [export.folder, version(export, "2", tmp_path / "two")]
    current = tmp_path / "current"
    current.symlink_to(folders[0])

    async def ask() -> None:
        async with running(export, model=current) as at:
            done, seen, answered = asyncio.Event(), set(), 0

            async def ask_on() -> None:
                nonlocal answered
                while not done.is_set():
                    seen.add(await tagged_by(at))
                    answered += 1

            asking = [asyncio.create_task(ask_on()) for _ in range(4)]
            for turn in range(1, 21):
                (tmp_path / "next").symlink_to(folders[turn % 2])
                (tmp_path / "next").replace(current)
                assert (await at.client.post("/v1/model/reload")).status_code == 200
            done.set()
            await asyncio.gather(*asking)
            assert seen == {"tiny@1", "tiny@2"} and answered > 20

    asyncio.run(ask())


def test_a_model_that_was_replaced_is_let_go_when_its_last_request_is_answered(export: Export) -> None:
    async def ask() -> None:
        async with running(export) as at:
            old, gate = weakref.ref(at.service.tagger), threading.Event()
            read = at.service.tagger.engine.run
            at.service.tagger.engine.run = lambda *b: (gate.wait(20), read(*b))[1]  # type: ignore[method-assign]
            waiting = asyncio.create_task(tagged_by(at))
            while not at.service.batcher.admission.pending:
                await asyncio.sleep(0.01)
            for _ in range(2):
                assert (await at.client.post("/v1/model/reload")).status_code == 200
            assert old() is not None
            gate.set()
            assert await waiting == "tiny@1"
            await tagged_by(at)
            async with asyncio.timeout(5):
                while old() is not None:
                    await asyncio.sleep(0.01)

    asyncio.run(ask())


def test_the_audit_log_names_the_model_that_answered_though_another_has_come_meanwhile(
    export: Export, tmp_path: Path
) -> None:
    two, audit = version(export, "2", tmp_path / "two"), tmp_path / "audit.jsonl"
    current = tmp_path / "current"
    current.symlink_to(export.folder)

    async def ask() -> None:
        async with running(export, model=current, audit=audit) as at:
            gate, read = threading.Event(), at.service.tagger.engine.run
            at.service.tagger.engine.run = lambda *b: (gate.wait(20), read(*b))[1]  # type: ignore[method-assign]
            waiting = asyncio.create_task(tagged_by(at))
            while not at.service.batcher.admission.pending:
                await asyncio.sleep(0.01)
            current.unlink()
            current.symlink_to(two)
            assert (await at.client.post("/v1/model/reload")).status_code == 200
            gate.set()
            assert await waiting == "tiny@1"
            assert (await at.client.post("/v1/tag", json={"texts": []})).status_code == 200

    asyncio.run(ask())
    lines = [json.loads(line) for line in audit.read_text(encoding="utf-8").splitlines()]
    assert [line["model"] for line in lines if line["action"] == "tag"] == ["tiny@1", "tiny@2"]


def test_a_reload_without_its_line_is_counted_and_leaves_the_old_model(
    export: Export, tmp_path: Path
) -> None:
    audit = tmp_path / "audit.jsonl"

    async def ask() -> None:
        async with running(export, audit=audit) as at:
            whole = audit.read_bytes()
            audit.write_bytes(b"")
            problem(await at.client.post("/v1/model/reload"), "unrecorded")
            audit.write_bytes(whole)
            text = at.service.metrics.text().decode()
            assert "petition_audit_failures_total 1.0" in text
            assert 'petition_reloads_total{outcome="refused"} 1.0' in text

    asyncio.run(ask())


def test_draining_gives_up_after_its_limit(export: Export) -> None:
    async def ask() -> None:
        async with running(export, drain_limit_s=0.05) as at:
            at.service.tagger.read = lambda jobs: time.sleep(0.5)  # type: ignore[method-assign]
            waiting = asyncio.create_task(at.client.post("/v1/tag", json={"text": SCHOOL}))
            await asyncio.sleep(0.1)
            await asyncio.wait_for(at.service.drain(), 0.4)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(ask())
