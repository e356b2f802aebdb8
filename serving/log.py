"""Log: one line an event, as text or JSON: ids, counts and times, never a report's words."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

LOG = logging.getLogger("petition")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def event(name: str, level: int = logging.INFO, error: BaseException | None = None, **fields: object) -> None:
    """Log an event with its fields; of an error its kind and place, since its message may hold words.

    Whoever knows that it holds none gives it as a field of its own, `reason`.
    """
    if error is not None:
        fields |= {"error": type(error).__name__, "place": place(error.__traceback__)}
    LOG.log(level, name, extra={"fields": fields})


def place(trace: TracebackType | None) -> str:
    """The innermost file and lines of a traceback, outermost first."""
    frames = traceback.extract_tb(trace)[-4:]
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)


class _Formatter(logging.Formatter):
    def __init__(self, form: str) -> None:
        super().__init__()
        self._json = form == "json"

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = dict(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[0] is not None:
            fields |= {"error": record.exc_info[0].__name__, "place": place(record.exc_info[2])}
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        level, name = record.levelname.lower(), _CONTROL.sub(" ", record.getMessage()).strip()
        if self._json:
            return json.dumps(
                {"time": when, "level": level, "event": name, **fields}, ensure_ascii=False, default=str
            )
        shown = " ".join(f"{key}={_CONTROL.sub(' ', str(value))}" for key, value in fields.items())
        return f"{when} {level:7} {name} {shown}".rstrip()


def set_up_log(form: str, level: str) -> None:
    """Send our log and the server's own to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(form))
    for name in ("petition", "uvicorn", "asyncio", "opentelemetry"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level.upper() if name == "petition" else "WARNING")
    # Without a handler at the root, Python itself would print what any other library says: python-multipart
    # tells bytes of the body that it cannot read.
    logging.getLogger().addHandler(logging.NullHandler())


def quiet_errors(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an error that no task took; asyncio's own handler would show its message."""
    event("unhandled_error", logging.ERROR, context.get("exception"))
