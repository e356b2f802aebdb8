"""The log: one line an event, in either form, without the message of any error."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from serving.log import event, set_up_log
from tests.serving.conftest import PLANTED


@pytest.fixture(autouse=True)
def loggers_as_before() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("petition", "uvicorn", "asyncio")]
    before = [(each.handlers, each.propagate, each.level) for each in loggers]
    yield
    for each, (handlers, propagate, level) in zip(loggers, before, strict=True):
        each.handlers, each.propagate = handlers, propagate
        each.setLevel(level)


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_log("json", "info")
    event("request", reports=2, ms=1.5, key="热线")
    event("unseen", logging.DEBUG)

    (line,) = map(json.loads, capsys.readouterr().err.splitlines())
    assert line.pop("time") and line == {
        "level": "info", "event": "request", "reports": 2, "ms": 1.5, "key": "热线",
    }  # fmt: skip


def test_text_keeps_to_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_log("text", "info")
    event("request", key="a\nb\x1b[31m")

    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "\x1b" not in err and "request key=a b" in err


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_shows_its_kind_and_place_and_no_words(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_log(form, "info")
    try:
        raise RuntimeError(PLANTED)
    except RuntimeError as error:
        event("error", logging.ERROR, error)
        logging.getLogger("uvicorn.error").exception("from the server")

    err = capsys.readouterr().err
    assert err.count("RuntimeError") == err.count("test_log.py:") == 2
    assert PLANTED not in err and "Traceback" not in err
