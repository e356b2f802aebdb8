"""Metrics: what Prometheus reads. Counts and times; labels are routes, codes and ids of the taxonomy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from model.guard import BY_HAND
from model.prediction import Prediction
from serving.answer import Answer
from serving.watch import Side

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_TOKENS = (64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)


class Metrics:
    """One registry for one service, so that several may live in one process."""

    def __init__(self, sealed: bool = False) -> None:
        """Make them; `sealed` leaves out what the tags of a single report could be read from."""
        self._sealed = sealed
        self.registry = CollectorRegistry()
        r = self.registry
        self._requests = Counter(
            "petition_requests", "Requests by route, status and problem code", ["route", "status", "code"],
            registry=r,
        )  # fmt: skip
        self._seconds = Histogram(
            "petition_request_seconds", "From request to response", ["route"], buckets=_SECONDS, registry=r
        )
        stages = [("cut", "Cutting a request's reports into windows"),
                  ("queue", "From cut to the first batch"),
                  ("inference", "From the first batch to the answer")]  # fmt: skip
        self._stages = {
            name: Histogram(f"petition_{name}_seconds", text, buckets=_SECONDS, registry=r)
            for name, text in stages
        }
        self._reports = Counter("petition_reports", "Reports answered", registry=r)
        self._tokens = Counter("petition_tokens", "Tokens of the reports answered", registry=r)
        self._tags = Counter("petition_tags", "Tags given", ["axis", "label"], registry=r)
        self._reviews = Counter("petition_needs_review", "Reports that ask for a person", registry=r)
        self._reasons = Counter("petition_review_reasons", "Why they ask", ["reason"], registry=r)
        self._batches = Histogram(
            "petition_batch_tokens", "Tokens in one call of the engine", buckets=_TOKENS, registry=r
        )
        self._engine = Histogram(
            "petition_engine_seconds", "One call of the engine", buckets=_SECONDS, registry=r
        )
        self._dropped = Counter(
            "petition_dropped", "Accepted requests whose work was dropped", ["reason"], registry=r
        )
        self._ended = Counter(
            "petition_connections_ended", "Connections ended from here, by why", ["reason"], registry=r
        )
        self._audit = Counter(
            "petition_audit_failures", "Answers withheld because the audit log failed", registry=r
        )
        self._reloads = Counter("petition_reloads", "Reloads of the model", ["outcome"], registry=r)
        self._taken = Counter("petition_reviews", "Reviews taken, and taken back", ["kind"], registry=r)
        self._model = Gauge("petition_model_info", "The model that answers", ["model"], registry=r)
        self._shadow = Gauge(
            "petition_shadow_info", "The two models that are compared", ["live", "shadow"], registry=r
        )
        self._shadow_reports = Counter(
            "petition_shadow_reports", "Reports drawn for the challenger", ["outcome"], registry=r
        )
        self._shadow_tags = Counter(
            "petition_shadow_tags", "Tags of reports that both models read, by who gave them",
            ["axis", "label", "side"], registry=r,
        )  # fmt: skip
        self._shadow_reviews = Counter(
            "petition_shadow_needs_review", "Reports that ask for a person, by who says so", ["side"],
            registry=r,
        )  # fmt: skip
        self.queue = Gauge("petition_queue_tokens", "Tokens under way", registry=r)
        self.outside = Gauge(
            "petition_outside_tokens", "Tokens of accepted lists that wait outside", registry=r
        )
        self.queue_limit = Gauge("petition_queue_limit_tokens", "Tokens under way at most", registry=r)

    def request(self, route: str, status: int, code: str, seconds: float) -> None:
        """A request has been answered."""
        self._requests.labels(route, str(status), code).inc()
        self._seconds.labels(route).observe(seconds)

    def answer(self, answer: Answer) -> None:
        """Reports have been tagged."""
        for name, histogram in self._stages.items():
            histogram.observe(getattr(answer.timing, name))
        self._reports.inc(len(answer.predictions))
        self._tokens.inc(answer.tokens)
        self._count(answer.predictions)

    def _count(self, predictions: Iterable[Prediction]) -> None:
        for prediction in predictions:
            if self._sealed or BY_HAND in prediction.review_reasons:
                continue
            for axis, tags in prediction.tags.items():
                for tag in tags:
                    self._tags.labels(axis, tag.label).inc()
            self._reviews.inc(prediction.needs_review)
            for reason in prediction.review_reasons:
                self._reasons.labels(reason).inc()

    def batch(self, windows: int, tokens: int, seconds: float) -> None:
        """The engine has read a batch."""
        self._batches.observe(tokens)
        self._engine.observe(seconds)

    def dropped(self, reason: str) -> None:
        """A request's work was dropped."""
        self._dropped.labels(reason).inc()

    def connection_ended(self, reason: str) -> None:
        """A connection was ended: its client was "slow", or others needed its place."""
        self._ended.labels(reason).inc()

    def audit_failure(self) -> None:
        """An answer was withheld because the audit log could not be written."""
        self._audit.inc()

    def reload(self, outcome: str) -> None:
        """A reload ended: "switched" or "refused"."""
        self._reloads.labels(outcome).inc()

    def review(self, kind: str) -> None:
        """The review log took a row: "review" or "undo"."""
        self._taken.labels(kind).inc()

    def model(self, name: str) -> None:
        """This model answers from now on."""
        self._model.clear()
        self._model.labels(name).set(1)

    def shadow_models(self, live: str, shadow: str) -> None:
        """These two are compared from now on; counts begin anew."""
        for each in (self._shadow, self._shadow_reports, self._shadow_tags, self._shadow_reviews):
            each.clear()
        self._shadow.labels(live, shadow).set(1)

    def shadow_scored(self, tags: Sequence[tuple[str, str, Side]], review: Side | None) -> None:
        """Both have read a report."""
        self._shadow_reports.labels("scored").inc()
        for axis, label, side in tags:
            self._shadow_tags.labels(axis, label, side).inc()
        if review is not None:
            self._shadow_reviews.labels(review).inc()

    def shadow_lost(self, how: str) -> None:
        """A drawn report was not compared."""
        self._shadow_reports.labels(how).inc()

    def text(self) -> bytes:
        """In Prometheus' own form."""
        return generate_latest(self.registry)
