"""Likely label errors in labelled reports, ranked; without a report's words in what it writes.

    python -m training.suspects --labelled labels.jsonl --out suspects.jsonl

Every report is scored by models that did not see it: linear SVMs over n-grams (`wide`), a linear head on a
frozen encoder (`head`), or both. `petition suspects` runs this and makes a workbook of it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from data.errors import DataError
from data.labelled import LabelledReport, label_targets, read_labelled
from data.taxonomy import Taxonomy
from model.encode import BODY, TITLE, Encoded, Encoder
from model.evidence import find_evidence, token_sums
from model.export import DEFAULT, TOKENIZER
from model.wide import Buckets, Wide
from training.folds import WideFolds, fold_of, head_folds, joined_logits, probabilities, wide_folds
from training.label_errors import AxisSuspect, axis_suspects
from training.settings import TrainSettings, whole_number
from training.wide import feature_matrix, fit_buckets, pack

SCORES = ("wide", "head", "both")
ENCODER = DEFAULT
"""The Export that ships, which has not been trained on an office's own labels."""


@dataclass(frozen=True)
class Suspect:
    """One report with its suspect axes.

    Attributes:
        row: its place in the labelled files, all read one after the other, from 0.
        quality: of its worst axis.
        axes: worst first.
        evidence: axis id -> label id -> (part, start, end) in the report as received: what speaks for a
            label that is suggested and not given.
        near: row of the labelled report most like it; None where none shares anything.
        share: cosine of the two over n-grams.
    """

    row: int
    quality: float
    axes: Sequence[AxisSuspect]
    evidence: dict[str, dict[str, list[tuple[str, int, int]]]]
    near: int | None
    share: float

    def to_dict(self) -> dict[str, Any]:
        """JSON shape."""
        return asdict(self)


def find_suspects(
    rows: Sequence[LabelledReport],
    taxonomy: Taxonomy,
    scores: str = "wide",
    encoder: Path = ENCODER,
    folds: int = 5,
    limit: int = 0,
    seed: int = 0,
    bits: int = TrainSettings.wide_bits,
) -> list[Suspect]:
    """Rank the reports whose labels are likely wrong.

    Args:
        rows: labelled reports.
        taxonomy: their labels.
        scores: one of SCORES.
        encoder: folder of an Export, run or encoder; used for `head` and `both`.
        folds: parts that the reports are dealt into.
        limit: reports at most; 0 is a tenth of them.
        seed: of the folds.
        bits: width of the n-gram hash.

    Raises:
        DataError: fewer reports than folds.
        EncoderNotFound, BrokenExport: see `pooled_states`.
    """
    if len(rows) < 2 * folds:
        raise DataError(f"{len(rows)} labelled reports are too few for {folds} folds; label more first")
    reports = [row.report for row in rows]
    encoded = Encoder.from_file(DEFAULT / TOKENIZER).encode(reports)
    targets = np.array([label_targets(row, taxonomy) for row in rows], dtype=np.float32)
    texts = [one.plain for one in encoded]
    fold = fold_of(texts, folds, seed)
    buckets = fit_buckets(texts, bits)
    features = feature_matrix(texts, buckets)
    wide = wide_folds(features, targets, fold, seed=seed)
    tables = [] if scores == "head" else [wide.scores]
    if scores != "wide":
        from training.states import pooled_states

        tables.append(head_folds(pooled_states(reports, encoder), targets, fold))
    chances = probabilities(joined_logits(tables, targets), targets, taxonomy)
    by_row: dict[int, list[AxisSuspect]] = {}
    for suspect in axis_suspects(chances, targets, taxonomy):
        by_row.setdefault(suspect.row, []).append(suspect)
    worst = [*by_row.items()][: limit or max(1, len(rows) // 10)]
    near = nearest(features, [row for row, _ in worst])
    return [
        Suspect(
            row, axes[0].quality, axes,
            _evidence(rows[row], encoded[row], axes, taxonomy, wide, int(fold[row]), buckets),
            *near[row],
        )
        for row, axes in worst
    ]  # fmt: skip


def nearest(features: csr_matrix, rows: Sequence[int]) -> dict[int, tuple[int | None, float]]:
    """For each of these rows the other row most like it, and their cosine."""
    found: dict[int, tuple[int | None, float]] = {}
    for start in range(0, len(rows), 256):
        part = list(rows[start : start + 256])
        alike = np.asarray((features[part] @ features.T).todense())
        alike[np.arange(len(part)), part] = -1
        best = alike.argmax(axis=1)
        for place, (row, other) in enumerate(zip(part, best.tolist(), strict=True)):
            share = float(alike[place, other])
            found[row] = (other, share) if share > 0 else (None, 0.0)
    return found


def _evidence(
    labelled: LabelledReport, encoded: Encoded, axes: Sequence[AxisSuspect], taxonomy: Taxonomy,
    wide: WideFolds, fold: int, buckets: Buckets,
) -> dict[str, dict[str, list[tuple[str, int, int]]]]:  # fmt: skip
    """What speaks for the labels that are suggested and not given, to the SVMs that did not see it."""
    columns = {
        (axis.id, label): place
        for place, (axis, label) in enumerate(
            (axis, label) for axis in taxonomy.axes for label in axis.label_ids
        )
    }
    wanted = [
        (suspect.axis, label) for suspect in axes for label in suspect.suggested if label not in suspect.given
    ]
    if not wanted:
        return {}
    weights = wide.weights[fold][:, [columns[one] for one in wanted]]
    linear: Wide = pack(weights, np.zeros(len(wanted), dtype=np.float32), buckets)
    by_char = linear.contributions(encoded.plain, np.arange(len(wanted)))
    title = len(encoded.title.text)
    cut = title + 1 if title else 0
    parts = token_sums(encoded, {TITLE: by_char[:title], BODY: by_char[cut:]})
    found: dict[str, dict[str, list[tuple[str, int, int]]]] = {}
    for place, (axis, label) in enumerate(wanted):
        spans = find_evidence(labelled.report, encoded, parts[:, place])
        found.setdefault(axis, {})[label] = [(span.part, span.start, span.end) for span in spans]
    return found


def main() -> None:
    """Read the flags, rank, and write one suspect a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], prog="petition suspects")
    parser.add_argument("--labelled", type=Path, nargs="+", required=True, help="labelled JSONL files")
    parser.add_argument("--out", type=Path, required=True, help="JSONL: rows, labels and figures, no words")
    parser.add_argument("--taxonomy", type=Path, help="YAML; the default taxonomy where not given")
    parser.add_argument("--scores", choices=SCORES, default="wide")
    parser.add_argument("--encoder", type=Path, default=ENCODER, help="folder of an Export, run or encoder")
    parser.add_argument("--folds", type=whole_number, default=5)
    parser.add_argument("--limit", type=whole_number, default=0, help="reports at most; 0: a tenth")
    parser.add_argument("--seed", type=whole_number, default=0)
    args = parser.parse_args()
    taxonomy = Taxonomy.load(args.taxonomy) if args.taxonomy else Taxonomy.default()
    rows = [row for path in args.labelled for row in read_labelled(path, taxonomy)]
    found = find_suspects(rows, taxonomy, args.scores, args.encoder, args.folds, args.limit, args.seed)
    with args.out.open("w", encoding="utf-8") as out:
        for suspect in found:
            out.write(json.dumps(suspect.to_dict()) + "\n")


if __name__ == "__main__":
    main()
