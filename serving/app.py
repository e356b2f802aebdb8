"""The HTTP app: routes to the Service. serving/envelope.py stands around it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.exceptions import HTTPException

from data.privacy.masked_report import Masking
from serving.answer import Answer
from serving.api_page import api_page
from serving.described import DescribedApp
from serving.envelope import Envelope
from serving.invocations import read_invocation
from serving.invocations_schema import INVOCATION
from serving.metrics import CONTENT_TYPE
from serving.pages import layout, review, sign_in, tagging
from serving.pages.problem_page import answer_error
from serving.problem import RELOAD_ERRORS, RETRY_S, REVIEW_ERRORS, Problem, problem_responses, too_many
from serving.refusal import Refusal
from serving.reviews.routes import routes as review_routes
from serving.schema import (
    ModelOut,
    Ready,
    Reloaded,
    TagAnswer,
    TagIn,
    TaxonomyOut,
    model_out,
    only_axes,
    prediction_shape,
    taxonomy_out,
)
from serving.service import Service
from serving.shadow_schema import ShadowOut, shadow_out
from serving.tagging import check_axes, check_limits, key_name, tag_for
from serving.version import package_version

ABOUT = "Tags Chinese petitions and citizen reports by domain and by alleged misconduct, with evidence."
# Later FastAPIs make spans of their own where OpenTelemetry is set up, with paths, queries and messages of
# errors in them; earlier ones take the name and do nothing. Ours are made by serving/tracing.py.
_SILENT: Any = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
TAGS = [
    {"name": "tagging", "description": "Reports in, labels with scores and evidence out."},
    {"name": "MLflow", "description": "What clients of `mlflow models serve` ask."},
    {"name": "model", "description": "Which Export answers, its labels, and its replacement."},
    {"name": "state", "description": "Probes and metrics, for whatever watches the service."},
    {"name": "reviews", "description": "Officers' corrections, and the queue of reports to review."},
]
routes = APIRouter()
_keyed = [
    # For the API's description alone: serving/access.py checks keys before a body is read.
    Security(HTTPBearer(auto_error=False, scheme_name="bearer")),
    Security(APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="key")),
]


def create_app(service: Service) -> FastAPI:
    """The app in front of a Service, which begins and ends with it."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        service.start()
        try:
            yield
        finally:
            await service.stop()

    app = DescribedApp(
        title="petition-tagger", version=package_version(), description=ABOUT, lifespan=life,
        docs_url=None, redoc_url=None, openapi_url="/openapi.json" if service.settings.docs else None,
        telemetry=_SILENT, openapi_tags=TAGS,
        # A redirect to the address without the slash at its end would name the Host that the client sent.
        redirect_slashes=False,
    )  # fmt: skip
    app.state.service = service
    app.include_router(routes)
    app.include_router(review_routes, dependencies=_keyed)
    if service.settings.docs:
        app.include_router(api_page())
    if service.settings.pages:
        for page in (layout.files(), sign_in.routes, tagging.routes, review.routes):
            app.include_router(page, include_in_schema=False)
    # Each by name: what is left is unforeseen, and the envelope logs it.
    for kind in (RequestValidationError, HTTPException, Problem, Refusal, *RELOAD_ERRORS, *REVIEW_ERRORS):
        app.add_exception_handler(kind, answer_error)
    app.add_middleware(Envelope, service=service)
    return app


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


_ASKED = problem_responses("no_key", "foreign_host", "crowded")
_TAGGING = _ASKED | problem_responses(
    "malformed",
    "too_large",
    "wrong_type",
    "invalid",
    "rate",
    "busy",
    "engine",
    "expired",
    "draining",
    "crowded",
    "unrecorded",
)

_NOT_READY: dict[int | str, dict[str, Any]] = {503: {"description": "No work is taken: starting, or ending."}}


async def _few_enough(request: Request) -> None:
    """Refuse a list that is too long before an object is made of each of its reports.

    Raises:
        Problem: it is.
    """
    # What FastAPI has parsed already; without a body there is nothing to parse.
    shape = await request.json() if await request.body() else None
    most = _service(request).settings.max_reports
    for name in ("reports", "texts"):
        rows = shape.get(name) if isinstance(shape, dict) else None
        if isinstance(rows, list) and len(rows) > most:
            raise too_many(most)


@routes.post(
    "/v1/tag", response_model=TagAnswer, responses=_TAGGING,
    dependencies=[*_keyed, Depends(_few_enough)], tags=["tagging"],
)  # fmt: skip
async def tag(request: Request, body: TagIn) -> Response:
    """Tag reports; predictions come in the order of the reports, whatever their number and length."""
    service = _service(request)
    reports = body.to_reports()
    check_limits(service.settings, reports, body)
    tagger = service.tagger  # of this request, whatever takes its place meanwhile
    check_axes(tagger.export.taxonomy, body.axes, "axes")
    answer = await tag_for(request, reports, body.evidence, Masking(body.mask), body.matters, tagger)
    shapes = [prediction_shape(i, p, body.axes or None) for i, p in enumerate(answer.predictions)]
    return JSONResponse({"predictions": shapes}, headers=_timing(answer))


@routes.post(
    "/invocations", responses=_TAGGING, dependencies=_keyed, tags=["MLflow"], openapi_extra=INVOCATION
)
async def invocations(request: Request) -> Response:
    """MLflow's scoring protocol: dataframe_split, dataframe_records, instances, inputs; CSV, or Parquet.

    A table has a column `text`, and may have `id` and `title`. A list may hold texts.
    `params` may hold `evidence`, `mask`, `axes` and `matters`, as for /v1/tag, and nothing else.
    """
    service = _service(request)
    asked = await read_invocation(
        await request.body(), request.headers.get("content-type", ""), service.settings
    )
    check_limits(service.settings, asked.reports, None)
    tagger = service.tagger
    check_axes(tagger.export.taxonomy, asked.axes, "params.axes")
    answer = await tag_for(request, asked.reports, asked.evidence, asked.masking, asked.matters, tagger)
    shapes = [only_axes(prediction.to_dict(), asked.axes) for prediction in answer.predictions]
    return JSONResponse({"predictions": shapes}, headers=_timing(answer))


@routes.get("/v1/taxonomy", responses=_ASKED, dependencies=_keyed, tags=["model"])
async def taxonomy(request: Request) -> TaxonomyOut:
    """The axes and labels, with definitions."""
    return taxonomy_out(_service(request).tagger.export.taxonomy)


@routes.get("/v1/model", responses=_ASKED, dependencies=_keyed, tags=["model"])
async def model(request: Request) -> ModelOut:
    """The Export that answers: version, thresholds, figures on the dev set."""
    return model_out(_service(request).tagger.export)


@routes.post(
    "/v1/model/reload", dependencies=_keyed, tags=["model"],
    responses=problem_responses("no_key", "forbidden", "wrong_type", "model_refused", "unrecorded"),
)  # fmt: skip
async def reload(request: Request) -> Reloaded:
    """Load the Export's folder (and the keys) anew, replay its golden reports, then switch; role admin.

    On failure the old one goes on answering. No request fails meanwhile.
    """
    loaded, before = await _service(request).reload(key_name(request))
    name = loaded.tagger.export.model
    return Reloaded(
        model=name, before=before, golden_reports=loaded.golden, largest_difference=round(loaded.worst, 6)
    )


@routes.get(
    "/v1/shadow", dependencies=_keyed, tags=["model"],
    responses=problem_responses("no_key", "forbidden", "not_found"),
)  # fmt: skip
async def shadow(request: Request) -> ShadowOut:
    """How the challenger answers the same reports: who gave which label, as counts; role admin."""
    found = _service(request).shadow
    if found is None:
        raise Problem("not_found", "No challenger is set; see the setting `shadow`.")
    return shadow_out(found)


# HEAD as GET, for probes that want no body; described once.
@routes.head("/livez", include_in_schema=False)
@routes.get("/livez", tags=["state"])
async def livez() -> Response:
    """Whether the process answers at all."""
    return JSONResponse({"status": "alive"})


@routes.head("/readyz", include_in_schema=False)
@routes.get("/readyz", response_model=Ready, responses=problem_responses("draining"), tags=["state"])
async def readyz(request: Request) -> Response:
    """Whether work is taken: the model has replayed its golden reports, and the service is not ending."""
    service = _service(request)
    shape = Ready(status=service.status, model=service.tagger.export.model).model_dump()
    if service.status == "ready":
        return JSONResponse(shape)
    return JSONResponse(shape, 503, headers={"Retry-After": str(RETRY_S)})


@routes.get(
    "/metrics", response_class=PlainTextResponse, responses=_ASKED, dependencies=_keyed, tags=["state"]
)
async def metrics(request: Request) -> Response:
    """For Prometheus."""
    return Response(_service(request).metrics.text(), headers={"Content-Type": CONTENT_TYPE})


@routes.head("/ping", include_in_schema=False)
@routes.head("/health", include_in_schema=False)
@routes.get("/ping", responses=_NOT_READY, tags=["MLflow"])
@routes.get("/health", responses=_NOT_READY, tags=["MLflow"])
async def ping(request: Request) -> Response:
    """As /readyz, in MLflow's form."""
    ready = _service(request).status == "ready"
    return Response("\n", 200 if ready else 503, media_type="application/json")


@routes.get("/version", tags=["MLflow"])
async def version() -> Response:
    """The version of petition-tagger."""
    return Response(package_version(), media_type="application/json")


def _timing(answer: Answer) -> dict[str, str]:
    stages = {"cut": answer.timing.cut, "queue": answer.timing.queue, "inference": answer.timing.inference}
    shown = ", ".join(f"{name};dur={seconds * 1000:.1f}" for name, seconds in stages.items())
    return {"Server-Timing": shown}
