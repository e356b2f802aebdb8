"""placeholder"""

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.requests import Request
from serving.pages.layout import show

routes = APIRouter()


@routes.get("/")
async def page(request: Request) -> Response:
    return show(request, "problem.html", title="x", advice="y", request_id="")
