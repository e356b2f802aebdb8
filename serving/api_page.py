"""The page of the API at /docs: Swagger UI from an installed package, so that it works without internet."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

from serving.problem import Problem

PACKAGE = "fastapi_offline"
"""Ships swagger-ui in its folder static/; nothing else of it is used."""
_FILES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}
# Swagger UI sets styles on elements and draws icons from data: addresses; scripts come from here alone.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="zh">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>petition-tagger API</title>
<link rel="icon" href="docs/favicon.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
"""
# Relative addresses throughout, so that the page also works behind a proxy under a path of its own.
START = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#page", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout",
  defaultModelsExpandDepth: 0,
});
"""


def api_page() -> APIRouter:
    """Routes of the page and of its files."""
    page = APIRouter(include_in_schema=False)
    folder = Path(str(files(PACKAGE) / "static"))

    @page.get("/docs")
    async def docs() -> Response:
        return HTMLResponse(PAGE, headers={"Content-Security-Policy": POLICY})

    @page.get("/docs/start.js")
    async def start() -> Response:
        return Response(START, media_type="text/javascript")

    @page.get("/docs/{name}")
    async def file(name: str) -> Response:
        if name not in _FILES:
            raise Problem("not_found")
        return FileResponse(folder / name, media_type=_FILES[name])

    return page
