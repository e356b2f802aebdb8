"""Writers: where predictions go, and the simplest of them."""

from __future__ import annotations

import json
from typing import Protocol, TextIO

from data.report import Report
from model.prediction import Prediction


class Writer(Protocol):
    """Takes predictions in the order of the reports."""

    def write(self, report: Report, prediction: Prediction) -> None:
        """Take one report."""

    def close(self) -> list[str]:
        """Finish; give remarks for the user (Chinese, without a report's words)."""


class JsonlWriter:
    """Prediction.to_dict(), one a line."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, report: Report, prediction: Prediction) -> None:
        """Write one line."""
        self._out.write(json.dumps(prediction.to_dict(), ensure_ascii=False) + "\n")

    def close(self) -> list[str]:
        """Flush."""
        self._out.flush()
        return []
