"""Tagging for one request: the limits, the key's rate, and no work for a client that has gone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.requests import Request

from data.privacy.masked_report import Masking
from data.report import Report
from data.taxonomy import Taxonomy
from model.tagger import EvidenceFor
from serving.answer import Answer
from serving.auditor import LOCAL
from serving.problem import Problem, too_long
from serving.schema import TagIn
from serving.service import Service
from serving.settings import ServeSettings
from serving.tracing import stages


def check_limits(settings: ServeSettings, reports: Sequence[Report], body: TagIn | None) -> None:
    """Hold the limits on number and length; `body` tells how the client finds a field.

    Raises:
        Problem: there are too many reports, or one is too long.
    """
    most, longest = settings.max_reports, settings.max_chars
    if len(reports) > most:
        raise Problem("too_large", f"One request may hold {most} reports.")
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
) -> Answer:
    """Tag, unless the client goes away first: then its work is dropped.

    Args:
        masking: what the request asks for; the settings may demand more.
        matters: tell also what each sentence speaks of.

    Raises:
        Problem: the key's rate is used up, or the client has gone.
        Refusal: there is no answer.
    """
    service: Service = request.app.state.service
    state = request.scope["state"]
    service.access.spend(state.get("key"), len(reports))
    work = asyncio.ensure_future(service.tag(reports, evidence, masking, key_name(request), matters))
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise Problem("client_gone")
        answer = work.result()
    finally:
        work.cancel()
        gone.cancel()
        await asyncio.gather(work, gone, return_exceptions=True)
    counts = state.setdefault("counts", {"reports": 0, "tokens": 0})
    counts["reports"] += len(reports)
    counts["tokens"] += answer.tokens
    state.setdefault("stages", []).extend(stages(answer.timing))
    return answer


def key_name(request: Request) -> str:
    """Name of the key that asks, for the audit log."""
    key = request.scope["state"].get("key")
    return key.name if key is not None else LOCAL


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
