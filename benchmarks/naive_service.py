"""What is often put behind HTTP in an afternoon: transformers' pipeline and one FastAPI route.

python -m benchmarks.naive_service ENCODER LABELS PORT
"""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.speed import pipeline_work
from data.report import Report


class Body(BaseModel):
    """One report."""

    text: str
    title: str = ""


def main() -> None:
    """Serve until ended."""
    encoder, labels, port = sys.argv[1:]
    tag = pipeline_work(encoder, encoder, int(labels), 1)
    app = FastAPI()

    @app.get("/ready")
    def ready() -> str:
        return "ready"

    @app.post("/tag")
    def answer(body: Body) -> object:
        return tag([Report("", body.text, body.title)])

    uvicorn.run(app, port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
