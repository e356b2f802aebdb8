"""Envelope: what stands around every request: id, access, size, headers, one line of log, metrics.

Plain ASGI, so that a refused request is refused before its body is read.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.privacy.bank_card import BankCards
from data.privacy.phones import Phones
from data.privacy.recogniser import Analyzer
from data.privacy.resident_id import ResidentIds
from serving.access import OPEN, is_open
from serving.connection import most_connections
from serving.incoming import Incoming
from serving.log import event
from serving.pages.problem_page import answer_error
from serving.problem import RETRY_S, Problem
from serving.refusal import Refusal
from serving.service import Service

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# A UUID: a telephone number in it is chance.
_RANDOM = re.compile("[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_METHODS = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT".split())
TAGGING = frozenset(["/v1/tag", "/invocations"])
BODY_S = 30.0  # for a body to arrive
OPEN_BYTES = 16_384  # of a body where no key is asked for: probes have none, signing in sends a key
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""On every response that does not say otherwise itself."""


class Envelope:
    """The outermost layer of the app."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service
        self._most, self._under_way = most_connections(), 0
        self._numbers = Analyzer((ResidentIds(), Phones(), BankCards()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request, or hand through what is none."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, seconds, status = time.perf_counter(), 0.0, 0
        headers, incoming = Headers(scope=scope), Incoming(receive)
        state: dict[str, Any] = scope.setdefault("state", {})
        given = headers.get("x-request-id", "")
        state["request_id"] = given if self._takes(given) else uuid.uuid4().hex

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                out = MutableHeaders(scope=message)
                out["X-Request-ID"] = state["request_id"]
                for name, value in SECURITY.items():
                    out.setdefault(name, value)
                if self._service.status == "draining":
                    out["Connection"] = "close"  # so that no client sends on a connection that is to end
                if scope["scheme"] == "https":
                    out.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        async def send_and_hear_out(message: Message) -> None:
            """Send the whole answer, and end it only when the client has sent what it had to send."""
            nonlocal seconds
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                await send_on({**message, "more_body": True})
                seconds = time.perf_counter() - began
                await incoming.read_off()
                message = {"type": "http.response.body"}
            await send_on(message)

        self._under_way += 1
        try:
            if self._under_way > self._most and scope["path"] not in OPEN:
                raise Problem("crowded", headers={"Retry-After": str(RETRY_S), "Connection": "close"})
            state["key"] = self._service.access.check(scope["method"], scope["path"], headers)
            _check_type(scope, headers)
            if scope["path"] in TAGGING:
                # Before the body is read: refusing must stay cheap when too many come.
                self._service.batcher.refuse_early()
            body = await self._body(incoming, headers, scope["path"])
            if body is None:
                return
            await self._app(scope, _replay(body, incoming), send_on)
        except Exception as error:
            if not isinstance(error, Problem | Refusal):
                event("error", logging.ERROR, error, request_id=state["request_id"])
            if not status:
                response = await answer_error(Request(scope), error)
                # Where no key is asked for, nobody has much to send; where there are too many, room counts.
                quiet = is_open(scope["path"]) or self._under_way > self._most
                hear_out = not incoming.ended and not quiet
                await response(scope, incoming, send_and_hear_out if hear_out else send_on)
        finally:
            self._under_way -= 1
            self._tell(scope, status, seconds or time.perf_counter() - began)

    def _takes(self, given: str) -> bool:
        """Whether a client's own request id may go to logs and traces: none that tells who somebody is, nor
        any in sealed mode, where it may be the number of a report."""
        if self._service.settings.sealed or not _REQUEST_ID.fullmatch(given):
            return False
        return _RANDOM.fullmatch(given) is not None or not self._numbers.analyze(given)

    async def _body(self, receive: Receive, headers: Headers, path: str) -> bytes | None:
        """The whole body, or None where the client has gone."""
        most = self._service.settings.max_body_bytes
        if is_open(path):
            most = min(most, OPEN_BYTES)
        refusal = Problem("too_large", f"The body may have {most} bytes.", {"Connection": "close"})
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > most:
            raise refusal
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_S):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body += message.get("body", b"")
                    if len(body) > most:
                        raise refusal
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            raise Problem("slow_body", headers={"Connection": "close"}) from None

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        state = scope["state"]
        # The route as declared: a path as typed may hold anything.
        route = getattr(scope.get("route"), "path", "")
        route = route or (scope["path"] if scope["path"] in TAGGING else "other")
        code = state.get("problem", "" if status else "client_gone")
        method = scope["method"] if scope["method"] in _METHODS else "?"
        self._service.metrics.request(route, status or 499, code, seconds)
        if self._service.tracing is not None:
            attributes = {
                "http.request.method": method, "http.route": route,
                "http.response.status_code": status or 499, "petition.request_id": state["request_id"],
                "petition.code": code,
                **{f"petition.{name}": count for name, count in state.get("counts", {}).items()},
            }  # fmt: skip
            headers, steps = Headers(scope=scope), state.get("stages", [])
            self._service.tracing.request(headers, seconds, route, attributes, steps)
        key = state.get("key")
        event(
            "request",
            logging.DEBUG if route in ("/livez", "/readyz", "/metrics") and status == 200 else logging.INFO,
            request_id=state["request_id"], method=method,
            route=route, status=status or 499, code=code, ms=round(seconds * 1000, 1),
            key=key.name if key else "", **state.get("counts", {}),
        )  # fmt: skip


def _check_type(scope: Scope, headers: Headers) -> None:
    """Under /v1 a body is JSON; /invocations says itself what it takes."""
    if scope["method"] != "POST" or not scope["path"].startswith("/v1/"):
        return
    kind, _, more = headers.get("content-type", "").partition(";")
    charset = more.strip().lower().removeprefix("charset=").strip('"')
    # `curl -X POST` announces no body at all: neither a length nor a transfer encoding.
    empty = not kind and headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    if not empty and (kind.strip().lower() != "application/json" or charset not in ("", "utf-8", "utf8")):
        raise Problem("wrong_type")


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give the body that was read, then what comes after it: the news that the client has gone."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
