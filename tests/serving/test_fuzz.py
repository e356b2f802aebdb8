"""Whatever is sent, the service answers with one of its own statuses and says nothing of it anywhere.

FUZZ_EXAMPLES=2500 python -m pytest tests/serving/test_fuzz.py: 20,000 bodies.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from model.export import Export
from serving.problem import KINDS
from tests.serving.collector import Collected
from tests.serving.conftest import PLANTED, SCHOOL
from tests.serving.service import Lines, listening

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
    ["application/json"] * 6 + ["text/csv", "text/plain", "application/json; charset=x", ""]
)
requests = st.lists(
    st.tuples(st.sampled_from(["/v1/tag", "/invocations"]), bodies, kinds), min_size=EACH, max_size=EACH
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


@pytest.fixture
def log() -> Iterator[Lines]:
    """All that anything in this process logs, but for the client that asks."""
    lines, loggers = Lines(), [logging.getLogger(), logging.getLogger("petition")]
    lines.addFilter(lambda record: not record.name.startswith(("httpx", "httpcore")))
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(lines)
        logger.setLevel(logging.DEBUG)
    yield lines
    for logger, level in zip(loggers, before, strict=True):
        logger.removeHandler(lines)
        logger.setLevel(level)


@pytest.fixture
def service(export: Export, tmp_path: Path, collector: Collected) -> Iterator[httpx.Client]:
    """A service that writes to all it can: the audit log, a collector of traces; and a client."""
    settings = dict(audit=tmp_path / "audit.jsonl", traces=collector[0], log_level="debug")
    with listening(export, **settings) as at, httpx.Client(base_url=at, timeout=120) as client:  # type: ignore[arg-type]
        client.headers["tracestate"] = f"x={PLANTED.encode().hex()}"
        yield client


def spelled(words: str) -> list[bytes]:
    """The words as a sink might hold them."""
    plain, escaped = words.encode(), json.dumps(words)[1:-1].encode()
    return [plain, escaped, repr(plain)[2:-1].encode(), quote(words).encode(), plain.hex().encode()]


def hold_nothing(sinks: list[bytes]) -> None:
    for number, sink in enumerate(sinks):
        assert not any(words in sink for words in spelled(PLANTED)), number


@settings(
    max_examples=EXAMPLES, deadline=None, phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(requests)
def ask_the_api(client: httpx.Client, sent: list[tuple[str, bytes, str]]) -> None:
    for path, body, kind in sent:
        response = client.post(f"{path}?{quote(PLANTED)}", content=body, headers={"content-type": kind})
        assert response.status_code in STATUSES, (path, body, kind, response.text)
        if response.status_code != 200:
            assert response.json()["code"] in KINDS
            hold_nothing([response.content])


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(forms)
def ask_the_page(client: httpx.Client, sent: tuple[str, bytes]) -> None:
    kind, body = sent
    response = client.post("/", content=body, headers={"content-type": kind, "origin": str(client.base_url)})
    assert response.status_code in STATUSES, (body, kind)
    assert response.headers["content-type"].startswith("text/html")


def test_no_body_makes_it_fail_or_speak(
    service: httpx.Client,
    log: Lines,
    tmp_path: Path,
    collector: Collected,
    capfd: pytest.CaptureFixture[str],
) -> None:
    ask_the_api(service)
    ask_the_page(service)
    # A sound report last, so that every sink has something to say.
    assert service.post("/v1/tag", json={"text": SCHOOL, "id": PLANTED}).status_code == 200
    metrics, audit = service.get("/metrics").content, (tmp_path / "audit.jsonl").read_bytes()
    service.get("/")
    told = "".join(capfd.readouterr())

    assert b'status="200"' in metrics and b'"tag"' in audit and "request" in log.text
    hold_nothing([metrics, audit, log.text.encode(), told.encode(), *collector[1]])
