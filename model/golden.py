"""Golden reports: invented ones with the scores they had at export, replayed on the machine at hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.report import Report
from model.tagger import Tagger

TOLERANCE = 0.02
"""Largest allowed difference of a score: int8 kernels of different processors round differently."""


class GoldenMismatch(Exception):
    """This machine does not compute what the Export expects."""


def write_golden(path: Path, tagger: Tagger, reports: Sequence[Report]) -> None:
    """Write reports with all their scores."""
    scores = tagger.scores(reports)
    with path.open("w", encoding="utf-8") as out:
        for report, row in zip(reports, scores, strict=True):
            shape = {
                "id": report.id, "title": report.title, "text": report.text,
                "scores": [round(float(s), 4) for s in row],
            }  # fmt: skip
            out.write(json.dumps(shape, ensure_ascii=False) + "\n")


def replay_golden(path: Path, tagger: Tagger) -> tuple[int, float]:
    """Tag the golden reports again; return their number and the largest difference of a score.

    Raises:
        GoldenMismatch: a score differs by more than TOLERANCE.
    """
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if not rows:
        return 0, 0.0
    found = tagger.scores([Report(id=row["id"], title=row["title"], text=row["text"]) for row in rows])
    worst = float(np.abs(found - np.array([row["scores"] for row in rows])).max())
    if not worst <= TOLERANCE:  # not a number is a mismatch too
        raise GoldenMismatch(
            f"{path}: a score differs by {worst:.3f} (allowed {TOLERANCE}); this machine computes "
            f"differently from the one that exported the model: update onnxruntime, or export again here"
        )
    return len(rows), worst
