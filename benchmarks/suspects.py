"""Planted label errors: how many of them `petition suspects` finds.

    python -m benchmarks.suspects --data ../shared/data [--scores wide head both] [--seeds 3]

On each axis one labelled report in twenty gets one wrong label set, in equal parts: a label taken away, one
added, one put in another's place. Every (report, axis) is then ranked. `precision` and `recall` count the
planted errors among the first tenth; with every error there precision is 0.5, by chance it is 0.05. The
labels have errors of their own, which count as false finds here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.frozen import ENCODER, frozen_states
from benchmarks.results import keep, table
from data.labelled import LabelledReport, label_targets, read_labelled
from data.taxonomy import Taxonomy
from model.encode import Encoder
from model.export import DEFAULT, TOKENIZER
from training.folds import fold_of, head_folds, joined_logits, probabilities, wide_folds
from training.label_errors import axis_suspects
from training.settings import TrainSettings
from training.suspects import SCORES
from training.wide import feature_matrix, fit_buckets

Floats = NDArray[np.float32]
KINDS = ("taken away", "added", "replaced")
SHARE, TOP = 0.05, 0.1


def plant(targets: Floats, taxonomy: Taxonomy, seed: int) -> tuple[Floats, dict[tuple[int, str], str]]:
    """Put errors into labels; give the labels and (row, axis id) -> kind of error.

    Where nothing holds, nothing can be taken away or replaced, and a label is added.
    """
    rng = np.random.default_rng(seed)
    wrong = targets.copy()
    planted: dict[tuple[int, str], str] = {}
    for axis, columns in taxonomy.columns():
        rows = np.flatnonzero(~np.isnan(targets[:, columns.start]))
        for number, row in enumerate(rng.permutation(rows)[: round(SHARE * rows.size)]):
            mine = wrong[row, columns]
            held, free = np.flatnonzero(mine == 1), np.flatnonzero(mine == 0)
            kind = KINDS[number % 3] if held.size else "added"
            if kind != "added":
                mine[rng.choice(held)] = 0
            if kind != "taken away":
                mine[rng.choice(free)] = 1
            planted[int(row), axis.id] = kind
    return wrong, planted


def found(
    chances: Floats, wrong: Floats, planted: Mapping[tuple[int, str], str], taxonomy: Taxonomy
) -> dict[str, float]:
    """Precision and recall among the first tenth of all (report, axis); recall of each kind and axis."""
    sets = sum(int((~np.isnan(wrong[:, c.start])).sum()) for _, c in taxonomy.columns())
    ranked = axis_suspects(chances, wrong, taxonomy)
    first = {(one.row, one.axis) for one in ranked[: round(TOP * sets)]}
    flagged = {(one.row, one.axis) for one in ranked if one.flagged}
    figures = {
        "precision": len(first & planted.keys()) / round(TOP * sets),
        "recall": len(first & planted.keys()) / len(planted),
        "flagged": len(flagged) / sets,
        "flagged precision": len(flagged & planted.keys()) / max(1, len(flagged)),
        "flagged recall": len(flagged & planted.keys()) / len(planted),
    }
    groups = {kind: {place for place, one in planted.items() if one == kind} for kind in KINDS}
    groups |= {axis.id: {place for place in planted if place[1] == axis.id} for axis in taxonomy.axes}
    return figures | {name: len(first & one) / max(1, len(one)) for name, one in groups.items()}


def measure(
    rows: Sequence[LabelledReport], taxonomy: Taxonomy, ways: Sequence[str], encoder: Path, seeds: int
) -> dict[str, dict[str, list[float]]]:
    """Way of scoring -> figure -> its value at each seed; `seconds` is of the models, states apart."""
    reports = [row.report for row in rows]
    targets = np.array([label_targets(row, taxonomy) for row in rows], dtype=np.float32)
    texts = [one.plain for one in Encoder.from_file(DEFAULT / TOKENIZER).encode(reports)]
    features = feature_matrix(texts, fit_buckets(texts, TrainSettings.wide_bits))
    states = None if ways == ["wide"] else frozen_states(rows, encoder)
    fold = fold_of(texts, 5)
    results: dict[str, dict[str, list[float]]] = {way: {} for way in ways}
    for seed in range(seeds):
        wrong, planted = plant(targets, taxonomy, seed)
        tables, seconds = {}, {}
        start = time.process_time()
        if set(ways) - {"head"}:
            tables["wide"] = wide_folds(features, wrong, fold).scores
        seconds["wide"] = time.process_time() - start
        start = time.process_time()
        if states is not None:
            tables["head"] = head_folds(states, wrong, fold)
        seconds["head"] = time.process_time() - start
        seconds["both"] = seconds["wide"] + seconds["head"]
        for way in ways:
            used = [tables[name] for name in (("wide", "head") if way == "both" else (way,))]
            chances = probabilities(joined_logits(used, wrong), wrong, taxonomy)
            figures = found(chances, wrong, planted, taxonomy) | {"seconds": seconds[way]}
            for name, value in figures.items():
                results[way].setdefault(name, []).append(value)
            print(way, seed, {name: round(value, 3) for name, value in figures.items()}, flush=True)
    return results


def main() -> None:
    """Measure on gold/train, and write the section `suspects`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/")
    parser.add_argument("--scores", nargs="+", choices=SCORES, default=list(SCORES))
    parser.add_argument("--encoder", type=Path, default=ENCODER, help="one that never saw gold's labels")
    parser.add_argument("--seeds", type=int, default=1)
    args = parser.parse_args()
    taxonomy = Taxonomy.default()
    names = ["precision", "recall", *KINDS, *(axis.id for axis in taxonomy.axes)]
    names += ["flagged", "flagged precision", "flagged recall", "seconds"]
    body, kept = [], {}
    sets = {"train": (args.encoder, "pretrained encoder"), "dev": (DEFAULT, "Export's encoder")}
    for name, (encoder, called) in sets.items():
        rows = list(read_labelled(args.data / "gold" / f"{name}.jsonl", taxonomy))
        # dev is small, so the planted errors are few: more seeds make up for it.
        seeds = args.seeds if name == "train" else 4 * args.seeds
        results = measure(rows, taxonomy, args.scores, encoder, seeds)
        kept[name] = results
        shown = [[way, *(float(np.mean(results[way][one])) for one in names)] for way in args.scores]
        body.append(
            f"gold/{name}, {len(rows)} reports, {called}, seeds: {seeds}\n\n"
            + table(["scores", *names], shown)
        )
    body.append(
        "One label set in twenty is wrong on each axis: a label taken away, added or replaced. precision and "
        "recall are of the first tenth of all label sets: 0.5 and 1 at best, 0.05 and 0.1 by chance. Columns "
        "named after a kind of error or an axis are the recall of these. flagged is the share of label sets "
        "that confident learning takes for errors. The labels have errors of their own, which count as "
        "false here. seconds are of one core. `wide`: linear SVMs over n-grams; `head`: ridge regression "
        "on pooled states of a frozen encoder; `both`: the two together. On gold/train the encoder has seen "
        "no labels; on gold/dev it is the Export's, which was not trained on gold/dev."
    )
    command = "python -m benchmarks.suspects --data ../shared/data"
    keep("suspects", "Planted label errors", command, "\n\n".join(body), kept)
    print("\n\n".join(body))


if __name__ == "__main__":
    main()
