"""Shape: the figures of drift as JSON for a program; shares and ids of labels, never a report's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from model.drift.compare import Drift, MeanChange, Rate, RateChange
from model.drift.rules import Finding
from model.drift.sample import Sample
from model.drift.shift import Shift

FORMAT = 1


def drift_shape(found: Drift, findings: Sequence[Finding], alpha: float) -> dict[str, Any]:
    """All figures and the broken rules."""
    return {
        "format": FORMAT,
        "drift": any(finding.level == "fail" for finding in findings),
        "model": found.before.model,
        "alpha": alpha,
        "findings": [{**asdict(finding), "level": finding.level.value} for finding in findings],
        "reference": _sample(found.before),
        "current": _sample(found.after),
        "labels": [_rate(one) for one in found.labels],
        "needs_review": _rate(found.review),
        "scores": [{"axis": one.axis, "label": one.label, **_shift(one.shift)} for one in found.scores],
        "lengths": found.lengths and _shift(found.lengths),
        "unknown_characters": found.unknown and _mean(found.unknown),
        "rare_ngrams": found.rare and _mean(found.rare),
        "apart": found.apart and asdict(found.apart),
    }


def _sample(sample: Sample) -> dict[str, Any]:
    return {
        "reports": len(sample), "of": sample.total, "rejected": sample.rejected,
        "review_reasons": dict(sample.reasons),
    }  # fmt: skip


def _rate(one: RateChange) -> dict[str, Any]:
    place = {"axis": one.axis, "label": one.label or None} if one.axis else {}
    return {
        **place, "reference": _share(one.before), "current": _share(one.after), "change": one.points,
        "change_low": one.low, "change_high": one.high, "p": one.p,
    }  # fmt: skip


def _share(rate: Rate) -> dict[str, Any]:
    return {"count": rate.count, "share": rate.share, "low": rate.low, "high": rate.high}


def _shift(one: Shift) -> dict[str, Any]:
    return {"psi": one.psi, "p": one.p, "edges": list(one.edges), "reference": list(one.before),
            "current": list(one.after)}  # fmt: skip


def _mean(one: MeanChange) -> dict[str, Any]:
    sides = {"reference": one.before, "current": one.after}
    named = {side: dict(zip(("mean", "low", "high"), three, strict=True)) for side, three in sides.items()}
    return {**named, "change": one.points, "p": one.p}
