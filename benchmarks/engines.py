"""Engines: reports a second, quality on gold/dev and changed tags, of each way to compute the Export's graph.

    pip install 'petition-tagger[openvino]' nncf; python -m benchmarks.engines --data ../shared/data

Rounds of all engines follow each other, so that a machine that grows slower does so for all.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engine_kinds import matrix_peak, onnxruntime_kinds, openvino_kinds, weighted
from benchmarks.results import HERE, keep, table
from data.labelled import read_labelled
from data.readers import read_reports
from data.report import Report
from model.encode import pad_windows
from model.export import DEFAULT, GOLDEN, GRAPH
from model.golden import TOLERANCE
from model.tagger import Tagger
from training.evaluate import evaluate

PARTS = ("quality", "speed")
ROUNDS = 3
CALIBRATION = 64  # reports


def real_reports(data: Path, count: int) -> list[Report]:
    """Reports of all sources, shuffled."""
    found: list[Report] = []
    files = sorted((data / "reports").glob("*.jsonl"))
    for file in files:
        rows = (row for row in read_reports(file) if isinstance(row, Report))
        found += islice(rows, count // len(files) + 1)
    return [found[i] for i in np.random.default_rng(0).permutation(len(found))[:count]]


def golden_worst(tagger: Tagger) -> float:
    """Largest difference of a golden score from the one that the Export carries."""
    lines = (tagger.export.folder / GOLDEN).read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    found = tagger.scores([Report(id=row["id"], title=row["title"], text=row["text"]) for row in rows])
    return float(np.abs(found - np.array([row["scores"] for row in rows])).max())


def tags(tagger: Tagger, reports: list[Report]) -> list[dict[str, set[str]]]:
    """Labels of each report."""
    return [
        {axis: {tag.label for tag in found} for axis, found in prediction.tags.items()}
        for prediction in tagger.tag(reports, evidence="none")
    ]


class Timed:
    """An engine that counts its own core seconds."""

    def __init__(self, engine: Any) -> None:
        self.engine, self.seconds = engine, 0.0
        self.name, self.threads = engine.name, engine.threads

    def run(self, ids: Any, mask: Any) -> Any:
        """As Engine.run."""
        began = time.process_time()
        found = self.engine.run(ids, mask)
        self.seconds += time.process_time() - began
        return found


def quality(tagger: Tagger, engines: dict[str, Any], data: Path) -> dict[str, Any]:
    """Macro-F1 on dev, reports whose tags are others than the first engine's, golden scores."""
    dev = list(read_labelled(data / "gold" / "dev.jsonl", tagger.export.taxonomy))
    figures: dict[str, Any] = {}
    usual: list[dict[str, set[str]]] = []
    for name, engine in engines.items():
        tagger.engine = engine
        metrics, given = evaluate(tagger, dev), tags(tagger, [row.report for row in dev])
        usual = usual or given
        figures[name] = {
            "engine": engine.name,
            "macro_f1": {axis: found.macro_f1 for axis, found in metrics.axes.items()},
            "other_tags": sum(a != b for a, b in zip(given, usual, strict=True)) / len(dev),
            "golden": golden_worst(tagger),
        }
        print(name, figures[name], flush=True)
    return {"dev": len(dev), "engines": figures}


def speed(tagger: Tagger, engines: dict[str, Any], reports: list[Report]) -> dict[str, Any]:
    """Reports and operations of the engine in a second of one core; all engines take turns.

    Processor time of all threads, since other programs on the machine hardly change that. Every round has
    reports of its own: some engines prepare themselves for each new shape of a batch.
    """
    peak = matrix_peak()
    share = len(reports) // (ROUNDS + 1)
    per_token = 2 * sum(weighted(tagger.export.folder / GRAPH).values())
    whole, alone = defaultdict(list), defaultdict(list)
    for turn in range(ROUNDS + 1):
        some = reports[turn * share : (turn + 1) * share]
        tokens = sum(window.ids.size for work in tagger.begin(some) for window in work.windows)
        for name, engine in engines.items():
            tagger.engine = timed = Timed(engine)  # type: ignore[assignment]
            began = time.process_time()
            tagger.tag(some, evidence="none")
            if turn:  # the first is for warmth
                whole[name].append(share / (time.process_time() - began))
                alone[name].append(per_token * tokens / timed.seconds)
        print({name: np.round(rates, 1).tolist() for name, rates in whole.items()}, flush=True)
    first = np.array(whole[next(iter(engines))])
    figures = {
        name: {
            "reports_per_core_second": float(np.median(whole[name])),
            "ratio": float(np.median(np.array(whole[name]) / first)),
            "operations_per_core_second": float(np.median(alone[name])),
        }
        for name in engines
    }
    return {"reports": share, "peak": peak, "engines": figures}


def main() -> None:
    """Measure the parts asked for and write the section `engines`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=PARTS)
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/ and reports/")
    parser.add_argument("--export", type=Path, default=DEFAULT)
    parser.add_argument("--reports", type=int, default=1200)
    args = parser.parse_args()
    tagger = Tagger.load(args.export)
    graph, threads = args.export / GRAPH, tagger.engine.threads
    apart = [row.report for row in read_labelled(args.data / "gold" / "train.jsonl", tagger.export.taxonomy)]
    windows = [
        pad_windows(work.windows[:8], tagger.encoder.pad)[:2] for work in tagger.begin(apart[:CALIBRATION])
    ]
    measured: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        engines: dict[str, Any] = dict(onnxruntime_kinds(graph, Path(folder), windows, threads))
        engines.update(openvino_kinds(graph, Path(folder), windows, threads))
        if "quality" in args.parts:
            measured["quality"] = quality(tagger, engines, args.data)
        if "speed" in args.parts:
            measured["speed"] = speed(tagger, engines, real_reports(args.data, args.reports))
    kept = HERE / "results" / "engines.json"
    figures = (json.loads(kept.read_text())["figures"] if kept.is_file() else {}) | measured
    body = page(figures, [axis.id for axis in tagger.export.taxonomy.axes])
    keep("engines", "Engines", "python -m benchmarks.engines --data ../shared/data", body, figures)
    print(body)


def page(kept: dict[str, Any], axes: list[str]) -> str:
    """The section, with whatever parts there are."""
    parts = []
    if "speed" in kept:
        speeds, peak = kept["speed"], kept["speed"]["peak"]
        rows = []
        for name, f in speeds["engines"].items():
            done = f["operations_per_core_second"]
            rates = f"{f['reports_per_core_second']:.1f}", f"{f['ratio']:.2f}"
            rows.append([name, *rates, f"{done / 1e12:.3f}", f"{done / peak['bf16']:.1%}"])
        peaks = ", ".join(f"{name} {rate / 1e12:.2f}" for name, rate in peak.items())
        heads = ["engine", "reports/s", "to the first", "T/s in the engine", "of the bf16 peak"]
        parts += [
            table(heads, rows),
            f"All per core, in processor time. {speeds['reports']} real reports a round, loaded and warm, "
            f"tagged without evidence; medians of {ROUNDS} rounds in which all engines took turns. T/s: "
            "multiplications and additions of the products with weights, on tokens that are no padding. "
            f"Peaks are those of large square products in torch (T/s: {peaks}).",
        ]
    if "quality" in kept:
        found = kept["quality"]["engines"]
        usual = found[next(iter(found))]["macro_f1"]
        rows = [
            [
                name, *(f"{f['macro_f1'][axis] - usual[axis]:+.4f}" for axis in axes),
                f"{f['other_tags']:.1%}",
                f"{f['golden']:.4f}" + ("" if f["golden"] <= TOLERANCE else ", refused"),
            ]
            for name, f in found.items()
        ]  # fmt: skip
        heads = ["engine", *(f"{axis} macro-F1" for axis in axes), "reports with other tags", "golden, worst"]
        parts += [
            table(heads, rows),
            f"On {kept['quality']['dev']} dev reports; macro-F1 and tags against the first engine. "
            f"`petition doctor` refuses what gives a golden report a score more than {TOLERANCE} off.",
        ]
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
