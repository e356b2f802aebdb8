"""A learning curve on gold: reports to label chosen at random, and by the rule of `petition queue`.

    python -m benchmarks.learning_curve --data ../shared/data [--learner wide head both full] [--most 2000]

From the same 200 reports of gold/train on, 200 are added at a time and the learner is fitted anew; macro-F1
on gold/dev with cross-fitted thresholds. The queue scores what is left with that very learner, calibrated by
cross-fitting on the reports chosen so far; its view of the reports is the pretrained encoder's, which has
seen no label. `full` fine-tunes the whole network each time: hours on two cores.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from benchmarks.frozen import ENCODER, frozen_states
from benchmarks.results import keep, table
from data.labelled import label_targets, read_labelled
from data.taxonomy import Taxonomy
from model.encode import Encoder
from model.export import DEFAULT, TOKENIZER
from model.queue import label_next, once_each
from model.uncertainty import uncertainty
from training.calibrate import calibrate
from training.folds import head_folds, head_scores, wide_folds
from training.scores import macro_f1
from training.settings import TrainSettings
from training.wide import feature_matrix, fit_buckets, fit_linear

Floats = NDArray[np.float32]
Places = NDArray[np.int64]
Curves = dict[str, list[list[dict[str, float]]]]
"""Rule -> per seed, per size, axis id -> macro-F1."""
LEARNERS = {
    "wide": "the wide part alone (linear SVMs over n-grams)",
    "head": "a linear head on the pretrained encoder's pooled states, the encoder frozen",
    "both": "the sum of the wide part and of a linear head on the frozen pretrained encoder",
    "full": "the whole network, fine-tuned each time",
}
RULES = ("random", "queue", "uncertainty alone", "diversity alone")
STEP, FOLDS = 200, 3


class Bench:
    """Gold's texts and labels, as each learner needs them."""

    def __init__(self, data: Path, learner: str, encoder: Path, epochs: int) -> None:
        self.taxonomy, self.learner, self.encoder, self.epochs = Taxonomy.default(), learner, encoder, epochs
        read = Encoder.from_file(DEFAULT / TOKENIZER)
        self.files = [data / "gold" / f"{name}.jsonl" for name in ("train", "dev")]
        self.rows = [list(read_labelled(file, self.taxonomy)) for file in self.files]
        targets = [[label_targets(row, self.taxonomy) for row in rows] for rows in self.rows]
        self.targets, self.dev_targets = (np.array(one, dtype=np.float32) for one in targets)
        self.texts, self.dev_texts = (
            [one.plain for one in read.encode([row.report for row in rows])] for rows in self.rows
        )
        self.states = frozen_states(self.rows[0], encoder)
        self.dev_states = frozen_states(self.rows[1], encoder)
        self.alike = once_each(self.texts)
        # Of all texts: whoever labels some of them has the others too.
        buckets = fit_buckets(self.texts, TrainSettings.wide_bits)
        self.features = feature_matrix(self.texts, buckets)
        self.dev_features = feature_matrix(self.dev_texts, buckets)

    def fit(self, places: Places) -> tuple[Floats, Floats]:
        """Fit on some reports of train; scores of all of train, and of dev."""
        if self.learner == "full":
            return self._full(places)
        own, parts = self.targets[places], []
        if self.learner in ("wide", "both"):
            weights, bias = fit_linear(self.features[places], own)
            parts.append([_linear(table, weights, bias) for table in (self.features, self.dev_features)])
        if self.learner in ("head", "both"):
            seen = self.states[places]
            parts.append([head_scores(seen, own, states) for states in (self.states, self.dev_states)])
        train, dev = (np.sum(several, axis=0) for several in zip(*parts, strict=True))
        return train, dev

    def unseen(self, places: Places, dev: Floats) -> tuple[Floats, Floats]:
        """Scores to calibrate on, and their labels: of these reports, by models that did not see them.

        `full` calibrates on dev, as a real run does.
        """
        if self.learner == "full":
            return dev, self.dev_targets
        own, fold, tables = self.targets[places], np.arange(len(places)) % FOLDS, []
        if self.learner in ("wide", "both"):
            tables.append(wide_folds(self.features[places], own, fold).scores)
        if self.learner in ("head", "both"):
            tables.append(head_folds(self.states[places], own, fold))
        return np.sum(tables, axis=0), own

    def _full(self, places: Places) -> tuple[Floats, Floats]:
        from model.tagger import Tagger
        from training.to_onnx import export_run
        from training.train import train_run

        with tempfile.TemporaryDirectory() as folder:
            some = Path(folder) / "some.jsonl"
            lines = self.files[0].read_text(encoding="utf-8").splitlines()
            some.write_text("\n".join(lines[place] for place in places) + "\n", encoding="utf-8")
            run = Path(folder) / "run"
            settings = TrainSettings(epochs=self.epochs)
            train_run([some], self.files[1], run, str(self.encoder), settings, self.taxonomy)
            export_run(run, self.files[1], Path(folder) / "export", precision="fp32")
            tagger = Tagger.load(Path(folder) / "export")
            train, dev = (tagger.logits([row.report for row in rows]) for rows in self.rows)
            return train, dev

    def choose(self, rule: str, places: Places, scores: Floats, dev: Floats, seed: int) -> Places:
        """The next reports to label."""
        left = np.setdiff1d(np.arange(len(self.rows[0])), places)
        if rule == "random":
            return np.random.default_rng((seed, len(places))).permutation(left)[:STEP]
        decisions = calibrate(*self.unseen(places, dev), self.taxonomy)
        found = [
            decisions[axis.id].scores(scores[left][:, columns], axis.kind)
            for axis, columns in self.taxonomy.columns()
        ]
        unsure = uncertainty(np.concatenate(found, axis=1), decisions, self.taxonomy).total
        if rule == "uncertainty alone":
            return left[np.argsort(-unsure, kind="stable")[:STEP]]
        if rule == "diversity alone":
            unsure = np.ones_like(unsure)
        new = {int(place): number for number, place in enumerate(left)}
        alike = [[new.get(place, -1) for place in group] for group in self.alike]
        breadth = len(left) if rule == "diversity alone" else 5
        alike = [group for group in alike if max(group) >= 0]
        chosen = label_next(self.states[left], unsure, STEP, self.states[places], alike, breadth)
        return left[chosen]


def _linear(features: csr_matrix, weights: Floats, bias: Floats) -> Floats:
    return np.asarray(features @ weights + bias, dtype=np.float32)


def curve(bench: Bench, rule: str, seed: int, most: int) -> list[dict[str, float]]:
    """Macro-F1 on dev per axis, at 200, 400, ... labelled reports."""
    places = np.random.default_rng(seed).permutation(len(bench.rows[0]))[:STEP]
    line = []
    while True:
        scores, dev = bench.fit(places)
        line.append(macro_f1(dev, bench.dev_targets, bench.taxonomy))
        print(rule, seed, len(places), line[-1], flush=True)
        if len(places) + STEP > most:
            return line
        places = np.concatenate([places, bench.choose(rule, places, scores, dev, seed)])


def main() -> None:
    """Measure and write the section `learning_curve`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/")
    parser.add_argument("--learner", nargs="+", choices=LEARNERS, default=["wide", "head"])
    parser.add_argument("--rules", nargs="+", choices=RULES, default=["random", "queue"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--most", type=int, default=2000, help="labelled reports at the end")
    parser.add_argument("--encoder", type=Path, default=ENCODER, help="one that never saw gold's labels")
    parser.add_argument("--epochs", type=int, default=8, help="of `full`")
    parser.add_argument("--kept", type=Path, help="folder of finished curves, which are not measured anew")
    args = parser.parse_args()
    bodies, figures = [], {}
    for learner in args.learner:
        bench: Bench | None = None
        curves: Curves = {rule: [] for rule in args.rules}
        for seed in args.seeds:
            for rule in args.rules:
                name = f"{learner}-{rule.replace(' ', '-')}-{seed}-{args.most}.json"
                file = args.kept / name if args.kept else None
                if file is not None and file.is_file():
                    curves[rule].append(json.loads(file.read_text()))
                    continue
                bench = bench or Bench(args.data, learner, args.encoder, args.epochs)
                curves[rule].append(curve(bench, rule, seed, args.most))
                if file is not None:
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(json.dumps(curves[rule][-1]))
        bodies.append(f"### The learner is {LEARNERS[learner]}\n\n{shown(curves, args.most)}")
        figures[learner] = curves
    bodies.append(
        "Macro-F1 on gold/dev, thresholds cross-fitted; mean and standard deviation of seeds "
        f"{args.seeds}, each with its own first {STEP} reports, the same for every rule. queue: most "
        "uncertain first, misconduct twice as important, spread out in the pretrained encoder's space, "
        "near-duplicates left out."
    )
    body = "\n\n".join(bodies)
    keep(
        "learning_curve", "Which reports to label next",
        "python -m benchmarks.learning_curve --data ../shared/data", body, figures,
    )  # fmt: skip
    print(body)


def shown(curves: Curves, most: int) -> str:
    """The curves as a table."""
    axes = list(next(iter(curves.values()))[0][0])
    heads = ["labelled", *(f"{axis}: {rule}" for axis in axes for rule in curves)]
    rows = []
    for step, size in enumerate(range(STEP, most + 1, STEP)):
        row: list[object] = [size]
        for axis in axes:
            for lines in curves.values():
                values = [line[step][axis] for line in lines]
                row.append(f"{np.mean(values):.3f} ± {np.std(values):.3f}")
        rows.append(row)
    return table(heads, rows)


if __name__ == "__main__":
    main()
