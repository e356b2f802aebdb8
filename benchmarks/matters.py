"""Several matters in one letter: are they seen, and is each sentence tagged with its own?

    python -m benchmarks.matters --data ../shared/data

Letters of two matters are made by joining two reports of gold/dev that share no domain; every report of dev
with one domain stands for a letter of one matter. Beside them, invented letters (matters.jsonl).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.results import keep, table
from data.labelled import LabelledReport, read_labelled
from data.report import Report
from model.export import DEFAULT
from model.matters import sentences
from model.prediction import Matters, Sentence, Tag
from model.tagger import Tagger

INVENTED = Path(__file__).with_name("matters.jsonl")
SAMPLE = Path(__file__).parents[1] / "data" / "sample" / "reports.jsonl"
COMMAS = 38  # characters of one report at most, where two are told in commas alone
JOINS = ("", "\n", "另外，", "还有一件事，", "\n二、")
SIZES = range(30, 501)  # characters of the reports that are joined
AXIS = "domain"


@dataclass(frozen=True)
class Joined:
    """A letter of two matters: where the second begins, and what each is about."""

    report: Report
    border: int
    first: frozenset[str]
    second: frozenset[str]


def main() -> None:
    """Measure and write the section `matters`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/")
    parser.add_argument("--export", type=Path, default=DEFAULT)
    parser.add_argument("--pairs", type=int, default=300)
    args = parser.parse_args()
    tagger = Tagger.load(args.export)
    dev = list(read_labelled(args.data / "gold" / "dev.jsonl", tagger.export.taxonomy))
    of_one = [row for row in dev if len(row.labels.get(AXIS) or ()) == 1]
    single = [row.report for row in of_one]
    pairs = joined([row for row in of_one if len(row.report.text) in SIZES], args.pairs)
    invented = [json.loads(line) for line in INVENTED.read_text(encoding="utf-8").splitlines()]
    letters = [Report(str(place), row["text"]) for place, row in enumerate(invented)]
    several = np.array([row["several"] for row in invented])
    sample = list(read_labelled(SAMPLE, tagger.export.taxonomy))
    commas = [in_commas(sample, count, 150) for count in (2, 1)]
    ways: dict[str, Callable[[Sequence[Report]], list[Matters]]] = {
        "from the same pass": lambda reports: [
            p.matters for p in tagger.tag(reports, "none", matters=True) if p.matters is not None
        ],
        "each sentence read by itself": lambda reports: reread(tagger, reports),
    }
    tagger.tag([pair.report for pair in pairs], "none")  # the first time reads what later ones need not
    began = time.perf_counter()
    plain = tagger.tag([pair.report for pair in pairs], "none")
    base = time.perf_counter() - began
    figures: dict[str, dict[str, float]] = {}
    for name, way in ways.items():
        began = time.perf_counter()
        found = way([pair.report for pair in pairs])
        took = time.perf_counter() - began
        right, told, met = by_sentence(pairs, found)
        flagged = np.array([m.several for m in way(letters)])
        of_two, of_one_alone = ([m.several for m in way(some)] for some in commas)
        figures[name] = {
            "flagged_commas_several": float(np.mean(of_two)),
            "flagged_commas_single": float(np.mean(of_one_alone)),
            "flagged_joined": float(np.mean([m.several for m in found])),
            "flagged_single": float(np.mean([m.several for m in way(single)])),
            "flagged_invented_several": float(flagged[several].mean()),
            "flagged_invented_single": float(flagged[~several].mean()),
            "precision": right / told,
            "met": met / (2 * len(pairs)),
            "more_time": took / base - 1,
        }
        print(name, figures[name], flush=True)
    whole = sum(
        bool({tag.label for tag in p.tags[AXIS]} & side)
        for pair, p in zip(pairs, plain, strict=True)
        for side in (pair.first, pair.second)
    ) / (2 * len(pairs))
    rows = [
        [
            name, *(f"{line[key]:.1%}" for key in ("flagged_joined", "flagged_single")),
            *(f"{line[key]:.1%}" for key in ("flagged_invented_several", "flagged_invented_single")),
            *(f"{line[key]:.1%}" for key in ("flagged_commas_several", "flagged_commas_single")),
            f"{line['precision']:.1%}", f"{line['met']:.1%}", f"{line['more_time']:+.0%}",
        ]
        for name, line in figures.items()
    ]  # fmt: skip
    body = table(
        ["tags by sentence", "joined letters flagged", "single reports flagged", "invented, several: flagged",
         "invented, one: flagged", "in commas, two: flagged", "in commas, one: flagged",
         "domain tags right", "matters met", "time"], rows,
    )  # fmt: skip
    body += (
        f"\n\n{len(pairs)} letters joined of two reports of dev, {len(single)} reports of dev with one "
        "domain, "
        f"{several.sum()} and {(~several).sum()} invented letters; in commas: {len(commas[0])} and "
        f"{len(commas[1])} letters of one sentence, made of the beginnings of two invented reports or of "
        "one, with commas for stops. A domain tag of a sentence is right where "
        "its report has it; a matter is met where a sentence of it has its domain. The tags of the whole "
        f"letter meet {whole:.1%}. Time: beside tagging without; joined letters. The borders of both flags "
        "were chosen on other joined letters of dev."
    )
    keep(
        "matters", "Several matters in one letter", "python -m benchmarks.matters --data ../shared/data",
        body, {**figures, "whole": {"met": whole}},
    )  # fmt: skip
    print(body)


def joined(rows: Sequence[LabelledReport], count: int) -> list[Joined]:
    """Letters of two reports that share no domain; the same each time."""
    rng = random.Random(2)
    found: list[Joined] = []
    while len(found) < count:
        one, other = rng.sample(rows, 2)
        first, second = (row.labels[AXIS] or frozenset() for row in (one, other))
        if first & second:
            continue
        head = one.report.text.rstrip()
        head += ("" if head[-1] in "。！？!?." else "。") + rng.choice(JOINS)
        found.append(Joined(Report("", head + other.report.text), len(head), first, second))
    return found


def in_commas(rows: Sequence[LabelledReport], reports: int, count: int) -> list[Report]:
    """Short letters of one sentence, without any mark but commas: the beginnings of two reports that share no
    domain, or as much of one report; the same each time."""
    rng, most = random.Random(3), COMMAS * (3 - reports)
    rows = [row for row in rows if len(row.labels.get(AXIS) or ()) == 1]
    found: list[Report] = []
    while len(found) < count:
        chosen = rng.sample(rows, reports)
        domains = {label for row in chosen for label in row.labels[AXIS] or ()}
        texts = [beginning(row.report.text, most - 1) for row in chosen]
        if len(domains) == reports and all(len(text) >= most // 2 for text in texts):
            found.append(Report("", "，".join(texts) + "。"))
    return found


def beginning(text: str, most: int) -> str:
    """So many characters of a text at most, up to a comma, which stands for every other stop."""
    text = re.sub("[。！？!?；;\\n，,]+", "，", text).strip("，")
    return text if len(text) <= most else text[: max(0, text.rfind("，", 0, most + 1))]


def by_sentence(pairs: Sequence[Joined], found: Sequence[Matters]) -> tuple[int, int, int]:
    """Domain tags of sentences that are right, all of them, and matters that were met."""
    right = told = met = 0
    for pair, matters in zip(pairs, found, strict=True):
        seen: set[bool] = set()
        for sentence in matters.sentences:
            behind = (sentence.start + sentence.end) / 2 > pair.border
            for tag in sentence.tags[AXIS]:
                told += 1
                if tag.label in (pair.second if behind else pair.first):
                    right += 1
                    seen.add(behind)
        met += len(seen)
    return right, told, met


def reread(tagger: Tagger, reports: Sequence[Report]) -> list[Matters]:
    """The other way: every sentence goes through the engine as a report of its own."""
    axis, column = next((a, c) for a, c in tagger.export.taxonomy.columns() if a.id == AXIS)
    texts = [encoded.body for encoded in tagger.encoder.encode(reports)]
    spans = [sentences(text.text) for text in texts]
    alone = [Report("", text.text[a:b]) for text, own in zip(texts, spans, strict=True) for a, b in own]
    scores = tagger.scores(alone)[:, column]
    given = tagger.export.decisions[AXIS].given(scores, axis.kind)
    result, at = [], 0
    for text, own in zip(texts, spans, strict=True):
        rows = slice(at, at + len(own))
        at += len(own)
        found = tuple(
            Sentence(*text.original_span(*span), {
                AXIS: tuple(Tag(axis.labels[i].id, "", float(row[i])) for i in np.flatnonzero(tags))
            })
            for span, row, tags in zip(own, scores[rows], given[rows], strict=True)
        )  # fmt: skip
        result.append(Matters(_apart(scores[rows]) >= ALONE, found))
    return result


ALONE = 0.9
"""Border of the other way, chosen on the same joined letters as that of model/matters.py."""


def _apart(scores: NDArray[np.float32]) -> float:
    """How surely two sentences speak of different domains, -1 to 1."""
    top = scores.argmax(axis=1)
    best = -1.0
    for i in range(len(scores)):
        for j in range(i + 1, len(scores)):
            if top[i] != top[j]:
                own = min(scores[i, top[i]], scores[j, top[j]])
                best = max(best, float(own - max(scores[i, top[j]], scores[j, top[i]])))
    return best


if __name__ == "__main__":
    main()
