"""Whatever is sent, the service answers with one of its own statuses and says nothing of it anywhere.

FUZZ_EXAMPLES=2500 python -m pytest tests/serving/test_fuzz.py: 20,000 bodies.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from model.export import Export
from serving.invocations_parquet import PARQUET
from serving.problem import KINDS
from tests.serving.collector import Collected
from tests.serving.conftest import PLANTED, SCHOOL
from tests.serving.test_invocations import packed
from tests.serving.test_server import Process

EACH = 8  # bodies in one example
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))
STATUSES = {200, *(kind.status for kind in KINDS.values() if kind.status < 500)}
words = st.sampled_from([PLANTED, SCHOOL, "", "a", "\x00", "😀" + PLANTED, "﷽" * 40])
plain = st.none() | st.booleans() | st.integers() | st.floats() | words
keys = (
    st.sampled_from(
        "reports texts text title id evidence axes inputs instances dataframe_split dataframe_records params "
        "columns data index all none misconduct domain".split()
    )
    | words
)
anything = st.recursive(
    plain | keys,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
row = st.fixed_dictionaries({"text": words}, optional={"id": plain, "title": plain | words})
likely = st.one_of(
    st.fixed_dictionaries(
        {"reports": st.lists(row, max_size=3)}, optional={"evidence": keys, "axes": anything}
    ),
    st.fixed_dictionaries({"texts": st.lists(words, max_size=3)}),
    st.fixed_dictionaries({"instances": st.lists(row | words, max_size=3)}, optional={"params": anything}),
    st.fixed_dictionaries(
        {
            "dataframe_split": st.fixed_dictionaries(
                {"columns": st.lists(keys), "data": st.lists(st.lists(words))}
            )
        }
    ),
)
bodies = st.one_of(
    st.binary(max_size=60),
    (anything | likely).map(lambda shape: json.dumps(shape).encode()),
    likely.map(lambda shape: json.dumps(shape, ensure_ascii=False).encode()[:-1]),
    st.lists(words).map(lambda lines: b"text\n" + "\n".join(lines).encode()),
)
kinds = st.sampled_from(
    ["application/json"] * 6 + ["text/csv", "text/plain", "application/json; charset=x", "", PARQUET]
)
sound = st.dictionaries(st.sampled_from(["text", "id", PLANTED]), st.lists(words, min_size=2, max_size=2))
spoilt = st.tuples(sound.map(packed), st.integers(0, 4000), st.binary(max_size=3)).map(
    lambda made: made[0][: made[1]] + made[2] + made[0][made[1] + len(made[2]) :]
)
tables = st.tuples(st.just("/invocations"), spoilt, st.just(PARQUET))
asked_for = st.tuples(st.sampled_from(["/v1/tag", "/invocations"]), bodies, kinds)
requests = st.lists(asked_for | asked_for | asked_for | tables, min_size=EACH, max_size=EACH)
heads = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from([b"http://[", b"[", b"null", b"", b"\xff", PLANTED.encode(), b"localhost:x"])
        for name in ("origin", "host", "sec-fetch-site", "x-request-id", "authorization", "cookie")
    },
)
FORMS = ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded")
fields = st.lists(st.tuples(st.sampled_from(["text", "lines", "all", "file", PLANTED]), words), max_size=4)
forms = st.one_of(
    st.tuples(st.just(FORMS[0]), fields.map(lambda given: b"".join(map(part, given)) + b"--x--\r\n")),
    st.tuples(
        st.just(FORMS[1]),
        fields.map(lambda given: "&".join(f"{quote(k)}={quote(v)}" for k, v in given).encode()),
    ),
    st.tuples(st.sampled_from(FORMS), bodies),
)


def part(field: tuple[str, str]) -> bytes:
    name, value = field
    file = f'; filename="{value[:9]}.csv"' if name == "file" else ""
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{value}\r\n'.encode()


@dataclass
class Asked:
    """A service that writes to all it can, and a client of it."""

    process: Process
    client: httpx.Client
    audit: Path
    traces: list[bytes]


@pytest.fixture
def asked(export: Export, tmp_path: Path, collector: Collected) -> Iterator[Asked]:
    audit = tmp_path / "audit.jsonl"
    more = ("--audit", audit, "--set", "log_level=debug", "--set", f"traces={collector[0]}")
    # A process of its own: hypothesis wants `random` for itself, and all that it says is on standard error.
    process = Process("--model", export.folder, *more)
    with httpx.Client(base_url=process.url, timeout=120) as client:
        client.headers["tracestate"] = f"x={PLANTED.encode().hex()}"
        yield Asked(process, client, audit, collector[1])
    process.end(signal.SIGKILL)


def spelled(words: str) -> list[bytes]:
    """The words as a sink might hold them."""
    plain, escaped = words.encode(), json.dumps(words)[1:-1].encode()
    return [plain, escaped, repr(plain)[2:-1].encode(), quote(words).encode(), plain.hex().encode()]


def hold_nothing(sinks: list[bytes]) -> None:
    for number, sink in enumerate(sinks):
        assert not any(words in sink for words in spelled(PLANTED)), number


fuzz = settings(
    max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@fuzz
@given(requests)
def ask_the_api(client: httpx.Client, sent: list[tuple[str, bytes, str]]) -> None:
    for path, body, kind in sent:
        response = client.post(f"{path}?{quote(PLANTED)}", content=body, headers={"content-type": kind})
        assert response.status_code in STATUSES, (path, body, kind, response.text)
        if response.status_code != 200:
            assert response.json()["code"] in KINDS
            hold_nothing([response.content])


@fuzz
@given(forms)
def ask_the_page(client: httpx.Client, sent: tuple[str, bytes]) -> None:
    kind, body = sent
    response = client.post("/", content=body, headers={"content-type": kind})
    assert response.status_code in STATUSES, (body, kind)
    assert response.headers["content-type"].startswith("text/html")


@fuzz
@given(heads, st.sampled_from(["GET", "POST"]), st.sampled_from(["/", "/v1/tag", "/sign-in", "/livez"]))
def ask_with_headers(client: httpx.Client, headers: dict[str, bytes], method: str, path: str) -> None:
    response = client.request(method, path, headers=headers)
    assert response.status_code in STATUSES | {303, 307}, (method, path, headers, response.text)


def test_no_body_makes_it_fail_or_speak(asked: Asked) -> None:
    ask_the_api(asked.client)
    ask_the_page(asked.client)
    ask_with_headers(asked.client)
    # A sound report last, so that every sink has something to say.
    assert asked.client.post("/v1/tag", json={"text": SCHOOL, "id": PLANTED}).status_code == 200
    metrics = asked.client.get("/metrics").content
    assert asked.process.end() == 0
    log, audit = json.dumps(asked.process.log, ensure_ascii=False).encode(), asked.audit.read_bytes()

    assert b'status="200"' in metrics and b'"request"' in log and b'"tag"' in audit and asked.traces
    assert [line for line in asked.process.log if line["event"] in ("error", "?")] == []
    hold_nothing([metrics, log, audit, *asked.traces])
