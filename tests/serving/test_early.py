"""Signals to a `petition serve` that is still loading its model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from model.export import Export
from serving.early import Early, EndedEarly, early_signals
from serving.loaded import Loaded, load_checked
from serving.service import Service
from serving.settings import ServeSettings
from tests.serving.conftest import Petition
from tests.serving.test_cli import command, environment

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")


def loading(monkeypatch: pytest.MonkeyPatch, while_loading: Callable[[], None]) -> list[Early]:
    """Have something happen while the model loads, and nobody serve; gives what the server would be told."""
    told: list[Early] = []

    def load(settings: ServeSettings) -> Loaded:
        while_loading()
        return load_checked(settings)

    def serve(service: Service, early: Early) -> None:
        told.append(Early(early.reload, early.ended))

    monkeypatch.setattr("serving.loaded.load_checked", load)
    monkeypatch.setattr("serving.server.serve", serve)
    return told


def handlers() -> list[Any]:
    return [signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)]


def test_a_hangup_while_the_model_loads_is_noted_for_the_server(
    petition: Petition, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = handlers()
    told = loading(monkeypatch, lambda: os.kill(os.getpid(), signal.SIGHUP))

    assert petition("serve", "--model", export.folder, "--port", 0).code == 0
    assert told == [Early(reload=True)] and handlers() == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_end_while_the_model_loads_ends_well_and_at_once(
    petition: Petition, export: Export, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def wait() -> None:
        os.kill(os.getpid(), number)
        time.sleep(20)

    before, began = handlers(), time.monotonic()
    told = loading(monkeypatch, wait)

    assert petition("serve", "--model", export.folder, "--port", 0).code == 0
    assert time.monotonic() - began < 10 and not told and handlers() == before


def test_a_signal_to_end_that_the_loading_went_over_still_ends(
    petition: Petition, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swallow() -> None:
        with pytest.raises(EndedEarly):
            os.kill(os.getpid(), signal.SIGTERM)

    told = loading(monkeypatch, swallow)

    assert petition("serve", "--model", export.folder, "--port", 0).code == 0 and not told


def test_no_early_signal_is_nothing_to_note() -> None:
    with early_signals() as early:
        early.check()
    assert early == Early()


@contextmanager
def loading_process(export: Export) -> Iterator[tuple[subprocess.Popen[str], Callable[[str], None]]]:
    """A `petition serve` that has begun to load, and how to wait for an event of its log."""
    process = subprocess.Popen(
        command("serve", "--port", 0, "--log-format", "json", "--threads", 1, "--model", export.folder),
        env=environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    stderr = process.stderr
    assert stderr is not None

    def wait_for(event: str) -> None:
        for line in stderr:
            if json.loads(line)["event"] == event:
                return
        raise AssertionError(f"no {event}")

    with process:
        try:
            wait_for("loading")
            yield process, wait_for
        finally:
            process.kill()


def test_a_service_that_was_hung_up_early_starts_loads_anew_and_goes_on(export: Export) -> None:
    with loading_process(export) as (process, wait_for):
        for _ in range(3):
            process.send_signal(signal.SIGHUP)
        wait_for("listening")
        wait_for("reloaded")
        process.send_signal(signal.SIGTERM)
        wait_for("ended")
        assert process.wait(20) == 0


def test_a_service_that_is_ended_early_ends_with_code_0(export: Export) -> None:
    with loading_process(export) as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
