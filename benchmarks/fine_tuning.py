"""Fine-tuning on this machine: time and memory for 2,000 and 10,000 reports.

    python -m benchmarks.fine_tuning --data ../shared/data [--sizes 2000 10000] [--steps 15]

Each size is a process of its own that trains as `petition train` does, from the pretrained encoder with the
settings as they come, and is broken off after so many steps. The rest is extrapolated from the seconds of a
step. Gold has fewer reports than the larger size, so there each stands twice.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.results import HERE, keep, machine, table
from data.taxonomy import Taxonomy
from model.export import DEFAULT
from training.settings import TrainSettings

ENCODER = DEFAULT.parent / "encoder"
WARM = 3  # steps that are not counted: memory is still being taken


class _Enough(Exception):
    """All steps are measured."""


def measure(labelled: Path, dev: Path, folder: Path, steps: int) -> dict[str, float]:
    """Train for so many steps.

    Returns:
        seconds before them, steps of an epoch, seconds of one, cores that were busy with it, most memory.
    """
    from training import fit
    from training.train import train_run

    began, found = time.perf_counter(), dict[str, float]()

    def watched(batches: Iterator[Any], total: int, label: str) -> Iterator[Any]:
        found.update(before=time.perf_counter() - began, epoch_steps=float(total))
        start, spent = 0.0, 0.0
        for number, batch in enumerate(batches):
            if number == WARM:
                start, spent = time.perf_counter(), time.process_time()
            if number == WARM + steps:
                took = time.perf_counter() - start
                found.update(step=took / steps, cores=(time.process_time() - spent) / took)
                raise _Enough
            yield batch

    fit._progress = watched
    with contextlib.suppress(_Enough):
        train_run([labelled], dev, folder / "run", str(ENCODER), TrainSettings(), Taxonomy.default())
    return {**found, "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}


def rows_of(gold: Path, size: int) -> list[str]:
    """So many labelled lines in the file's order, from its beginning again where it ends."""
    lines = gold.read_text(encoding="utf-8").splitlines()
    rows = []
    for number in range(size):
        row = json.loads(lines[number % len(lines)])
        rows.append(json.dumps({**row, "id": f"{number}"}, ensure_ascii=False))
    return rows


def main() -> None:
    """Measure and write the section `fine_tuning`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/")
    parser.add_argument("--sizes", type=int, nargs="+", default=[2000, 10_000])
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--one", type=int, help="measure this size here, and print it")
    args = parser.parse_args()
    gold = args.data / "gold"
    if args.one:
        with tempfile.TemporaryDirectory() as folder:
            labelled = Path(folder) / "labelled.jsonl"
            labelled.write_text("\n".join(rows_of(gold / "train.jsonl", args.one)) + "\n", encoding="utf-8")
            print(json.dumps(measure(labelled, gold / "dev.jsonl", Path(folder), args.steps)))
        return
    kept = HERE / "results" / "fine_tuning.json"
    earlier = json.loads(kept.read_text()) if kept.is_file() else {}
    # Sizes may be measured one by one, on one machine.
    found: dict[str, dict[str, float]] = earlier["figures"] if earlier.get("machine") == machine() else {}
    for size in args.sizes:
        command = [sys.executable, "-m", "benchmarks.fine_tuning", "--data", str(args.data),
                   "--one", str(size), "--steps", str(args.steps)]  # fmt: skip
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found[str(size)] = json.loads(done.stdout.splitlines()[-1])
        print(size, found[str(size)], flush=True)
    write(found, args.steps)


def write(found: Mapping[str, Mapping[str, float]], steps: int) -> None:
    """Write the section of the sizes that are measured."""
    epochs = TrainSettings.epochs
    rows = []
    for size, one in sorted(found.items(), key=lambda each: int(each[0])):
        epoch = one["epoch_steps"] * one["step"] / 60
        cores = f"{one['cores']:.2f}" if "cores" in one else "not taken"
        rows.append(
            [f"{int(size):,}", f"{one['before']:.0f} s", int(one["epoch_steps"]), f"{one['step']:.2f} s",
             cores, f"{epoch:.0f} min", f"{epoch * epochs / 60:.1f} h", f"{one['gib']:.1f} GiB"]
        )  # fmt: skip
    body = table(
        ["reports", "before the first step", "steps of an epoch", "one step", "cores busy", "one epoch",
         f"{epochs} epochs at most", "most memory"], rows
    ) + (
        f"\n\nGold's reports, the settings as they come, from the pretrained encoder. {steps} steps were "
        "timed; epochs are extrapolated from them, without the pass over dev after each and the "
        "export at the end. Before the first step reports are read and cut, and the linear part is "
        "fitted, six times in all. Cores busy: processor seconds a second; two, where nothing else "
        "ran. With fewer, or where it was not taken, others ran too: times are then longer than they "
        "need be, memory is not. Where there are more reports than gold/train has, they stand more "
        "than once."
    )  # fmt: skip
    sizes = " ".join(sorted(found, key=int))
    command = f"python -m benchmarks.fine_tuning --data ../shared/data --sizes {sizes}"
    keep("fine_tuning", "Fine-tuning", command, body, found)
    print(body)


if __name__ == "__main__":
    main()
