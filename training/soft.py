"""Soft labels: what trained models say of reports that nobody has labelled, for one model to learn from.

Several models together are better than each; one that learns what they say of many reports keeps most of
it at the cost of one (Hinton et al. 2015, Distilling the knowledge in a neural network; Xie et al. 2020,
Self-training with Noisy Student).

    python -m training.soft EXPORT [EXPORT ...] --reports FILE [FILE ...] --drop dev.jsonl --out soft.jsonl
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.labelled import LabelledReport
from data.readers import read_reports
from data.report import Report
from data.taxonomy import Taxonomy
from model.decide import AxisDecision
from model.export import Export
from model.tagger import Tagger

SOFT = "soft"
"""Source of a softly labelled report."""
CHUNK = 2_000


def soften(logits: NDArray[np.float32], taxonomy: Taxonomy) -> NDArray[np.float32]:
    """Probabilities [reports, labels] of uncalibrated logits: on the scale that the loss teaches.

    Hard targets of rare labels weigh more than others, which shifts a model's logits; calibration takes the
    shift back, and a target without it would pull against the hard ones.
    """
    return np.hstack(
        [
            AxisDecision.neutral(len(axis.labels)).scores(logits[:, columns], axis.kind)
            for axis, columns in taxonomy.columns()
        ]
    )


def write_soft(teachers: Sequence[Tagger], reports: Iterable[Report], out: Path) -> int:
    """Write the mean of what the teachers say, one report a line; give the number of reports.

    Args:
        teachers: of one taxonomy; their logits are averaged.

    Raises:
        ValueError: the teachers do not have the same labels.
    """
    taxonomy = teachers[0].export.taxonomy
    if any(_labels(teacher.export.taxonomy) != _labels(taxonomy) for teacher in teachers):
        raise ValueError("the Exports have different taxonomies")
    number = 0
    with out.open("w", encoding="utf-8") as file:
        for chunk in _chunks(list(reports)):
            logits = np.stack([teacher.logits(chunk) for teacher in teachers]).mean(axis=0)
            for report, row in zip(chunk, soften(logits, taxonomy).tolist(), strict=True):
                scores = {
                    axis.id: {
                        label.id: round(score, 4)
                        for label, score in zip(axis.labels, row[columns], strict=True)
                    }
                    for axis, columns in taxonomy.columns()
                }
                shape = {"id": report.id, "title": report.title, "text": report.text, "scores": scores}
                file.write(json.dumps(shape, ensure_ascii=False) + "\n")
                number += 1
    return number


def read_soft(
    path: Path, taxonomy: Taxonomy, drop: Iterable[str] = ()
) -> tuple[list[LabelledReport], dict[str, NDArray[np.float32]]]:
    """Read what `write_soft` wrote: reports without labels of their own, and their targets.

    Args:
        drop: ids that no training step may see, or that have labels.

    Returns:
        The reports, and id -> targets [labels], NaN on axes that the file does not score.

    Raises:
        DataError: a line that is none of ours, or lacks a label of an axis that it scores; it names file,
            line and field.
    """
    dropped, rows = set(drop), []
    targets: dict[str, NDArray[np.float32]] = {}
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                shape = json.loads(line)
                if shape["id"] in dropped or shape["id"] in targets:
                    continue
                row = np.full(sum(len(axis.labels) for axis in taxonomy.axes), np.nan, dtype=np.float32)
                for axis, columns in taxonomy.columns():
                    if axis.id in shape["scores"]:
                        row[columns] = [shape["scores"][axis.id][label.id] for label in axis.labels]
                rows.append(
                    LabelledReport(Report(shape["id"], shape["text"], shape["title"]), {}, source=SOFT)
                )
            except (ValueError, TypeError) as error:
                raise DataError(
                    f"{path} line {number}: not a line of training.soft ({type(error).__name__})"
                ) from None
            except KeyError as error:
                raise DataError(f"{path} line {number}: no {error.args[0]!r}; make the file anew") from None
            targets[rows[-1].report.id] = row
    return rows, targets


def _labels(taxonomy: Taxonomy) -> list[tuple[str, str]]:
    return [(axis.id, label.id) for axis in taxonomy.axes for label in axis.labels]


def _chunks(reports: Sequence[Report]) -> Iterator[Sequence[Report]]:
    for start in range(0, len(reports), CHUNK):
        yield reports[start : start + CHUNK]


def main() -> None:
    """Let Exports speak of unlabelled reports."""
    parser = argparse.ArgumentParser(prog="python -m training.soft", description=__doc__.splitlines()[0])
    parser.add_argument("exports", type=Path, nargs="+", help="folders of the teachers")
    parser.add_argument("--reports", type=Path, nargs="+", required=True, help="files of reports")
    parser.add_argument(
        "--drop", type=Path, nargs="*", default=[], help="JSONL files of reports to leave out"
    )
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    left_out = {json.loads(line)["id"] for file in args.drop for line in file.open(encoding="utf-8")}
    found: dict[str, Report] = {}
    for file in args.reports:
        for row in read_reports(file):
            if isinstance(row, Report) and row.id not in left_out:
                found.setdefault(row.id, row)
    number = write_soft([Tagger(Export.load(folder)) for folder in args.exports], found.values(), args.out)
    print(f"{number} reports, {args.out}")


if __name__ == "__main__":
    main()
