"""Fit an Export's calibration, thresholds and golden scores anew on labelled reports; its weights stay.

    python -m training.recalibrate model/default --dev dev.jsonl --out artifacts/exports/here [--blind]

For reports unlike those that it was calibrated on, and for reading blind (data/blind.py) with a model that
did not: the scores move a little, and thresholds must follow. What it took for a petition stays as it was.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from data.labelled import read_labelled
from data.report import Report
from model.export import GRAPH, SCOPE, TAXONOMY, TOKENIZER, WIDE, Export
from model.tagger import Tagger
from training.to_onnx import SAMPLE, decide, golden_reports, notes_of, undecided


def recalibrate(
    export: Export, dev_file: Path, out: Path, name: str, version: str, blind: bool,
    golden: Sequence[Report] = (), data_notes: str = "",
) -> tuple[Export, dict[str, Any]]:  # fmt: skip
    """Write the Export into a new folder, fitted on these reports.

    Args:
        blind: read without what tells who writes and from where.
        data_notes: Markdown for the card, as for `training.to_onnx`.

    Returns:
        the new Export and its figures on dev; tables and pictures lie beside it in `NAME-report`.

    Raises:
        FileExistsError: `out` is there already.
    """
    out.mkdir(parents=True)
    try:
        for file in (GRAPH, TOKENIZER, TAXONOMY, WIDE, SCOPE):
            if (export.folder / file).is_file():
                shutil.copyfile(export.folder / file, out / file)
        bare = replace(
            export, folder=out, name=name, version=version, blind=blind, promises=(),
            decisions=undecided(export.taxonomy),
        )  # fmt: skip
        dev = list(read_labelled(dev_file, export.taxonomy))
        logits = Tagger(bare).logits([row.report for row in dev])
        known = {
            key: export.dev_metrics[key]
            for key in ("precision", "macro_f1_change", "rows")
            if key in export.dev_metrics
        }
        summary = decide(bare, dev, logits, out.with_name(f"{out.name}-report"), golden, data_notes, known)
    except BaseException:
        shutil.rmtree(out)
        raise
    return Export.load(out), summary


def main() -> None:
    """Recalibrate from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("export", type=Path, help="the Export's folder; it stays as it is")
    parser.add_argument("--dev", type=Path, required=True, help="labelled reports that it was not trained on")
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    parser.add_argument("--name", help="by default the Export's own")
    parser.add_argument("--version", required=True)
    parser.add_argument(
        "--blind", action=argparse.BooleanOptionalAction, help="read blind; by default as the Export does"
    )
    parser.add_argument("--golden", type=Path, default=SAMPLE, help="file of invented reports")
    parser.add_argument("--data-notes", type=Path, help="Markdown file for the model card")
    args = parser.parse_args()
    export = Export.load(args.export)
    blind = export.blind if args.blind is None else args.blind
    made, metrics = recalibrate(
        export, args.dev, args.out, args.name or export.name, args.version, blind,
        golden_reports(args.golden), notes_of(args.data_notes),
    )  # fmt: skip
    print(f"{args.out}: {made.model}")
    print(json.dumps(metrics, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
