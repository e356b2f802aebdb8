"""Run every measurement: `make bench`, or `python -m benchmarks --data FOLDER`.

A section that is kept in results/ is measured by the command that is kept with it, so that results.md can be
made again.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path

from benchmarks.results import HERE, ORDER

ON_REQUEST = {"recipes", "sizes"}
"""Sections that pretrain, for hours, and need the streams of `training.corpus`: run where named only."""


def command(section: str, data: Path, folder: Path = HERE / "results") -> list[str]:
    """What measures a section, its data from this folder."""
    kept = folder / f"{section}.json"
    told = f"python -m benchmarks.{section} --data DATA"
    if kept.is_file():
        told = json.loads(kept.read_text())["command"]
    words = [str(data) if word in ("DATA", "../shared/data") else word for word in shlex.split(told)]
    return [sys.executable, *words[1:]]


def main() -> None:
    """Run each section as its own process, so that none starts with another's threads or memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data"), help="folder with gold/, bench/, reports/"
    )
    parser.add_argument("sections", nargs="*", default=[name for name in ORDER if name not in ON_REQUEST])
    args = parser.parse_args()
    if not args.data.is_dir():
        sys.exit(
            f"{args.data}: no such folder; the measurements need labelled data that is not in the repository"
        )
    failed = [section for section in args.sections if subprocess.run(command(section, args.data)).returncode]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
