"""Tracing: spans of requests for OpenTelemetry, off by default. Routes, counts and times, never words.

The libraries' own instrumentation records paths, queries and messages of errors, so the spans are made here,
by a provider of our own that nothing else writes to.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from serving.answer import Timing
from serving.settings import BadSettings, ServeSettings
from serving.version import package_version

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

UNTRACED = frozenset(["/livez", "/readyz", "/metrics", "/ping", "/health"])
_NS = 1_000_000_000


@dataclass(frozen=True)
class Stage:
    """One step of a request: its name, and when it began and ended, in nanoseconds since 1970."""

    name: str
    began: int
    ended: int


def stages(timing: Timing) -> list[Stage]:
    """The steps of an answer that has just been given."""
    found, ended = [], time.time_ns()
    for name in ("inference", "queue", "cut"):
        began = ended - round(getattr(timing, name) * _NS)
        found.append(Stage(name, began, ended))
        ended = began
    return found[::-1]


class Tracing:
    """Makes one span for a request, with one inside it for each stage."""

    def __init__(self, processor: SpanProcessor) -> None:
        """Set up; spans go to the processor."""
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider

        about = {"service.name": "petition-tagger", "service.version": package_version()}
        self._provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("petition")

    def request(
        self,
        headers: Headers,
        seconds: float,
        route: str,
        attributes: Mapping[str, str | int],
        steps: list[Stage],
    ) -> None:
        """Tell of a request that has just ended.

        Args:
            headers: its own; a `traceparent` among them is its parent.
            seconds: that it took.
            route: as declared, never as typed.
            attributes: nothing that the caller chose, but for a request id in which no identifier was found.
            steps: of its reports.
        """
        if route in UNTRACED:
            return
        from opentelemetry.trace import SpanKind, set_span_in_context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        # Not tracestate: it would carry on whatever the caller wrote there.
        parent = TraceContextTextMapPropagator().extract({"traceparent": headers.get("traceparent", "")})
        ended = time.time_ns()
        span = self._tracer.start_span(
            route, parent, SpanKind.SERVER, dict(attributes), start_time=ended - round(seconds * _NS)
        )
        inside = set_span_in_context(span)
        for step in steps:
            self._tracer.start_span(step.name, inside, start_time=step.began).end(step.ended)
        span.end(ended)

    def close(self) -> None:
        """Send what waits, for some seconds at most, and end."""
        self._provider.shutdown()


def open_tracing(settings: ServeSettings) -> Tracing | None:
    """Tracing to the collector of the settings, or None where they name none.

    Raises:
        BadSettings: the extra is not installed.
    """
    if not settings.traces:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise BadSettings("traces：请先 pip install 'petition-tagger[traces]'，或留空") from None
    return Tracing(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.traces, timeout=5)))
