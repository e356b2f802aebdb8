"""Problems: every error that the service answers with, as RFC 9457 problem+json, in one table.

No problem quotes a report, a key or a file: its words are those of this table, and places and limits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from data.errors import BadReviewKey, NewReviewLog, OldReviewLog, ReviewConflict, ReviewLogAway, UnknownReview
from data.privacy.watch_list import BadWatchList
from model.export import BrokenExport
from model.golden import GoldenMismatch
from serving.auditor import Unrecorded
from serving.keys import BadKeys
from serving.refusal import Busy, Draining, Expired, Failed, Oversize
from serving.schema import field_names
from serving.settings import BadSettings

MEDIA_TYPE = "application/problem+json"
RELOAD_ERRORS = (BrokenExport, GoldenMismatch, BadKeys, BadWatchList, BadSettings)
REVIEW_ERRORS = (BadReviewKey, ReviewLogAway, OldReviewLog, NewReviewLog, ReviewConflict, UnknownReview)
RETRY_S = 5  # where the service itself will be back, or another one is


@dataclass(frozen=True)
class Kind:
    """One row of the table: the code is stable, and is what a client's program should look at."""

    code: str
    status: int
    title: str
    remedy: str


_KINDS = (
    Kind("malformed", 400, "请求体不能解析", "The body is not JSON (or CSV) of the form that is asked for."),
    Kind("no_key", 401, "缺少密钥或密钥不对", "Send a valid key: Authorization: Bearer KEY, or X-API-Key."),
    Kind("forbidden", 403, "密钥的角色不够", "Use a key whose role allows this."),
    Kind("foreign_host", 403, "没有密钥时只接受本机访问", "Ask at localhost, or make keys."),
    Kind(
        "foreign_page",
        403,
        "请求来自别的网页",
        "Ask from our own pages, or with a key in a header.",
    ),
    Kind("not_found", 404, "没有这个地址", "The addresses are listed at /openapi.json."),
    Kind("unknown_review", 404, "没有这份复核记录", "Give the id that the review was taken under."),
    Kind("no_queue", 404, "没有设置待复核的队列", "Set `reviews_queue` to a file of reports."),
    Kind("wrong_method", 405, "不支持这种请求方法", "The methods are listed at /openapi.json."),
    Kind("slow_body", 408, "请求体迟迟没有到齐", "Send the body at once."),
    Kind("conflict", 409, "与已有的复核记录冲突", "`detail` says with what; send a new review instead."),
    Kind("too_large", 413, "请求过大", "Send less in one request; the limit stands in `detail`."),
    Kind("wrong_type", 415, "不支持这种内容类型", "Send application/json; UTF-8."),
    Kind("invalid", 422, "有字段不合要求", "`errors` names each field and what it should be."),
    Kind("rate", 429, "这个密钥请求过于频繁", "Wait as long as Retry-After says."),
    Kind("busy", 429, "排队已满", "Wait as long as Retry-After says."),
    Kind("client_gone", 499, "客户端已断开", "Its work was dropped; nobody sees this answer."),
    Kind("internal", 500, "服务内部错误", "Give the request id to whoever runs the service."),
    Kind("model_refused", 500, "新的模型或密钥不能用，仍用原来的", "`detail` says why; the old ones go on."),
    Kind("engine", 500, "推理出错", "Give the request id to whoever runs the service."),
    Kind(
        "unrecorded",
        503,
        "审计记录写不进去，结果不予返回",
        "Tell whoever runs the service: the audit log's disk.",
    ),
    Kind("reviews_off", 503, "没有开通复核", "Set `reviews_database`; tagging is not affected."),
    Kind("reviews_away", 503, "复核库暂时不能用", "Ask again later; tagging is not affected."),
    Kind("queue_away", 503, "待复核的队列暂时不能读取", "Mend or replace the file of `reviews_queue`."),
    Kind("crowded", 503, "同时的请求太多", "Wait as long as Retry-After says."),
    Kind("draining", 503, "服务正在停止", "Ask again, or ask another instance."),
    Kind("expired", 503, "超过时限，未能完成", "Ask again later, or send less in one request."),
)
KINDS: Mapping[str, Kind] = {kind.code: kind for kind in _KINDS}
_BY_STATUS = {400: "malformed", 404: "not_found", 405: "wrong_method", 413: "too_large", 415: "wrong_type"}


@dataclass
class Problem(Exception):
    """An error to answer with.

    Attributes:
        code: of the table.
        detail: one sentence about this case, without anything from the request.
        headers: to answer with.
        errors: of a 422, one for each field.
    """

    code: str
    detail: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[Mapping[str, str]] = ()

    @property
    def kind(self) -> Kind:
        """Its row of the table."""
        return KINDS[self.code]

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON; `error_code` and `message` are those that clients of MLflow look for."""
        kind = self.kind
        shape: dict[str, Any] = {
            "type": f"urn:petition:problem:{kind.code}", "code": kind.code, "status": kind.status,
            "title": kind.title, "detail": self.detail or kind.remedy, "request_id": request_id,
            "error_code": kind.code.upper(), "message": self.detail or kind.remedy,
        }  # fmt: skip
        if self.errors:
            shape["errors"] = list(self.errors)
        return shape


def to_problem(error: Exception, axes: Collection[str] = ()) -> Problem:
    """What to answer for an error that reached the edge.

    Args:
        axes: ids of the taxonomy's axes, which the place of a fault may name.
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, Busy):
        return Problem("busy", headers={"Retry-After": str(error.retry_after)})
    if isinstance(error, Oversize):
        return Problem("too_large", f"The request is too large: {error}.")
    if isinstance(error, Draining):
        return Problem("draining", headers={"Retry-After": str(RETRY_S)})
    if isinstance(error, Unrecorded):
        return Problem("unrecorded", headers={"Retry-After": str(RETRY_S)})
    if isinstance(error, Expired):
        return Problem("expired", f"{error}".capitalize() + ".", headers={"Retry-After": str(RETRY_S)})
    if isinstance(error, Failed):
        return Problem("engine", f"The engine failed ({error}).")
    if isinstance(error, RELOAD_ERRORS):
        return Problem("model_refused", str(error))
    if isinstance(error, REVIEW_ERRORS):
        return _of_reviews(error)
    if isinstance(error, RequestValidationError):
        return _invalid(error, field_names().union(axes))
    if isinstance(error, HTTPException):
        code = _BY_STATUS.get(error.status_code, "internal" if error.status_code >= 500 else "malformed")
        headers = {k: v for k, v in (error.headers or {}).items() if k.lower() == "allow"}
        return Problem(code, headers=headers)
    return Problem("internal")


def _of_reviews(error: Exception) -> Problem:
    """The database's own place and errors stay in the log."""
    if isinstance(error, UnknownReview):
        return Problem("unknown_review")
    if isinstance(error, ReviewConflict):
        return Problem("conflict", f"{error}".capitalize() + ".")
    details: dict[type[Exception], str] = {
        OldReviewLog: "Its schema is older than this program: run `petition reviews migrate`.",
        BadReviewKey: "Its key is not there, or another: the service's log says more.",
        NewReviewLog: "Its schema is newer than this program: update the program.",
    }
    return Problem("reviews_away", details.get(type(error), ""), {"Retry-After": str(RETRY_S)})


def _invalid(error: RequestValidationError, ours: Collection[str]) -> Problem:
    found = error.errors()
    if any((each["type"] in ("json_invalid", "model_attributes_type", "missing") and len(each["loc"]) <= 1)
           or each["type"] == "json_invalid" for each in found):  # fmt: skip
        return Problem("malformed")
    return Problem("invalid", errors=[_field(each, ours) for each in found[:20]])


def _field(each: Mapping[str, Any], ours: Collection[str]) -> dict[str, str]:
    """Place and rule of one fault. What was sent is left out: as value, and as name unless it is of ours."""
    place = list(each["loc"])
    if place and place[0] == "body":
        place = [part if isinstance(part, int) or part in ours else "?" for part in place[1:]]
    elif place and place[0] in ("query", "path"):
        place = place[1:]  # as the route declares them
    if each["type"] == "extra_forbidden":
        place = [*place[:-1], "?"]
        return {"field": _path(place), "code": "unknown_field", "message": "There is no such field."}
    message = str(each["msg"]).removeprefix("Value error, ")
    return {"field": _path(place), "code": str(each["type"]), "message": message}


def _path(place: Sequence[str | int]) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


async def answer_problem(request: Request, error: Exception) -> JSONResponse:
    """Turn any error into a response."""
    taxonomy = request.app.state.service.tagger.export.taxonomy
    problem = to_problem(error, [axis.id for axis in taxonomy.axes])
    state = request.scope.setdefault("state", {})
    state["problem"] = problem.code
    return JSONResponse(
        problem.body(state.get("request_id", "")), problem.kind.status, dict(problem.headers), MEDIA_TYPE
    )


def too_many(most: int) -> Problem:
    """The problem of a request with more than `most` reports."""
    return Problem("too_large", f"One request may hold {most} reports.")


def too_long(field: str, most: int) -> dict[str, str]:
    """The fault of a text that is longer than `most` characters."""
    return {"field": field, "code": "too_long", "message": f"It may have {most} characters."}


def problem_responses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for these problems; those of one status share a response."""
    found: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        kind = KINDS[code]
        example = {"value": Problem(code).body("6f1c…")}
        response = found.setdefault(
            kind.status, {"description": kind.remedy, "content": {MEDIA_TYPE: {"examples": {}}}}
        )
        response["content"][MEDIA_TYPE]["examples"][code] = example
    return found


def problem_table() -> str:
    """All problems as a Markdown table, for docs/serving.md."""
    rows = ["| status | code | title | what to do |", "|---|---|---|---|"]
    return "\n".join([*rows, *(f"| {k.status} | `{k.code}` | {k.title} | {k.remedy} |" for k in _KINDS)])
