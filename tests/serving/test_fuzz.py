"""Whatever is sent, the service answers with one of its own statuses and says nothing of it anywhere."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.export import Export
from serving.problem import KINDS
from tests.serving.conftest import PLANTED, SCHOOL
from tests.serving.service import Lines, running

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
    st.tuples(st.sampled_from(["/v1/tag", "/invocations"]), bodies, kinds), min_size=8, max_size=8
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests)
def test_no_body_makes_it_fail_or_speak(export: Export, sent: list[tuple[str, bytes, str]]) -> None:
    lines, logger = Lines(), logging.getLogger("petition")

    async def ask() -> str:
        async with running(export) as at:
            for path, body, kind in sent:
                response = await at.client.post(path, content=body, headers={"content-type": kind})
                assert response.status_code in STATUSES, (path, body, kind, response.text)
                if response.status_code != 200:
                    shape: dict[str, Any] = response.json()
                    assert shape["code"] in KINDS and PLANTED not in response.text
            return at.service.metrics.text().decode()

    logger.addHandler(lines)
    logger.setLevel(logging.DEBUG)
    try:
        assert PLANTED not in asyncio.run(ask()) + lines.text
    finally:
        logger.removeHandler(lines)
        logger.setLevel(logging.NOTSET)
