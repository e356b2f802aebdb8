"""Layout: what every page shares: templates, policy, files, and who has signed in."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request

from serving.access import PAGES
from serving.problem import Problem
from serving.service import Service

FOLDER = Path(__file__).parent
# Scripts and styles are files of ours; nothing inline runs, and no script may turn text into HTML.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    # With "no-referrer" browsers hide the origin of our own forms too, which serving/origin.py asks for.
    "Referrer-Policy": "same-origin",
}
TITLES = {"/": "打标", "/review": "复核"}
"""Pages in the navigation, in order; each is shown to those whose role may open it."""
_FILES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
_templates.policies["json.dumps_kwargs"] = {"ensure_ascii": False}


def show(
    request: Request, template: str, status: int = 200, model: str = "", **values: object
) -> HTMLResponse:
    """Fill a template, which extends layout.html, and answer with it.

    Args:
        request: the request to answer.
        template: file in templates/.
        status: of the response.
        model: whose work it shows; by default the present one's.
        values: for the template. Everything is escaped; addresses in it are relative to the root.
    """
    service: Service = request.app.state.service
    key = service.access.signed_in(request.headers)
    everybody = service.access.keys is None
    links = [
        (path.removeprefix("/") or "./", title, path == request.scope["path"])
        for path, title in TITLES.items()
        if (everybody or (key is not None and key.role >= PAGES[path])) and service.offers(path)
    ]
    page = _templates.get_template(template).render(
        links=links, signed_in=key.name if key else "", docs=service.settings.docs,
        model=(model or service.tagger.export.model) if key or everybody else "", **values,
    )  # fmt: skip
    return HTMLResponse(page, status, headers=HEADERS)


def files() -> APIRouter:
    """Routes of the style sheet and the scripts."""
    route = APIRouter()
    folder = FOLDER / "static"
    names = {path.name: _FILES[path.suffix] for path in folder.iterdir() if path.suffix in _FILES}

    @route.get("/static/{name}")
    async def file(name: str) -> FileResponse:
        if name not in names:
            raise Problem("not_found")
        return FileResponse(folder / name, media_type=names[name])

    return route
