"""Tagging for one request: the limits, the key's rate, and no work for a client that has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from starlette.requests import Request

from data.privacy.masked_report import Masking
from data.report import Report
from data.taxonomy import Taxonomy
from model.tagger import EvidenceFor, Tagger
from serving.answer import Answer
from serving.auditor import LOCAL
from serving.problem import Problem, too_long, too_many
from serving.schema import TagIn
from serving.settings import ServeSettings
from serving.tracing import stages

T = TypeVar("T")


def check_limits(settings: ServeSettings, reports: Sequence[Report], body: TagIn | None) -> None:
    """Hold the limits on number and length; `body` tells how the client finds a field.

    Raises:
        Problem: there are too many reports, or one is too long.
    """
    most, longest = settings.max_reports, settings.max_chars
    if len(reports) > most:
        raise too_many(most)
    faults = [
        too_long(body.field(place, name) if body else f"[{place}].{name}", longest)
        for place, report in enumerate(reports)
        for name, value in (("title", report.title), ("text", report.text))
        if len(value) > longest
    ]
    if faults:
        raise Problem("invalid", errors=faults[:20])


def check_axes(taxonomy: Taxonomy, axes: Sequence[str] | None, field: str) -> None:
    """Refuse axes that the taxonomy does not have; `field` is where the client gave them.

    Raises:
        Problem: there is one.
    """
    known = [axis.id for axis in taxonomy.axes]
    for place, axis in enumerate(axes or ()):
        if axis not in known:
            fault = {"field": f"{field}[{place}]", "code": "unknown_axis", "message": f"One of {known}."}
            raise Problem("invalid", errors=[fault])


async def tag_for(
    request: Request,
    reports: Sequence[Report],
    evidence: EvidenceFor,
    masking: Masking = Masking.none,
    matters: bool = False,
    tagger: Tagger | None = None,
) -> Answer:
    """Tag, unless the client goes away first: then its work is dropped.

    Args:
        masking: what the request asks for; the settings may demand more.
        matters: tell also what each sentence speaks of.
        tagger: what reads them all; by default the present one.

    Raises:
        Problem: the key's rate is used up, or the client has gone.
        Refusal: there is no answer.
    """
    access, key = request.app.state.service.access, request.scope["state"].get("key")
    access.check_rate(key, len(reports))  # refused at once; spent when there is room

    def pay() -> None:
        access.spend(key, len(reports))

    return await _unless_gone(request, _tag(request, reports, evidence, masking, matters, pay, tagger))


def key_name(request: Request) -> str:
    """Name of the key that asks, for the audit log."""
    key = request.scope["state"].get("key")
    return key.name if key is not None else LOCAL


async def _tag(
    request: Request,
    reports: Sequence[Report],
    evidence: EvidenceFor,
    masking: Masking,
    matters: bool,
    pay: Callable[[], None],
    tagger: Tagger | None,
) -> Answer:
    """Tag, and note for the log and the traces what it was."""
    service, state = request.app.state.service, request.scope["state"]
    answer: Answer = await service.tag(reports, evidence, masking, key_name(request), matters, pay, tagger)
    state["counts"] = {"reports": len(reports), "tokens": answer.tokens}
    state["stages"] = stages(answer.timing)
    return answer


async def _unless_gone(request: Request, asked: Coroutine[Any, Any, T]) -> T:
    work = asyncio.ensure_future(asked)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise Problem("client_gone")
        return work.result()
    finally:
        work.cancel()
        gone.cancel()
        await asyncio.gather(work, gone, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
