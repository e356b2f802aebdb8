"""Evidence on gold/dev: does it meet the readers' own, does the tag rest on it, and what does it take?

    python -m benchmarks.evidence --data ../shared/data [--export model/default]

Four ways to say what a tag rests on, made into phrases alike, and as many words at random.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from benchmarks.eraser import Spans, char_f1, marked, meets, only, spans, without
from benchmarks.evidence_ways import Way, ways
from benchmarks.results import keep, table
from data.labelled import LabelledReport, read_labelled
from data.report import Report
from model.evidence import find_evidence
from model.export import DEFAULT
from model.tagger import Tagger
from model.work import Work

Floats = NDArray[np.float32]
OURS = "our contributions"
Given = Mapping[int, list[int]]
"""Report -> columns of the labels that it was given."""


def random_spans(report: Report, ours: Spans, rng: np.random.Generator) -> list[tuple[str, int, int]] | None:
    """As many spans of the same lengths elsewhere in the text; None where it has no room."""
    taken = np.zeros(len(report.text), dtype=bool)
    for part, start, end in ours:
        if part == "text":
            taken[start:end] = True
    found = []
    for _, start, end in ours:
        size = end - start
        free = [s for s in range(len(report.text) - size + 1) if not taken[s : s + size].any()]
        if not free:
            return None
        at = int(rng.choice(free))
        taken[at : at + size] = True
        found.append(("text", at, at + size))
    return found


class Measured:
    """What one way's phrases are worth."""

    def __init__(self, tagger: Tagger, dev: Sequence[LabelledReport], axis: str, first: int) -> None:
        self._tagger, self._dev, self._axis, self._first = tagger, dev, axis, first
        self._labels = tagger.export.taxonomy.axis(axis).label_ids
        self._keys: list[tuple[int, int]] = []
        self._without: list[Report] = []
        self._only: list[Report] = []
        self.lengths: list[int] = []
        self.met: dict[str, list[bool]] = {label: [] for label in self._labels}
        self.f1: list[float] = []

    def add(self, row: int, column: int, shown: Spans) -> None:
        """Take one tag's phrases."""
        report, label = self._dev[row].report, self._labels[column - self._first]
        words = self._dev[row].evidence.get(self._axis, {}).get(label)
        gold = marked(self._dev[row], words) if words else set()
        if gold:
            self.met[label].append(meets(shown, gold))
            self.f1.append(char_f1(shown, gold))
        self.lengths.append(sum(end - start for _, start, end in shown))
        self._keys.append((row, column))
        self._without.append(without(report, shown))
        self._only.append(only(report, shown))

    def hits(self) -> float:
        """Share of the readers' words that are met."""
        return float(np.mean([hit for found in self.met.values() for hit in found]))

    def drops(self, scores: Floats) -> tuple[Floats, Floats]:
        """What each tag's score loses without the phrases, and with nothing else, each [tags]."""
        rows, columns = np.array(self._keys).T
        before, at = scores[rows, columns], np.arange(len(rows))
        return (
            before - self._tagger.scores(self._without)[at, columns],
            before - self._tagger.scores(self._only)[at, columns],
        )


def explain(way: Way, works: Sequence[Work], given: Given) -> tuple[dict[tuple[int, int], Spans], int, float]:
    """Phrases of every given label; for how many labels no word speaks; milliseconds of the processor per
    report."""
    found: dict[tuple[int, int], Spans] = {}
    silent = 0
    began = time.process_time()
    for row, columns in given.items():
        work, parts = works[row], way(works[row], columns)
        for at, column in enumerate(columns):
            phrases = find_evidence(work.report, work.encoded, parts[:, at])
            silent += not any(phrase.weight for phrase in phrases)
            found[row, column] = spans(phrases)
    return found, silent, 1000 * (time.process_time() - began) / len(given)


def marked_words(dev: Sequence[LabelledReport], axis: str) -> int:
    """How many words readers marked, of whatever label."""
    return sum(
        bool(words and marked(row, words)) for row in dev for words in row.evidence.get(axis, {}).values()
    )


def at_random(
    tagger: Tagger,
    dev: Sequence[LabelledReport],
    scores: Floats,
    found: Mapping[tuple[int, int], Spans],
    lost: Floats,
) -> dict[str, float]:
    """What cutting as many other words costs, against `lost` [tags of found]; a sign test of the two."""
    rng, kept, cut = np.random.default_rng(0), [], []
    for place, ((row, _), shown) in enumerate(found.items()):
        other = random_spans(dev[row].report, shown, rng)
        if other is not None:
            kept.append(place)
            cut.append(without(dev[row].report, other))
    rows, columns = np.array(list(found))[kept].T
    drops = scores[rows, columns] - tagger.scores(cut)[np.arange(len(cut)), columns]
    better, worse = int((lost[kept] > drops).sum()), int((lost[kept] < drops).sum())
    p = binomtest(better, better + worse, alternative="greater").pvalue
    return {"drop": float(drops.mean()), "better": better, "of": better + worse, "p": float(p)}


def main() -> None:
    """Measure and write the section `evidence`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/")
    parser.add_argument("--export", type=Path, default=DEFAULT)
    parser.add_argument("--axis", default="misconduct")
    parser.add_argument("--every", type=int, default=1, help="take every so many reports only")
    args = parser.parse_args()
    tagger = Tagger.load(args.export)
    dev = list(read_labelled(args.data / "gold" / "dev.jsonl", tagger.export.taxonomy))[:: args.every]
    axis = tagger.export.taxonomy.axis(args.axis)
    (column,) = (column for found, column in tagger.export.taxonomy.columns() if found.id == axis.id)
    began = time.process_time()
    reports = [row.report for row in dev]
    works = [work for chunk, _ in tagger.examine(reports) for work in chunk]
    scores = tagger.scores(reports)
    tagging = 1000 * (time.process_time() - began) / 2 / len(dev)
    decided = tagger.export.decisions[axis.id].given(scores[:, column], axis.kind)
    given = {
        row: [column.start + int(label) for label in np.flatnonzero(labels)]
        for row, labels in enumerate(decided)
        if labels.any()
    }
    rows, figures = [], {"tagging_ms": tagging}
    for name, way in ways(tagger, axis.label_ids, column.start).items():
        found, silent, took = explain(way, works, given)
        measured = Measured(tagger, dev, axis.id, column.start)
        for (row, label), shown in found.items():
            measured.add(row, label, shown)
        lost, alone = measured.drops(scores)
        line = {
            "hit": measured.hits(), "f1": float(np.mean(measured.f1)),
            "comprehensiveness": float(lost.mean()), "sufficiency": float(alone.mean()),
            "characters": float(np.mean(measured.lengths)), "silent": silent, "ms": took,
        }  # fmt: skip
        rows.append([name, *line.values()])
        figures[name] = line
        print(rows[-1], flush=True)
        if name == OURS:
            by_label = measured.met
            of_all = sum(map(sum, by_label.values())) / marked_words(dev, axis.id)
            figures["of_all_marked"] = of_all
            figures["random"] = at_random(tagger, dev, scores, found, lost)
    chance = figures["random"]
    words = f"""

{len(decided)} reports, {sum(map(len, given.values()))} tags. Comprehensiveness: what the tag's score loses
when the phrases are cut out, the more the better; sufficiency: what it loses when nothing else is left, the
less the better (ERASER). Milliseconds of the processor, all threads together, are on top of tagging, which
takes {tagging:.0f}. A tag without a word for it shows the sentence that speaks least against it, without
weight. As many other words of the same lengths, cut at random, cost the score
{chance["drop"]:.3f}; our phrases cost it more in {chance["better"]} of {chance["of"]} tags (sign test,
p = {chance["p"]:.1g}). Of all words that readers marked, those of labels that we did not give among them,
our phrases meet {of_all:.3f}.

"""
    body = table(
        ["phrases by", "readers' words met", "character F1", "comprehensiveness", "sufficiency",
         "characters a tag", "tags without a word for them", "processor ms a report"], rows,
    ) + words + table(
        ["label", "readers' words of labels that we gave", "met by our contributions"],
        [[label, len(found), float(np.mean(found))] for label, found in by_label.items() if found],
    )  # fmt: skip
    command = "python -m benchmarks.evidence --data ../shared/data"
    command += f" --every {args.every}" if args.every > 1 else ""
    keep("evidence", "Evidence of misconduct tags on gold/dev", command, body, figures)
    print(body)


if __name__ == "__main__":
    main()
