"""Evidence on gold/dev: does it meet the readers' own, and does the tag rest on it?

    python -m benchmarks.evidence --data ../shared/data [--export model/default]

Overlap: share of gold spans that meet one of ours, among gold labels that we gave. Faithfulness:
deleting the evidence must lower the tag's score more than deleting as many other words (sign test).
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from benchmarks.results import keep, table
from data.labelled import LabelledReport, read_labelled
from data.report import Report
from model.export import DEFAULT
from model.prediction import Evidence, Tag
from model.tagger import Tagger


def overlaps(span: Evidence, row: LabelledReport, words: str) -> bool:
    """True where the span shares a character with an occurrence of the gold words."""
    text = row.report.title if span.part == "title" else row.report.text
    at = text.find(words)
    while at >= 0:
        if at < span.end and span.start < at + len(words):
            return True
        at = text.find(words, at + 1)
    return False


def without(report: Report, spans: list[tuple[str, int, int]]) -> Report:
    """The report with the spans (part, start, end) cut out."""
    title, text = list(report.title), list(report.text)
    for part, start, end in spans:
        chars = title if part == "title" else text
        chars[start:end] = [""] * (end - start)
    return replace(report, title="".join(title), text="".join(text))


def random_spans(report: Report, tag: Tag, rng: np.random.Generator) -> list[tuple[str, int, int]] | None:
    """As many spans of the same lengths elsewhere in the text; None where it has no room."""
    taken = np.zeros(len(report.text), dtype=bool)
    for e in tag.evidence:
        if e.part == "text":
            taken[e.start : e.end] = True
    spans = []
    for e in tag.evidence:
        size = e.end - e.start
        free = [s for s in range(len(report.text) - size + 1) if not taken[s : s + size].any()]
        if not free:
            return None
        start = int(rng.choice(free))
        taken[start : start + size] = True
        spans.append(("text", start, start + size))
    return spans


def main() -> None:
    """Measure and write the section `evidence`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/")
    parser.add_argument("--export", type=Path, default=DEFAULT)
    parser.add_argument("--axis", default="misconduct")
    args = parser.parse_args()
    tagger = Tagger.load(args.export)
    dev = list(read_labelled(args.data / "gold" / "dev.jsonl", tagger.export.taxonomy))
    axis = tagger.export.taxonomy.axis(args.axis)
    predictions = tagger.tag([row.report for row in dev], evidence="all")
    met: dict[str, list[bool]] = {label: [] for label in axis.label_ids}
    lengths, cuts = [], []
    rng = np.random.default_rng(0)
    for row, prediction in zip(dev, predictions, strict=True):
        for tag in prediction.tags[axis.id]:
            lengths += [e.end - e.start for e in tag.evidence]
            words = row.evidence.get(axis.id, {}).get(tag.label)
            if words:
                met[tag.label].append(any(overlaps(e, row, words) for e in tag.evidence))
            other = random_spans(row.report, tag, rng)
            if other is not None:
                ours = [(e.part, e.start, e.end) for e in tag.evidence]
                cuts.append((axis.label_ids.index(tag.label), tag.score, without(row.report, ours),
                             without(row.report, other)))  # fmt: skip
    start = 0
    for other_axis in tagger.export.taxonomy.axes:
        if other_axis.id == axis.id:
            break
        start += len(other_axis.labels)
    columns = np.array([start + label for label, *_ in cuts])
    rows = np.arange(len(cuts))
    before = np.array([score for _, score, _, _ in cuts])
    after_ours = tagger.scores([r for _, _, r, _ in cuts])[rows, columns]
    after_other = tagger.scores([r for _, _, _, r in cuts])[rows, columns]
    better, worse = int((after_ours < after_other).sum()), int((after_ours > after_other).sum())
    p = binomtest(better, better + worse, alternative="greater").pvalue
    hits = [hit for found in met.values() for hit in found]
    body = table(
        ["label", "gold spans of labels that we gave", "met by our evidence"],
        [[label, len(found), float(np.mean(found))] for label, found in met.items() if found]
        + [["all", len(hits), float(np.mean(hits))]],
    )
    body += (
        f"\n\nEvidence spans have {np.median(lengths):.0f} code points in the median. Cutting the evidence "
        f"lowers the tag's score by {float((before - after_ours).mean()):.3f} on average, cutting as many "
        f"other words of the same lengths by {float((before - after_other).mean()):.3f}; the evidence's cut "
        f"lowers it more in {better} of "
        f"{better + worse} tags (sign test, p = {p:.1g})."
    )
    figures = {
        "overlap": float(np.mean(hits)), "drop": float((before - after_ours).mean()),
        "random_drop": float((before - after_other).mean()), "better": better, "worse": worse, "p": p,
    }  # fmt: skip
    keep("evidence", "Evidence of misconduct tags on gold/dev",
         "python -m benchmarks.evidence --data ../shared/data", body, figures)  # fmt: skip
    print(body)


if __name__ == "__main__":
    main()
