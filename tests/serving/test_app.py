"""The HTTP app: the Tagger's own answers, every refusal a problem, no report's words anywhere else."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from data.report import Report
from model.export import Export
from model.tagger import Tagger
from model.work import Job
from serving.problem import KINDS, MEDIA_TYPE
from tests.serving.conftest import HOSPITAL, PLANTED, QUIET, SCHOOL
from tests.serving.service import Lines, Running, running

Ask = Callable[[Running], Awaitable[Any]]
JSON = {"content-type": "application/json"}


def run(export: Export, ask: Ask, **settings: object) -> Any:
    async def go() -> Any:
        async with running(export, **settings) as at:  # type: ignore[arg-type]
            return await ask(at)

    return asyncio.run(go())


def post(export: Export, body: object, path: str = "/v1/tag", **settings: object) -> httpx.Response:
    async def ask(at: Running) -> httpx.Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await at.client.post(path, content=raw, headers=JSON)

    found: httpx.Response = run(export, ask, **settings)
    return found


def get(export: Export, path: str, **settings: object) -> httpx.Response:
    found: httpx.Response = run(export, lambda at: at.client.get(path), **settings)
    return found


def problem(response: httpx.Response, code: str) -> dict[str, Any]:
    """The problem of a response, held to the table."""
    body: dict[str, Any] = response.json()
    assert response.headers["content-type"] == MEDIA_TYPE
    assert (body["code"], body["status"], response.status_code) == (
        code,
        KINDS[code].status,
        KINDS[code].status,
    )
    assert body["title"] == KINDS[code].title and body["detail"]
    assert body["request_id"] == response.headers["x-request-id"]
    assert PLANTED not in response.text
    return body


@pytest.fixture
def log() -> Iterator[Lines]:
    lines = Lines()
    logger = logging.getLogger("petition")
    logger.addHandler(lines)
    before = logger.level
    logger.setLevel(logging.DEBUG)
    yield lines
    logger.removeHandler(lines)
    logger.setLevel(before)


def test_predictions_are_those_of_the_tagger_in_the_order_of_the_reports(export: Export) -> None:
    texts = [SCHOOL, HOSPITAL, QUIET, "", SCHOOL * 30]
    body = {"reports": [{"id": str(i), "text": text} for i, text in enumerate(texts)], "evidence": "all"}
    found = post(export, body).json()["predictions"]
    wanted = Tagger(export, 1).tag([Report(str(i), text) for i, text in enumerate(texts)], "all")

    assert [p.pop("index") for p in found] == [0, 1, 2, 3, 4]
    assert found == [p.to_dict() for p in wanted]


def test_a_single_text_and_a_list_of_texts_get_the_same_shape(export: Export) -> None:
    one = post(export, {"text": SCHOOL, "id": "A-7", "title": "名单"}).json()["predictions"]
    two = post(export, {"texts": [SCHOOL, HOSPITAL]}).json()["predictions"]

    assert [p["id"] for p in one] == ["A-7"]
    assert [[t["label"] for t in p["tags"]["domain"]] for p in two] == [["education"], ["medical"]]


def test_scores_of_an_axis_need_not_sum_to_one(export: Export) -> None:
    (found,) = post(export, {"text": SCHOOL + HOSPITAL}).json()["predictions"]

    assert sum(tag["score"] for tag in found["tags"]["domain"]) > 1.5


def test_matters_are_told_where_they_are_asked_for(export: Export) -> None:
    letter = f"{SCHOOL}。去了医院，多次来信反映。"
    (plain,) = post(export, {"text": letter}).json()["predictions"]
    (told,) = post(export, {"text": letter, "matters": True, "axes": ["domain"]}).json()["predictions"]

    assert "matters" not in plain
    assert told["matters"]["several"] is True
    assert [list(s["tags"]) for s in told["matters"]["sentences"]] == [["domain"], ["domain"]]


def test_axes_choose_what_is_answered(export: Export) -> None:
    (found,) = post(export, {"text": SCHOOL, "axes": ["misconduct"]}).json()["predictions"]

    assert set(found["tags"]) == {"misconduct"} and "domain:no_label" not in found["review_reasons"]
    fault = problem(post(export, {"text": SCHOOL, "axes": ["misconduct", PLANTED]}), "invalid")
    assert fault["errors"][0]["field"] == "axes[1]"


def test_no_axes_are_all_of_them_on_either_route(export: Export) -> None:
    every = {axis.id for axis in export.taxonomy.axes}
    for body in ({"axes": []}, {"axes": None}, {}):
        (found,) = post(export, {"text": SCHOOL, **body}).json()["predictions"]
        (other,) = post(export, {"instances": [SCHOOL], "params": body}, "/invocations").json()["predictions"]
        assert set(found["tags"]) == set(other["tags"]) == every


def test_a_null_is_none_and_a_number_is_taken_as_it_is_written(export: Export) -> None:
    rows = [{"text": SCHOOL, "id": 17, "title": None}, {"text": SCHOOL, "id": None, "title": 3.5}]
    found = post(export, {"reports": rows}).json()["predictions"]
    assert [each["id"] for each in found] == ["17", ""]
    (one,) = post(export, {"text": SCHOOL, "id": 17, "title": None}).json()["predictions"]
    assert one["id"] == "17"
    assert post(export, {"texts": [SCHOOL], "title": None, "id": None}).status_code == 200

    for field, value in (("id", True), ("title", []), ("id", "a" * 201), ("text", None), ("text", 5)):
        fault = problem(post(export, {"reports": [{"text": SCHOOL, field: value}]}), "invalid")
        assert [each["field"] for each in fault["errors"]] == [f"reports[0].{field}"]


def test_what_a_cap_left_unread_is_told(export: Export) -> None:
    (whole,) = post(export, {"text": SCHOOL * 9}).json()["predictions"]
    (capped,) = post(export, {"text": SCHOOL * 9}, max_tokens=20).json()["predictions"]

    assert whole["unread_chars"] == 0
    assert capped["unread_chars"] > 50 and "unread" in capped["review_reasons"]


def test_times_come_with_the_answer(export: Export) -> None:
    timing = post(export, {"text": SCHOOL}).headers["server-timing"]

    assert re.fullmatch(r"cut;dur=[\d.]+, queue;dur=[\d.]+, inference;dur=[\d.]+", timing)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"{", "malformed", ""),
        (b"", "malformed", ""),
        (b"[" * 100_000, "malformed", ""),
        (b"\xff\xfe", "malformed", ""),
        ([SCHOOL], "malformed", ""),
        ({}, "invalid", ""),
        ({"text": SCHOOL, "texts": [SCHOOL]}, "invalid", ""),
        ({"texts": [SCHOOL], "title": "x"}, "invalid", ""),
        ({"text": 5}, "invalid", "text"),
        ({"reports": [{"text": SCHOOL}, {"id": PLANTED}]}, "invalid", "reports[1].text"),
        ({"text": SCHOOL, PLANTED: 1}, "invalid", "?"),
        ({"text": SCHOOL, "evidence": PLANTED}, "invalid", "evidence"),
        (b'{"text": "\\ud800"}', "invalid", "text"),
        ({"text": PLANTED * 200}, "invalid", "text"),
        ({"reports": [{"text": "", "title": PLANTED * 200}]}, "invalid", "reports[0].title"),
        ({"texts": ["", PLANTED * 200]}, "invalid", "texts[1]"),
        ({"texts": [""] * 21}, "too_large", ""),
        ({"texts": [5] * 21}, "too_large", ""),
        ({"reports": [PLANTED] * 21}, "too_large", ""),
        ({"text": PLANTED, "id": PLANTED * 900}, "too_large", ""),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_the_place_and_without_the_words(
    export: Export, log: Lines, body: object, code: str, field: str
) -> None:
    limits = {
        "max_chars": 1000,
        "max_reports": 20,
        "max_body_bytes": 20_000 + 100_000 * (code == "malformed"),
    }
    found = problem(post(export, body, **limits), code)

    assert log.fields[-1]["code"] == code
    assert [fault["field"] for fault in found.get("errors", [])] == ([field] if code == "invalid" else [])
    assert PLANTED not in log.text


def test_another_content_type_is_refused(export: Export) -> None:
    async def ask(at: Running) -> None:
        for kind in ("text/plain", "application/json; charset=gbk", ""):
            response = await at.client.post(
                "/v1/tag", content=b'{"text": ""}', headers={"content-type": kind}
            )
            problem(response, "wrong_type")

    run(export, ask)


def test_unknown_addresses_and_methods_are_problems_too(export: Export) -> None:
    problem(get(export, f"/{PLANTED}"), "not_found")
    problem(get(export, "/v1/tag"), "wrong_method")


def test_a_slash_too_many_is_no_address_and_leads_nowhere(export: Export) -> None:
    async def ask(at: Running) -> None:
        for method, path in (
            ("POST", "/v1/model/"), ("POST", "/v1/tag/"), ("GET", "/livez/"), ("GET", "/docs/"),
            ("GET", "/v1/reviews/queue/"), ("GET", "/static"), ("GET", "/review/"),
        ):  # fmt: skip
            response = await at.client.request(method, path, headers=JSON)
            problem(response, "not_found")
            assert "location" not in response.headers

    run(export, ask)


def test_a_full_queue_is_429_for_lists_and_singles_alike(export: Export) -> None:
    async def ask(at: Running) -> None:
        at.service.batcher.admission.pending = 19_999
        for body in ({"text": SCHOOL}, {"texts": [SCHOOL] * 50}):
            response = await at.client.post("/v1/tag", json=body)
            problem(response, "busy")
            assert int(response.headers["retry-after"]) >= 1
        at.service.batcher.admission.pending = 0
        assert (await at.client.post("/v1/tag", json={"texts": [SCHOOL] * 50})).status_code == 200

    run(export, ask)


def test_a_list_of_the_size_that_is_allowed_is_answered_however_small_the_queue(export: Export) -> None:
    found = post(export, {"texts": [SCHOOL * 5] * 1000, "evidence": "none"})  # four times the queue

    assert found.status_code == 200
    assert [each["index"] for each in found.json()["predictions"]] == list(range(1000))


def test_a_report_that_never_fits_into_the_queue_is_413(export: Export) -> None:
    for texts in ([SCHOOL * 1000], [SCHOOL, SCHOOL * 1000]):
        found = problem(post(export, {"texts": texts}), "too_large")
        assert "in one report, and the queue holds 20000" in found["detail"]


def test_axes_are_those_of_the_model_that_answers_though_another_comes_meanwhile(
    export: Export, make_export: Callable[..., Export]
) -> None:
    new = Tagger(make_export(folder="new"), 1)
    object.__setattr__(new.export, "version", "2")

    async def ask(at: Running) -> list[str]:
        # Between the look at the axes and the reading.
        at.service.access.check_rate = lambda *_: at.service.batcher.swap(new)  # type: ignore[method-assign]
        asked = {"/v1/tag": {"text": SCHOOL, "axes": ["domain"]},
                 "/invocations": {"inputs": [SCHOOL], "params": {"axes": ["domain"]}}}  # fmt: skip
        found = [(await at.client.post(path, json=body)).json() for path, body in asked.items()]
        return [each["predictions"][0]["model"] for each in found]

    assert run(export, ask) == ["tiny@1", "tiny@2"], "the second came when the new model was there"


def test_an_engine_that_fails_is_500_without_words_anywhere(export: Export, log: Lines) -> None:
    def fail(jobs: list[Job]) -> None:
        raise RuntimeError(jobs[0].work.report.text)

    async def ask(at: Running) -> None:
        at.service.tagger.read = fail  # type: ignore[method-assign,assignment]
        problem(await at.client.post("/v1/tag", json={"text": SCHOOL}), "engine")
        at.service.tag = fail  # type: ignore[method-assign,assignment]
        problem(await at.client.post("/v1/tag", json={"text": SCHOOL}), "internal")
        assert PLANTED.encode() not in at.service.metrics.text()

    run(export, ask)
    assert PLANTED not in log.text and "'error': " in log.text


def test_an_expired_request_is_503(export: Export) -> None:
    async def ask(at: Running) -> None:
        at.service.batcher.admission.deadline = 1e-9
        response = await at.client.post("/v1/tag", json={"text": SCHOOL})
        problem(response, "expired")
        assert response.headers["retry-after"]

    run(export, ask)


def test_while_draining_work_is_503_and_the_probes_tell(export: Export) -> None:
    async def ask(at: Running) -> None:
        assert (await at.client.get("/readyz")).json() == {"status": "ready", "model": "tiny@1"}
        await at.service.drain()
        problem(await at.client.post("/v1/tag", json={"text": SCHOOL}), "draining")
        statuses = [(await at.client.get(path)).status_code for path in ("/readyz", "/health", "/livez")]
        assert statuses == [503, 503, 200]

    run(export, ask)


def test_the_model_and_its_labels_are_described(export: Export) -> None:
    model, taxonomy = get(export, "/v1/model").json(), get(export, "/v1/taxonomy").json()

    assert (model["name"], model["version"], model["data_hash"]) == ("tiny", "1", "abc")
    assert model["thresholds"]["domain"] == {"education": 0.5, "medical": 0.5}
    assert [axis["id"] for axis in taxonomy["axes"]] == ["domain", "misconduct", "purpose"]


def test_metrics_count_what_was_done_and_hold_no_words(export: Export) -> None:
    async def ask(at: Running) -> str:
        await at.client.post(
            "/v1/tag", json={"reports": [{"id": PLANTED, "text": SCHOOL}, {"text": HOSPITAL}]}
        )
        await at.client.post("/v1/tag", content=b"{", headers=JSON)
        await at.client.get(f"/{PLANTED}")
        return (await at.client.get("/metrics")).text

    text = run(export, ask)
    for line in (
        'petition_requests_total{code="",route="/v1/tag",status="200"} 1.0',
        'petition_requests_total{code="malformed",route="/v1/tag",status="400"} 1.0',
        'petition_requests_total{code="not_found",route="other",status="404"} 1.0',
        "petition_reports_total 2.0",
        'petition_tags_total{axis="misconduct",label="inaction"} 1.0',
        "petition_queue_tokens 0.0",
        "petition_queue_seconds_count 1.0",
        'petition_model_info{model="tiny@1"} 1.0',
    ):
        assert line in text
    assert PLANTED not in text


def test_the_log_has_counts_and_times_and_no_words(export: Export, log: Lines) -> None:
    async def ask(at: Running) -> None:
        body = {"reports": [{"id": PLANTED, "title": PLANTED, "text": SCHOOL}]}
        await at.client.post(f"/v1/tag?q={PLANTED}", json=body, headers={"x-request-id": "call-1"})

    run(export, ask)
    (line,) = [fields for fields in log.fields if fields["event"] == "request"]
    assert line["request_id"] == "call-1" and line["reports"] == 1 and line["status"] == 200
    assert PLANTED not in log.text


def test_a_request_id_is_returned_or_made(export: Export) -> None:
    # Of a random one nobody can be known, whatever digits it has.
    good = ("a-1", "c51084cc-1651-4586-923a-9ea90478cc6b", "c51084cc16514586923a913800138000")
    bad = ("名".encode(), "x" * 65, "13800138000", "call-11010119900307707X", "r-0571-87654321")

    async def ask(at: Running) -> list[str]:
        given = [{"x-request-id": value} for value in (*good, *bad)]
        return [(await at.client.get("/livez", headers=h)).headers["x-request-id"] for h in given]

    found = run(export, ask)
    assert tuple(found[: len(good)]) == good and len(found) == len(good) + len(bad)
    assert all(re.fullmatch("[0-9a-f]{32}", made) for made in found[len(good) :])


def test_every_response_has_the_security_headers(export: Export) -> None:
    for response in (get(export, "/livez"), get(export, "/nowhere"), post(export, {"text": ""})):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert response.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in response.headers


def test_a_client_that_goes_away_leaves_no_work_behind(export: Export) -> None:
    async def ask(at: Running) -> None:
        entered = asyncio.Event()

        async def never(*arguments: object) -> None:
            entered.set()
            await asyncio.Event().wait()

        at.service.batcher._cut = never  # type: ignore[method-assign,assignment]
        sent: list[dict[str, Any]] = []
        messages = asyncio.Queue[dict[str, Any]]()
        body = json.dumps({"text": SCHOOL}).encode()
        messages.put_nowait({"type": "http.request", "body": body, "more_body": False})
        scope = {
            "type": "http", "method": "POST", "path": "/v1/tag", "raw_path": b"/v1/tag", "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")], "scheme": "http",
            "server": ("localhost", 80), "client": ("127.0.0.1", 1), "http_version": "1.1", "root_path": "",
        }  # fmt: skip

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        app = at.client._transport.app  # type: ignore[attr-defined]
        request = asyncio.create_task(app(scope, messages.get, send))
        await entered.wait()
        assert at.service.batcher.admission.pending > 0
        messages.put_nowait({"type": "http.disconnect"})
        await asyncio.wait_for(request, 5)
        assert at.service.batcher.admission.pending == 0
        assert 'petition_dropped_total{reason="gone"} 1.0' in at.service.metrics.text().decode()

    run(export, ask)


def test_the_page_of_the_api_asks_nothing_of_the_internet(export: Export) -> None:
    async def ask(at: Running) -> None:
        page = await at.client.get("/docs")
        assert "http" not in page.text.replace("http-equiv", "")
        assert "script-src 'self';" in page.headers["content-security-policy"]
        for address in re.findall(r'(?:src|href)="(.*?)"', page.text):
            assert (await at.client.get(f"/{address}")).status_code == 200
        problem(await at.client.get("/docs/..%2fcore.py"), "not_found")
        problem(await at.client.get("/docs/core.py"), "not_found")

    run(export, ask)


def test_the_description_of_the_api_has_examples_and_problems(export: Export) -> None:
    shape = get(export, "/openapi.json").json()
    asked = [operation for path in shape["paths"].values() for operation in path.values()]
    assert shape["paths"]["/v1/taxonomy"]["get"]["summary"] == "The axes and labels, with definitions"
    assert all(" " in operation["summary"] for operation in asked)
    tag = shape["paths"]["/v1/tag"]["post"]

    assert shape["components"]["schemas"]["TagIn"]["examples"]
    assert {"400", "401", "413", "415", "422", "429", "503"} <= set(tag["responses"])
    assert MEDIA_TYPE in tag["responses"]["429"]["content"]
    assert set(shape["components"]["securitySchemes"]) == {"bearer", "key"}


def test_the_page_can_be_left_out(export: Export) -> None:
    problem(get(export, "/docs", docs=False), "not_found")
    problem(get(export, "/openapi.json", docs=False), "not_found")


def test_probes_answer_head_as_get_and_are_described_once(export: Export) -> None:
    paths = ("/livez", "/readyz", "/ping", "/health")

    async def ask(at: Running) -> list[tuple[int, bytes, int]]:
        found = []
        for path in paths:
            head, got = await at.client.head(path), await at.client.get(path)
            assert head.headers["content-type"] == got.headers["content-type"]
            found.append((head.status_code, head.content, got.status_code))
        at.service.status = "draining"
        return [*found, *[((await at.client.head(path)).status_code, b"", 503) for path in paths[1:]]]

    assert run(export, ask) == [(200, b"", 200)] * 4 + [(503, b"", 503)] * 3
    described = get(export, "/openapi.json").json()["paths"]
    assert all(list(described[path]) == ["get"] for path in paths)
    assert all("503" in described[path]["get"]["responses"] for path in paths[1:])


def test_the_description_tells_of_every_tag_and_refusal_and_shows_examples(export: Export) -> None:
    from serving.reviews.schema import QueueOut, ReviewOut
    from serving.schema import ModelOut, Ready, Reloaded, TaxonomyOut

    shape = get(export, "/openapi.json").json()
    told = {tag["name"]: tag["description"] for tag in shape["tags"]}
    used = {tag for path in shape["paths"].values() for each in path.values() for tag in each["tags"]}
    assert set(told) == used and all(told.values())

    for path, statuses in (("/v1/reviews", {"413", "415"}), ("/v1/model/reload", {"415", "503"})):
        assert statuses <= set(shape["paths"][path]["post"]["responses"])
    for kind in (ModelOut, TaxonomyOut, Ready, Reloaded, QueueOut, ReviewOut):
        assert shape["components"]["schemas"][kind.__name__]["examples"]
        # Of the very shape; as declared, since the description leaves out what is null.
        declared: Any = kind.model_config["json_schema_extra"]
        (example,) = declared["examples"]
        assert kind.model_validate(example, extra="forbid").model_fields_set == set(kind.model_fields)
