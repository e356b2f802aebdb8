"""Scope: what falls out as no petition, and how far doubted tags are worth doubting.

    python -m benchmarks.scope --export FOLDER --data ../shared/data

The Export must hold a scope (python -m training.scope). None of the texts counted here has taught it, but for
dev, by which its border was drawn.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from benchmarks.results import keep, table
from data.labelled import label_targets, read_labelled
from data.report import Report
from model.export import DEFAULT
from model.scope import CONFLICT, RARE_LABEL
from model.tagger import Tagger

INVENTED = Path(__file__).with_name("outside.jsonl")
CASES = Path(__file__).parents[1] / "tests" / "behaviour" / "cases.yaml"
BENCH = ("tnews", "thucnews_titles", "chnsenticorp")
MOST = 1500  # texts of a file


def main() -> None:
    """Measure and write the section `scope`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/, teddy7/ and bench/")
    parser.add_argument("--export", type=Path, default=DEFAULT)
    args = parser.parse_args()
    tagger = Tagger.load(args.export)
    if tagger.scope is None:
        parser.error("the Export has no scope: python -m training.scope adds one")
    dev = list(read_labelled(args.data / "gold" / "dev.jsonl", tagger.export.taxonomy))
    cases = yaml.safe_load(CASES.read_text(encoding="utf-8"))
    inside = {
        "gold/dev": [row.report for row in dev],
        "forum messages (teddy7), none of which taught it": _texts(args.data / "teddy7" / "train.jsonl"),
        "tests/behaviour/cases.yaml": [
            Report("", case["text"], case.get("title", "")) for kind in cases.values() for case in kind
        ],
    }
    outside: dict[str, list[Report]] = {}
    for line in INVENTED.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        outside.setdefault(f"invented: {row['kind']}", []).append(Report("", row["text"]))
    outside |= {f"{name}, dev part": _texts(args.data / "bench" / name / "dev.jsonl") for name in BENCH}
    rows, figures, slipped = [], {}, {}
    for kind, files in (("petition", inside), ("none", outside)):
        for name, reports in files.items():
            reasons = tagger.outside(reports)
            share = float(np.mean([bool(reason) for reason in reasons]))
            figures[name] = share
            shown = ["", ""]
            if kind == "none":
                left = [report for report, reason in zip(reports, reasons, strict=True) if not reason]
                tagged = [one for one in tagger.tag(left, "none") if any(one.tags.values())]
                silent = sum(not one.needs_review for one in tagged)
                slipped[name] = {"tagged": len(tagged), "tagged_without_review": silent}
                shown = [f"{len(tagged) / len(reports):.1%}", f"{silent / len(reports):.1%}"]
            rows.append([name, kind, len(reports), f"{share:.1%}", *shown])
    doubted = doubts(tagger, [row.report for row in dev], np.array(
        [label_targets(row, tagger.export.taxonomy) for row in dev]
    ) > 0)  # fmt: skip
    heads = ["texts", "is it a petition?", "texts", "fall out", "get tags", "get tags and no review"]
    body = table(heads, rows) + "\n\n"
    body += table(["tags on gold/dev", "tags", "right", "reports that only this sends to a person"], [
        [name, line["tags"], f"{line['right']:.1%}", f"{line['alone']:.1%}"]
        for name, line in doubted.items()
    ])  # fmt: skip
    body += (
        f"\n\n{tagger.export.model} with a scope as docs/training.md adds it. Of the files at most "
        f"{MOST} texts, spread evenly. Headlines are meant to fall out, though some "
        "tell of what petitions tell of. What gets no tag, or one that is doubted, goes to a person. "
        "`conflict`: the linear part is against the tag by a whole margin; "
        "`rare_label`: fewer than ten reports of dev have the label. "
        f"Reasons for a person on dev, all of them: {figures_of(tagger, [row.report for row in dev])}."
    )
    keep(
        "scope", "What is no petition", "python -m benchmarks.scope --data ../shared/data", body,
        {"fall_out": figures, "none_of_which": slipped, "doubts": doubted},
    )  # fmt: skip
    print(body)


def doubts(
    tagger: Tagger, reports: Sequence[Report], truth: NDArray[np.bool_]
) -> dict[str, dict[str, float]]:
    """How often tags are right that are doubted, and others."""
    assert tagger.scope is not None
    parts = list(tagger.examine(reports))
    works = [work for read, _ in parts for work in read]
    logits = np.concatenate([found for _, found in parts])
    taxonomy, decisions = tagger.export.taxonomy, tagger.export.decisions
    given = np.concatenate([
        decisions[axis.id].given(decisions[axis.id].scores(logits[:, column], axis.kind), axis.kind)
        for axis, column in taxonomy.columns()
    ], axis=1)  # fmt: skip
    reasons = np.stack(
        [tagger.scope.doubts(row, work.linear) for row, work in zip(given, works, strict=True)]
    )
    told = tagger.tag(reports, "none")
    result = {}
    for reason in (CONFLICT, RARE_LABEL, ""):
        chosen = given & (reasons == reason)
        alone = np.mean(
            [bool(p.review_reasons) and all(r.endswith(reason) for r in p.review_reasons) for p in told]
        )
        result[reason or "all others"] = {
            "tags": int(chosen.sum()), "right": float(truth[chosen].mean()),
            "alone": float(alone) if reason else 0.0,
        }  # fmt: skip
    return result


def figures_of(tagger: Tagger, reports: Sequence[Report]) -> str:
    """Each reason with the share of reports that have it, and the share that have any."""
    told = tagger.tag(reports, "none")
    names = sorted({reason for p in told for reason in p.review_reasons})
    shares = [f"{name} {np.mean([name in p.review_reasons for p in told]):.1%}" for name in names]
    return ", ".join([*shares, f"any {np.mean([p.needs_review for p in told]):.1%}"])


def _texts(file: Path) -> list[Report]:
    found = list(_lines(file))
    return found[:: max(1, -(-len(found) // MOST))]


def _lines(file: Path) -> Iterator[Report]:
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield Report("", row["text"], row.get("title") or "")


if __name__ == "__main__":
    main()
