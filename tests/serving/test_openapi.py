"""The service keeps what /openapi.json promises: schemathesis asks every route, rightly and wrongly."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup, MalformedJson
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.schemas import APIOperation

from model.export import Export
from serving.keys import Role, new_key
from serving.problem import KINDS, MEDIA_TYPE
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL, write_csv
from tests.serving.service import listening
from tests.serving.test_server import Process

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150")) // 15
"""For each route, and as many that the description forbids."""
PATIENCE_S = 120
"""For a machine that has much else to do."""
AS_MLFLOW = frozenset(["/ping", "/health", "/version"])
"""Say application/json of what is none, as `mlflow models serve` does."""
pytestmark = pytest.mark.slow


@pytest.fixture
def key(tmp_path: Path) -> str:
    return new_key(tmp_path / "keys.json", "tester", Role.admin)


@pytest.fixture
def server(export: Export, tmp_path: Path, key: str) -> Iterator[Process]:
    queue = write_csv(tmp_path / "queue.csv", [("1", "", SCHOOL), ("2", "名单", HOSPITAL), ("3", "", QUIET)])
    chosen = {
        "follow_s": 0, "log_level": "debug", "reviews_database": tmp_path / "reviews.db",
        "reviews_migrate": True, "reviews_queue": queue,
    }  # fmt: skip
    told = [part for name, value in chosen.items() for part in ("--set", f"{name}={value}")]
    # A process of its own: hypothesis reads its own source while it draws, and Python 3.11 loses count of how
    # deep that is where another thread runs ("AST constructor recursion depth mismatch").
    process = Process("--model", export.folder, "--keys", tmp_path / "keys.json", *told)
    yield process
    process.end(signal.SIGKILL)


def test_every_route_answers_as_described(key: str, server: Process) -> None:
    asked: dict[str, int] = {}
    wrong: dict[tuple[str, str], str] = {}
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json", timeout=PATIENCE_S)
    schema.config.update(request_timeout=PATIENCE_S)
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:
            asked[operation.label] = asked.get(operation.label, 0) + ask(operation, mode, key, wrong)

    assert not wrong
    assert len(asked) == 16 and min(asked.values()) > 0, asked
    assert server.end() == 0
    assert PLANTED not in str(server.log) and any(line["event"] == "request" for line in server.log)


def ask(operation: APIOperation, mode: GenerationMode, key: str, wrong: dict[tuple[str, str], str]) -> int:
    """Ask one route; how often it was asked. What was wrong is noted, one request of each kind."""
    number = 0

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.as_strategy(generation_mode=mode))
    def one(case: schemathesis.Case) -> None:
        nonlocal number
        number += 1
        # The key is ours; one that is made up beside it would be taken first.
        for name in ("Authorization", "X-API-Key"):
            (case.headers or {}).pop(name, None)
        response = case.call(headers={"X-API-Key": key})
        try:
            case.validate_response(response, headers={"X-API-Key": key})
        except FailureGroup as group:
            for each in group.exceptions:
                if not meant(each, operation, response):
                    wrong[operation.label, type(each).__name__] = f"{each}\n{case.as_curl_command()}"

    # A route that takes nothing cannot be asked wrongly.
    with contextlib.suppress(Unsatisfiable):
        one()
    return number


def meant(failure: BaseException, operation: APIOperation, response: schemathesis.Response) -> bool:
    """Whether it is as it should be: what no schema can say, and MLflow's own manner."""
    if isinstance(failure, MalformedJson):
        return operation.path in AS_MLFLOW
    if isinstance(failure, RejectedPositiveData):
        if response.status_code == 400 and response.request.headers["Content-Type"].startswith("text/csv"):
            return bool(response.json()["type"].endswith("malformed"))  # a quote is open
        # Labels and axes are the taxonomy's, rows are to be as long as the columns: told by place.
        return response.status_code == 422 and bool(response.json()["errors"])
    return False


def test_every_problem_that_is_described_is_one_of_the_table(export: Export) -> None:
    import httpx

    with listening(export) as at:
        paths = httpx.get(f"{at}openapi.json").json()["paths"]
    told = [
        (code, int(status))
        for path in paths.values()
        for route in path.values()
        for status, response in route["responses"].items()
        for code in response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
    ]

    assert told and all(KINDS[code].status == status for code, status in told)
