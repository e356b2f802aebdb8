"""Floors: how well the model that ships must do, at least.

floors.yaml holds, per measurement, row and column, how many must pass: what the model in model/default/
reached, less a margin. After putting a new one there:

    python -m tests.behaviour.floors               measure, print, write floors.yaml
    python -m tests.behaviour.floors --dry         measure and print only
    python -m tests.behaviour.floors --failures    also print what did not pass
    python -m tests.behaviour.floors --model DIR   measure another Export; nothing is written

Run the tests before: they hold the new model to the old one's floors. Every floor that falls in the
difference is something that got worse.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from model.export import DEFAULT
from model.tagger import Tagger
from tests.behaviour.measure import (
    Counts,
    measure_directions,
    measure_invariance,
    measure_minimum,
    table_lines,
)

FLOORS = Path(__file__).with_name("floors.yaml")
MEASURES = {
    "minimum": measure_minimum,
    "invariance": measure_invariance,
    "directions": measure_directions,
}
# Cases, reports and pairs that a model as good may lose by chance.
MARGIN = {"minimum": 2, "invariance": 3, "directions": 2}
Floors = Mapping[str, Mapping[str, Mapping[str, int]]]  # measurement -> row -> column -> must pass


def read_floors(path: Path = FLOORS) -> Floors:
    floors: Floors = yaml.safe_load(path.read_text(encoding="utf-8"))["floors"]
    return floors


def write_floors(model: str, measured: Mapping[str, Counts], path: Path = FLOORS) -> None:
    floors = {
        name: {
            row: {column: max(0, count.passed - MARGIN[name]) for column, count in columns.items()}
            for row, columns in counts.items()
        }
        for name, counts in measured.items()
    }
    head = "# How many must pass, at least. Written by `python -m tests.behaviour.floors`.\n"
    body = yaml.dump({"model": model, "floors": floors}, sort_keys=False, default_flow_style=None)
    path.write_text(head + body, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.behaviour.floors", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--model", type=Path, default=DEFAULT, help="an Export's folder")
    parser.add_argument("--dry", action="store_true", help="write nothing")
    parser.add_argument("--failures", action="store_true", help="print what did not pass")
    options = parser.parse_args(arguments)
    tagger = Tagger.load(options.model)
    old = read_floors() if FLOORS.is_file() else {}
    measured = {name: measure(tagger) for name, measure in MEASURES.items()}
    lines = [f"{tagger.export.model} in {options.model}"]
    for name, counts in measured.items():
        lines += ["", *table_lines(name, counts, old.get(name, {}))]
        if options.failures:
            lines += [
                f"  {row} {column}: {failure}"
                for row, columns in counts.items()
                for column, count in columns.items()
                for failure in count.failures
            ]
    sys.stdout.write("\n".join(lines) + "\n")
    if not options.dry and options.model == DEFAULT:
        write_floors(tagger.export.model, measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
