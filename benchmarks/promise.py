"""Does a promise hold? Borders fitted on a part of gold/dev, looked at on the rest, many times.

python -m benchmarks.promise --data ../shared/data [--export model/default]
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.results import keep, table
from data.labelled import label_targets, read_labelled
from data.taxonomy import Taxonomy
from model.decide import AxisDecision
from model.export import DEFAULT
from model.promise import By
from model.tagger import Tagger
from model.tuning.tune import TooFew, caught, tune
from model.tuning.wish import Wish

Floats = NDArray[np.float32]
Places = NDArray[np.intp]
CONFIDENCE, SPLITS = 0.95, 1000
WISHES: Sequence[tuple[Wish, By]] = (
    (Wish("misconduct", "", 0.95), "review"),
    (Wish("misconduct", "", 0.95), "tag"),
    (Wish("misconduct", "", 0.98), "review"),
    (Wish("misconduct", "inaction", 0.9), "review"),
    (Wish("misconduct", "inaction", 0.9), "tag"),
    (Wish("misconduct", "evasion", 0.85), "review"),
    (Wish("misconduct", "arbitrary", 0.85), "review"),
    (Wish("misconduct", "falsification", 0.8), "review"),
)


@dataclass(frozen=True)
class Seen:
    """What one promise came to on reports that did not set its border; shares."""

    caught: float
    read: float
    precision: float
    told_read: float
    told_precision: float


class Pile:
    """Reports with scores and labels, and a model's decisions."""

    def __init__(self, export: Path, file: Path) -> None:
        tagger = Tagger.load(export)
        self.taxonomy: Taxonomy = tagger.export.taxonomy
        self.decisions: Mapping[str, AxisDecision] = tagger.export.decisions
        rows = list(read_labelled(file, self.taxonomy))
        self.scores = tagger.scores([row.report for row in rows])
        self.truth = np.array([label_targets(row, self.taxonomy) for row in rows], dtype=np.float32)

    def has(self, wish: Wish, places: Places) -> NDArray[np.bool_]:
        """Which of these reports have what is wished for."""
        truth = self.truth[places][:, self._columns(wish)] > 0
        axis = self.taxonomy.axis(wish.axis)
        return truth[:, axis.label_ids.index(wish.label)] if wish.label else truth.any(axis=1)

    def look(self, wish: Wish, by: By, fitted: Places, others: Places) -> Seen | None:
        """Tune on some reports and look at others; None where the former are too few."""
        try:
            tuned, (promise,) = tune(
                self.decisions, self.scores[fitted], self.truth[fitted], self.taxonomy, [wish], CONFIDENCE, by
            )
        except TooFew:
            return None
        mine = self.scores[others][:, self._columns(wish)]
        read = caught(tuned[wish.axis], self.taxonomy.axis(wish.axis), mine, wish, by).any
        has = self.has(wish, others)
        return Seen(
            float(read[has].mean()), float(read.mean()), float(has[read].mean()), promise.read,
            promise.precision,
        )  # fmt: skip

    def _columns(self, wish: Wish) -> slice:
        return next(columns for axis, columns in self.taxonomy.columns() if axis.id == wish.axis)


def main() -> None:
    """Measure and write the section `promise`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/")
    parser.add_argument("--export", type=Path, default=DEFAULT)
    args = parser.parse_args()
    pile = Pile(args.export, args.data / "gold" / "dev.jsonl")
    count = len(pile.scores)
    rows: list[list[object]] = []
    figures: dict[str, dict[str, object]] = {}
    for wish, by in WISHES:
        rng = np.random.default_rng(11)
        everyone = np.arange(count)
        split, drawn = [], []
        for _ in range(SPLITS):
            order = rng.permutation(count)
            split.append(pile.look(wish, by, order[: count // 3], order[count // 3 :]))
            drawn.append(pile.look(wish, by, rng.integers(0, count, count), everyone))
        name = f"{wish.axis}{'/' + wish.label if wish.label else ''} {wish.caught:.0%}, by {by}"
        figures[name] = {"positives": int(pile.has(wish, everyone).sum())}
        for how, told in (("a third of dev", split), ("drawn from dev", drawn)):
            granted = [one for one in told if one is not None]
            if len(granted) < SPLITS:
                continue  # those that sufficed had more than their share of such reports
            one = figures[name][how] = _summary(granted, wish)
            rows.append([
                name, how, one["holds"], one["caught"], one["lowest"], one["read"],
                one["told_read"], one["precision"], one["told_precision"],
            ])  # fmt: skip
    body = table(
        ["wish", "fitted on", "holds", "caught, mean", "caught, 5th percentile", "read",
         "read, as told", "precision", "precision, as told"],
        rows,
    )  # fmt: skip
    body += (
        f"\n\n{SPLITS} times each, with confidence {CONFIDENCE:g}. *A third of dev*: fitted on a random "
        f"third of the {count} reports, looked at on the rest, which is a sample itself: some splits fall "
        "below the wish by their luck alone; left out where a third is too few for the wish. *Drawn from "
        "dev*: dev is taken for the world; as many reports are drawn from it with replacement, and looked at "
        "is all of it. *Holds*: share of the times in which at least the wished share was caught. *As told*: "
        "what the answer of `petition tune` said, from the reports that it fitted on."
    )
    title, command = (
        "Do the promises of petition tune hold",
        "python -m benchmarks.promise --data ../shared/data",
    )
    keep("promise", title, command, body, figures)
    print(body)


def _summary(seen: Sequence[Seen], wish: Wish) -> dict[str, float]:
    """Means, and how often the wish was kept."""
    shares = np.array([one.caught for one in seen])
    return {
        "holds": float((shares >= wish.caught - 1e-9).mean()),
        "caught": float(shares.mean()),
        "lowest": float(np.quantile(shares, 0.05)),
        **{
            key: float(np.mean([getattr(one, key) for one in seen]))
            for key in ("read", "told_read", "precision", "told_precision")
        },
    }


if __name__ == "__main__":
    main()
