"""The page at /: paste a report or hand in a file, see its tags and their evidence, take the table away."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Sequence

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.requests import Request

from data.report import Report
from data.taxonomy import Taxonomy
from model.prediction import Prediction
from model.tagger import EvidenceFor
from serving.answer import Answer
from serving.pages.form import Form, read_form
from serving.pages.intake import Batch, Unusable, pasted, uploaded
from serving.pages.layout import show
from serving.pages.problem_page import advice
from serving.pages.shown import counts, shown
from serving.problem import Problem, to_problem
from serving.refusal import Refusal
from serving.schema import prediction_shape
from serving.service import Service
from serving.settings import ServeSettings
from serving.spreadsheet import CsvWriter, XlsxWriter
from serving.tagging import check_limits, tag_for
from serving.unread import sheets_named

SHOWN = 200  # reports on one page; the table to take away has all
TABLES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}
routes = APIRouter()


@routes.get("/")
async def blank(request: Request) -> Response:
    """The empty form."""
    return _page(request, Form({}, {}))


@routes.post("/")
async def results(request: Request) -> Response:
    """The form as it was sent, and under it the results, or why there are none."""
    service: Service = request.app.state.service
    form = Form({}, {})
    try:
        form = await read_form(request)
        batch = await asyncio.to_thread(_batch, form, service.settings)
        check_limits(service.settings, batch.reports, None)
        evidence: EvidenceFor = "all" if "all" in form.fields else "misconduct"
        answer = await tag_for(request, batch.reports, evidence)
    except Unusable as error:
        request.scope["state"]["problem"] = "unusable"
        return _page(request, form, 422, str(error))
    except (Problem, Refusal) as error:
        problem = to_problem(error)
        request.scope["state"]["problem"] = problem.code
        page = _page(request, form, problem.kind.status, f"{problem.kind.title}：{advice(problem)}")
        page.headers.update(problem.headers)
        return page
    values = await asyncio.to_thread(_results, batch, answer)
    return _page(request, form, results=values, model=answer.export.model)


def _batch(form: Form, settings: ServeSettings) -> Batch:
    text, file = form.fields.get("text", ""), form.files.get("file")
    if file is None:
        return pasted(text, "lines" in form.fields, settings.max_reports)
    if text.strip():
        raise Unusable("请只给一样：粘贴的文字，或一个文件。")
    return uploaded(file, settings.max_chars, settings.max_reports)


def _results(batch: Batch, answer: Answer) -> dict[str, object]:
    # Not the present model's: another may have taken its place meanwhile.
    taxonomy, predictions = answer.export.taxonomy, answer.predictions
    # Never the batch's own reports: what of them may be seen is the Guard's to say.
    pairs = [(one.report, prediction) for one, prediction in zip(answer.shown, predictions, strict=True)]
    return {
        "reports": [shown(*one, taxonomy) for one in answer.shown[:SHOWN]],
        "total": len(pairs),
        "reviews": sum(prediction.needs_review for prediction in predictions),
        "counts": counts(predictions, taxonomy),
        "bad": batch.bad,
        "left": sheets_named(batch.left),
        "source": batch.source,
        "target": batch.target,
        "tables": {kind: _data(media, table(kind, pairs, taxonomy)) for kind, media in TABLES.items()},
        "answer": {"predictions": [prediction_shape(i, p, None) for i, p in enumerate(predictions)]},
    }


def table(kind: str, pairs: Sequence[tuple[Report, Prediction]], taxonomy: Taxonomy) -> bytes:
    """The same file as `petition tag` writes, of kind "xlsx" or "csv"."""
    out = io.BytesIO()
    text = io.TextIOWrapper(out, encoding="utf-8", errors="replace", newline="")
    writer = XlsxWriter(out, taxonomy) if kind == "xlsx" else CsvWriter(text, taxonomy)
    for report, prediction in pairs:
        writer.write(report, prediction)
    writer.close()
    return out.getvalue()


def _data(media: str, content: bytes) -> str:
    """The file within its own address, so that nothing of it is kept here."""
    return f"data:{media};base64,{base64.b64encode(content).decode()}"


def _page(
    request: Request,
    form: Form,
    status: int = 200,
    wrong: str = "",
    results: dict[str, object] | None = None,
    model: str = "",
) -> Response:
    service: Service = request.app.state.service
    settings: ServeSettings = service.settings
    # What was pasted is in the text area again only where all of it may be seen.
    covered = not service.guard.idle
    fields = {name: value for name, value in form.fields.items() if name != "text" or not covered}
    return show(
        request, "tagging.html", status, model, fields=fields, covered=covered, wrong=wrong, results=results,
        most=settings.max_reports, megabytes=settings.max_body_bytes // 1_000_000,
    )  # fmt: skip
