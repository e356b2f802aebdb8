"""Tagging for one request: the limits, the key's rate, and no work for a client that has gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any, TypeVar

from starlette.requests import Request

from data.privacy.masked_report import Masking
from data.report import Report
from data.taxonomy import Taxonomy
from model.guard import Shown
from model.prediction import Prediction
from model.tagger import EvidenceFor
from serving.answer import Answer
from serving.auditor import LOCAL
from serving.entry import Entry
from serving.problem import Problem, too_long, too_many
from serving.refusal import Busy
from serving.schema import TagIn
from serving.settings import ServeSettings
from serving.tracing import stages

AT_ONCE = 100
"""Reports of a file that are tagged under one deadline."""
CHARS_AT_ONCE = 50_000
"""Characters of these: about five seconds of two cores."""
PATIENCE_S = 120.0
"""For a busy service, with a part of a file of which others have been tagged."""
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
) -> Answer:
    """Tag, unless the client goes away first: then its work is dropped.

    Args:
        masking: what the request asks for; the settings may demand more.
        matters: tell also what each sentence speaks of.

    Raises:
        Problem: the key's rate is used up, or the client has gone.
        Refusal: there is no answer.
    """
    entry = _entry(request, len(reports))
    return await _unless_gone(request, _tag(request, reports, evidence, entry, masking, matters))


async def tag_file_for(
    request: Request, reports: Sequence[Report], evidence: EvidenceFor
) -> tuple[list[Prediction], list[Shown]]:
    """Tag a file part by part, each under a deadline of its own, unless the client goes away first.

    It is accepted, and paid for, as a whole: once its first part was taken, the others are taken while the
    service ends too, and wait where it is busy.

    Raises:
        As `tag_for`.
    """
    entry = _entry(request, len(reports))
    answers = await _unless_gone(request, _tag_parts(request, reports, evidence, entry))
    return [p for a in answers for p in a.predictions], [shown for a in answers for shown in a.shown]


def parts(reports: Sequence[Report]) -> Iterator[list[Report]]:
    """Cut a file into parts that can be read within a deadline."""
    part: list[Report] = []
    characters = 0
    for report in reports:
        size = len(report.title) + len(report.text)
        if part and (len(part) == AT_ONCE or characters + size > CHARS_AT_ONCE):
            yield part
            part, characters = [], 0
        part.append(report)
        characters += size
    if part:
        yield part


def key_name(request: Request) -> str:
    """Name of the key that asks, for the audit log."""
    key = request.scope["state"].get("key")
    return key.name if key is not None else LOCAL


def _entry(request: Request, reports: int) -> Entry:
    """Spend of the key's rate when there is room; refuse at once where too little of it is left.

    Raises:
        Problem: too little is left.
    """
    access, key = request.app.state.service.access, request.scope["state"].get("key")
    access.check_rate(key, reports)
    return Entry(lambda: access.spend(key, reports))


async def _tag_parts(
    request: Request, reports: Sequence[Report], evidence: EvidenceFor, entry: Entry
) -> list[Answer]:
    answers = []
    with request.app.state.service.batcher.more_to_come():
        for part in parts(reports):
            answers.append(await _tag_patiently(request, part, evidence, entry))
            entry = Entry(accepted=True)
    return answers


async def _tag_patiently(
    request: Request, reports: Sequence[Report], evidence: EvidenceFor, entry: Entry
) -> Answer:
    """Tag one part; what has been accepted waits where the service is busy."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return await _tag(request, reports, evidence, entry)
        except Busy as busy:
            if not entry.accepted or time.monotonic() + busy.retry_after > until:
                raise
            await asyncio.sleep(busy.retry_after)


async def _tag(
    request: Request,
    reports: Sequence[Report],
    evidence: EvidenceFor,
    entry: Entry,
    masking: Masking = Masking.none,
    matters: bool = False,
) -> Answer:
    """Tag, and note for the log and the traces what it was."""
    service, state = request.app.state.service, request.scope["state"]
    answer: Answer = await service.tag(reports, evidence, masking, key_name(request), matters, entry)
    counts = state.setdefault("counts", {"reports": 0, "tokens": 0})
    counts["reports"] += len(reports)
    counts["tokens"] += answer.tokens
    state.setdefault("stages", []).extend(stages(answer.timing))
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
