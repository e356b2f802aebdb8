"""Run every measurement: `make bench`, or `python -m benchmarks --data FOLDER`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks.results import ORDER

ON_REQUEST = {"recipes"}
"""Sections that pretrain, for hours, and need the streams of `training.corpus`: run where named only."""


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
    failed = [
        section
        for section in args.sections
        if subprocess.run(
            [sys.executable, "-m", f"benchmarks.{section}", "--data", str(args.data)]
        ).returncode
    ]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
