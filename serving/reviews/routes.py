"""Routes of reviews: take one, take it back, and the queue."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from data.audit import Action
from data.reviews.review import Review
from serving.problem import Problem, problem_responses, too_long
from serving.reviews.desk import ReviewDesk
from serving.reviews.queue import Dealt
from serving.reviews.schema import (
    QueueOut,
    ReviewIn,
    ReviewOut,
    UndoIn,
    item_shape,
    review_shape,
)
from serving.reviews.taking import new_review, reviewer_of
from serving.service import Service
from serving.tagging import key_name

_PROBLEMS = ("no_key", "forbidden", "invalid", "reviews_off", "reviews_away")
_BODY = ("too_large", "wrong_type", "unrecorded")
routes = APIRouter(tags=["reviews"])


@routes.post(
    "/v1/reviews", response_model=ReviewOut, status_code=201,
    responses=problem_responses("malformed", "conflict", *_BODY, *_PROBLEMS),
)  # fmt: skip
async def review(request: Request, body: ReviewIn) -> Response:
    """Add a review to the log; role review. Nothing in the log is ever changed: a later review corrects."""
    service, key = _service(request), _key(request)
    who = reviewer_of(body.reviewer, key)
    for name, value in (("title", body.report.title), ("text", body.report.text or "")):
        if len(value) > service.settings.max_chars:
            raise Problem("invalid", errors=[too_long(f"report.{name}", service.settings.max_chars)])
    taxonomy, desk = service.tagger.export.taxonomy, service.desk
    added = await desk.add(lambda: new_review(body, taxonomy, who, key, desk), _recorder(request))
    _count(request, added, "review")
    return JSONResponse(review_shape(added), 201)


@routes.post(
    "/v1/reviews/{id}/undo", response_model=ReviewOut, status_code=201,
    responses=problem_responses("malformed", "unknown_review", "conflict", *_BODY, *_PROBLEMS),
)  # fmt: skip
async def undo(request: Request, id: str, body: UndoIn) -> Response:
    """Take one's own review back: a row that says so is added; role review."""
    service, key = _service(request), _key(request)
    who = reviewer_of(body.reviewer, key)
    made = body.id or uuid.uuid4().hex
    added = await service.desk.undo(made, id, who, key, body.note, _recorder(request))
    _count(request, added, "undo")
    return JSONResponse(review_shape(added), 201)


@routes.get(
    "/v1/reviews/queue", response_model=QueueOut,
    responses=problem_responses("no_queue", "queue_away", "busy", *_PROBLEMS),
)  # fmt: skip
async def queue(
    request: Request,
    after: Annotated[int, Query(ge=-1, description="Place of the last report seen; -1 is none.")] = -1,
    holder: Annotated[
        str, Query(max_length=64, description="A random word of the page that asks; others get others.")
    ] = "",
) -> Response:
    """Give the next report to review, with what the model says of it; role review."""
    desk: ReviewDesk = _service(request).desk
    return await _answer(request, *await desk.deal(after, f"{_key(request)} {holder}"))


@routes.get(
    "/v1/reviews/queue/{place}", response_model=QueueOut,
    responses=problem_responses("no_queue", "queue_away", "busy", *_PROBLEMS),
)  # fmt: skip
async def queued(request: Request, place: int) -> Response:
    """Give one report of the queue, reviewed or not; role review."""
    return await _answer(request, *await _service(request).desk.at(max(0, place)))


async def _answer(request: Request, dealt: Dealt, reviews: list[Review]) -> Response:
    item = None
    if dealt.queued is not None:
        # Tagged now, so that the offsets and the version are those of the model that answers.
        answer = await _service(request).tag([dealt.queued.report], "all", who=key_name(request))
        item = item_shape(dealt.queued, answer.shown[0], answer.predictions[0], reviews)
    return JSONResponse({"total": dealt.total, "reviewed": dealt.reviewed, "item": item})


def _recorder(request: Request) -> Callable[[Review], None]:
    """What has the audit log say so before the review log keeps a review; for the desk's threads to call.

    What is sent again by its id has a line of its own, which says so.
    """
    service, who = _service(request), key_name(request)

    def record(added: Review) -> None:
        facts = {"number": added.number, "undo": int(bool(added.undoes))}
        service.record_here(Action.review, who, 1, **facts, **({"repeated": 1} if added.repeated else {}))

    return record


def _count(request: Request, added: Review, kind: str) -> None:
    """Count what was added, once however often it is sent."""
    if not added.repeated:
        _service(request).metrics.review(kind)


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def _key(request: Request) -> str:
    key = request.scope["state"].get("key")
    return key.name if key is not None else ""
