"""Measure: reports through the Tagger to a Sample."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.report import Report
from model.drift.sample import Sample
from model.export import Export
from model.tagger import Tagger
from model.wide import Wide, ngrams
from model.work import Work, pooled

Floats = NDArray[np.float32]


def measure(tagger: Tagger, reports: Iterable[Report], seed: int = 0) -> Sample:
    """Read reports and keep their figures, in constant memory but for these.

    Args:
        seed: of the order in which the figures are kept, so that it tells nothing.
    """
    parts: dict[str, list[Any]] = {}
    reasons: Counter[str] = Counter()
    for works, logits in tagger.examine(reports):
        found = _chunk(tagger, works, logits, reasons)
        for name, table in found.items():
            parts.setdefault(name, []).append(table)
    if not parts:
        parts = {name: [table] for name, table in _nothing(tagger).items()}
    tables = {name: np.concatenate(tables) for name, tables in parts.items()}
    order = np.random.default_rng(seed).permutation(len(tables["given"]))
    export = tagger.export
    return Sample(
        export.model, digest_of(export), export.taxonomy, len(order), 0, reasons=dict(reasons.most_common()),
        **{name: table[order] for name, table in tables.items()},
    )  # fmt: skip


def digest_of(export: Export) -> str:
    """Names what an Export computes, whatever it is called."""
    decisions = {id: one.to_dict(export.taxonomy.axis(id)) for id, one in export.decisions.items()}
    text = f"{sorted(export.files.items())}{decisions}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def of_total(sample: Sample, total: int, rejected: int) -> Sample:
    """The same sample, drawn from so many reports of a file with so many bad rows."""
    return replace(sample, total=total, rejected=rejected)


def vector(work: Work) -> Floats:
    """What the heads see of one report [3 * labels].

    Mean attention score and mean value over its tokens, which are the encoder's mean state seen along the
    heads' own directions; and the attended value, which is where the labels look.
    """
    scores, values = np.concatenate(work.scores), np.concatenate(work.values)
    return np.concatenate([scores.mean(0), values.mean(0), pooled(work)])


def _chunk(
    tagger: Tagger, works: list[Work], logits: Floats, reasons: Counter[str]
) -> dict[str, NDArray[Any]]:
    decided = tagger.decide(works, logits)
    reasons.update(reason for why in decided.reasons for reason in why)
    found: dict[str, NDArray[Any]] = {
        "given": decided.given, "review": np.array([bool(why) for why in decided.reasons]),
        "scores": decided.scores,
        "lengths": np.array([len(work.report.text) for work in works], dtype=np.int64),
        "unknown": np.array([_unknown(tagger, work) for work in works], dtype=np.float32),
        "vectors": np.stack([vector(work) for work in works]).astype(np.float32),
    }  # fmt: skip
    if tagger.wide is not None:
        known = [_known(tagger.wide, work.encoded.plain) for work in works]
        found["rare"] = 1 - np.array(known, dtype=np.float32)
    return found


def _unknown(tagger: Tagger, work: Work) -> float:
    """Share of the characters; a tokenizer may join many that it does not know to one token."""
    encoded = work.encoded
    lengths, strange = encoded.end - encoded.start, encoded.ids == tagger.encoder.unknown
    return float(lengths[strange].sum() / max(1, lengths.sum()))


def _known(wide: Wide, text: str) -> float:
    """Share of a text's n-grams that the wide part knows; 1 for a text without any."""
    buckets = ngrams(text, wide.buckets.bits)[0]
    return float((wide.buckets.rows(buckets) >= 0).mean()) if buckets.size else 1.0


def _nothing(tagger: Tagger) -> dict[str, NDArray[Any]]:
    labels = sum(len(axis.labels) for axis in tagger.export.taxonomy.axes)
    floats = np.zeros(0, np.float32)
    return {
        "given": np.zeros((0, labels), bool), "review": np.zeros(0, bool),
        "scores": np.zeros((0, labels), np.float32), "lengths": np.zeros(0, np.int64), "unknown": floats,
        "vectors": np.zeros((0, 3 * labels), np.float32),
    }  # fmt: skip
