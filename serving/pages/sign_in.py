"""Sign-in: a key typed once becomes a session; the browser keeps the session's token, never the key."""

from __future__ import annotations

import logging

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from starlette.requests import Request

from serving.access import PAGES
from serving.cookies import drop_session, keep_session, session_token
from serving.log import event
from serving.origin import over_tls
from serving.pages.form import read_form
from serving.pages.layout import show
from serving.service import Service

KEY_CHARS = 200
routes = APIRouter()


@routes.get("/sign-in")
async def ask(request: Request) -> Response:
    """The form; where no key is needed, or one was given already, the page behind it."""
    access = request.app.state.service.access
    page = _page(request.query_params.get("next", ""))
    key = access.signed_in(request.headers)
    if access.keys is None or (key is not None and key.role >= PAGES[page]):
        return _go(page)
    return show(request, "sign_in.html", next=_name(page), wrong="")


@routes.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Open a session for the key."""
    service: Service = request.app.state.service
    form = await read_form(request)
    page = _page(form.fields.get("next", ""))
    if service.access.keys is None:
        return _go(page)
    given = form.fields.get("key", "").strip()
    key = service.access.keys.find(given) if 0 < len(given) <= KEY_CHARS else None
    if key is None or key.role < PAGES[page]:
        wrong = "密钥不对，请核对后重试。" if key is None else "这个密钥的角色不够，请换一个。"
        event("sign_in_refused", logging.WARNING, request_id=request.scope["state"]["request_id"])
        return show(request, "sign_in.html", 401 if key is None else 403, next=_name(page), wrong=wrong)
    service.access.sessions.close(session_token(request.headers))
    response = _go(page)
    keep_session(
        response, service.access.sessions.open(key), over_tls(request.scope["scheme"], request.headers)
    )
    event("signed_in", key=key.name, request_id=request.scope["state"]["request_id"])
    return response


@routes.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session, here and in the browser."""
    service: Service = request.app.state.service
    service.access.sessions.close(session_token(request.headers))
    response = RedirectResponse("sign-in", 303)
    drop_session(response, over_tls(request.scope["scheme"], request.headers))
    return response


def to_sign_in(path: str) -> Response:
    """Send a browser to the form, and back to this page afterwards."""
    return RedirectResponse(f"sign-in?next={_name(path)}", 303)


def _page(name: str) -> str:
    """The page of that name; "/" for whatever is none of ours, so that nobody is sent elsewhere."""
    path = f"/{name}"
    return path if path in PAGES else "/"


def _name(page: str) -> str:
    return page.removeprefix("/")


def _go(page: str) -> RedirectResponse:
    return RedirectResponse(_name(page) or "./", 303)
