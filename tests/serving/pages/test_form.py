"""Forms: whatever is sent is read or refused, in memory."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from serving.pages.form import Form, read_form
from serving.problem import Problem

PART = b'--x\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
KINDS = (
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b'multipart/form-data; boundary="x"; charset=utf-16',
    b"multipart/form-data",
)


def read(body: bytes, kind: bytes, most: int = 100_000) -> Form:
    app = SimpleNamespace(
        state=SimpleNamespace(service=SimpleNamespace(settings=SimpleNamespace(max_body_bytes=most)))
    )
    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind)], "app": app}

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    return asyncio.run(read_form(Request(scope, receive)))


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(KINDS), st.booleans())
def test_anything_is_a_form_or_a_problem(noise: bytes, kind: bytes, inside: bool) -> None:
    body = PART % (noise[:20], noise[20:60], noise[60:]) + b"--x--\r\n" if inside else noise
    with contextlib.suppress(Problem):
        form = read(body, kind)
        "".join((*form.fields, *form.fields.values())).encode()


def test_fields_and_files_are_told_apart_and_an_empty_file_is_none() -> None:
    body = (
        PART % (b"text", b"", "一\r\n二".encode())
        + PART % (b"file", '; filename="来信.csv"'.encode(), b"a,b\r\n")
        + PART % (b"none", b'; filename=""', b"")
    )
    form = read(body + b"--x--\r\n", KINDS[1])

    assert form.fields == {"text": "一\n二"} and set(form.files) == {"file"}
    assert (form.files["file"].name, form.files["file"].content) == ("来信.csv", b"a,b\r\n")


def test_a_large_file_stays_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a file goes to disk")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    large = bytes(3_000_000)
    form = read(PART % (b"file", b'; filename="a"', large) + b"--x--\r\n", KINDS[1], 4_000_000)

    assert form.files["file"].content == large
