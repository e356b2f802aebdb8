"""Problem page: an error in the words of a person's page, where a person's page was asked for."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from serving.access import PAGES, SIGNING
from serving.pages.layout import show
from serving.pages.sign_in import to_sign_in
from serving.problem import Problem, answer_problem, to_problem

ADVICE = {
    "no_key": "登录已失效。请重新登录，再按浏览器的“后退”找回刚才填写的内容。",
    "forbidden": "当前登录的密钥没有这一页的权限，请退出后换一个密钥登录。",
    "foreign_page": "请从本服务自己的页面操作。如果前面有代理，请管理员让它原样传递 Host。",
    "too_large": "一次提交的内容太多，请分几次提交，或请管理员用 petition tag 命令处理整个文件。",
    "invalid": "有一件的文字过长，请拆分后再提交。",
    "rate": "这个密钥在一段时间内能打标的件数已用完，请稍后再试。",
    "busy": "现在排队的人太多，请稍后再试。",
    "crowded": "现在访问的人太多，请稍后再试。",
    "expired": "没有在规定时间内完成，请稍后再试，或分几次提交。",
    "draining": "服务正在重启，请过一会儿再试。",
    "slow_body": "上传太慢，没有收完，请再试一次。",
}
"""What to do, by code; whatever is not here is for the administrator."""
OTHERS = "请把请求编号告诉管理员。"


def advice(problem: Problem) -> str:
    """What a person can do about a problem, in Chinese."""
    return ADVICE.get(problem.code, OTHERS)


async def answer_error(request: Request, error: Exception) -> Response:
    """Turn any error into a response: a page where a page was asked for, else problem+json."""
    path = request.scope["path"]
    pages = request.app.state.service.settings.pages
    if not pages or (path not in PAGES and path not in SIGNING):
        return await answer_problem(request, error)
    problem, state = to_problem(error), request.scope.setdefault("state", {})
    state["problem"] = problem.code
    if problem.code == "no_key" and request.method == "GET":
        # Whoever follows a link from another site comes without the cookie; a page of ours that asks again
        # has it.
        linked = request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
        return show(request, "again.html") if linked else to_sign_in(path)
    response = show(
        request, "problem.html", problem.kind.status, title=problem.kind.title,
        advice=advice(problem), request_id=state.get("request_id", ""),
    )  # fmt: skip
    response.headers.update({k: v for k, v in problem.headers.items() if k != "WWW-Authenticate"})
    return response
