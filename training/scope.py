"""Fit what an Export takes for a petition, and add it to the Export's folder; nothing is trained anew.

    python -m training.scope model/default --labelled train.jsonl --dev dev.jsonl \
        --inside more_reports.jsonl --outside corpus/part-1.txt.xz headlines.jsonl

Reports, single sentences of them, and the invented contrast reports teach what a petition is; outside.jsonl
(invented, of 14 kinds) and any further texts what is none. The border is then drawn so low that of dev, and
of petitions held back, at most two in a thousand fall out, and none of the plain cases (behaviour.yaml) or
the sample reports.
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.labelled import LabelledReport, label_targets, read_labelled
from data.readers import read_reports
from data.report import Report
from data.taxonomy import Taxonomy
from model.encode import plain
from model.export import SCOPE, Export
from model.matters import sentences
from model.scope import Scope
from model.wide import Wide
from training.behaviour import shipped_cases
from training.calibrate import FEW
from training.settings import HINT_BELOW
from training.to_onnx import SAMPLE
from training.trained_on import read_train
from training.wide import feature_matrix, fit_buckets, fit_linear, pack

OUTSIDE = Path(__file__).with_name("outside.jsonl")
CONTRAST = Path(__file__).with_name("contrast")
BITS, LEAST = 20, 6  # width of the n-grams' hash; texts that an n-gram must stand in
FALLEN = 0.002
"""Share of petitions that may fall out at most."""
MARGIN = 0.1
"""How far the border lies below all that must stay in, in the linear model's own unit."""
CONFLICT = 1.0
"""A tag is doubted where the Export's linear part is a whole margin against it: on dev such tags are right
less than half as often as others (benchmarks/scope.py)."""
LENT = 0.02
"""A scope is not lent to an Export of whose dev reports more than this share would fall out."""
OFTEN = 3  # times that each invented text counts: they are few, and of every kind


@dataclass(frozen=True)
class Fitted:
    """A scope, and what it does to texts that it has not learnt from.

    Attributes:
        fallen: shares of dev and of petitions held back that fall out.
        caught: share of other texts held back that fall out.
        held: numbers of petitions and of other texts held back.
    """

    scope: Scope
    fallen: tuple[float, float]
    caught: float
    held: tuple[int, int]


def fit_scope(
    taxonomy: Taxonomy, inside: Sequence[str], outside: Sequence[str], dev: Sequence[LabelledReport],
    kept: Sequence[str], blind: bool, conflict: float = CONFLICT,
) -> Fitted:  # fmt: skip
    """Fit on texts as the model reads them.

    Args:
        inside, outside: texts that are petitions, and such that are none; one in five is held back.
        dev: reports that the border is drawn by, as by the petitions held back; none of `inside` among them.
        kept: further texts that must stay in.
        blind: how the Export reads, and the texts were read.
    """
    (petitions, unseen), (others, strange) = _held_back(inside), _held_back(outside)
    petitions = [*petitions, *parts(petitions)]
    learnt = [*petitions, *others, *(text for text in invented(blind) for _ in range(OFTEN))]
    truth = np.zeros((len(learnt), 1), dtype=np.float32)
    truth[: len(petitions)] = 1
    buckets = fit_buckets(learnt, BITS, LEAST)
    wide = pack(*fit_linear(feature_matrix(learnt, buckets), truth), buckets)
    scope = Scope(wide, conflict, rare_labels(dev, taxonomy))
    of_dev = [plain(row.report, blind) for row in dev]
    lowest = [scope.score(text) for text in kept]
    for texts in (of_dev, unseen):
        if texts:
            lowest.append(sorted(map(scope.score, texts))[int(FALLEN * len(texts))])
    scope = moved(scope, min(lowest) - MARGIN)

    def share(texts: Sequence[str]) -> float:
        return sum(bool(scope.outside(text)) for text in texts) / max(1, len(texts))

    return Fitted(scope, (share(of_dev), share(unseen)), share(strange), (len(unseen), len(strange)))


def _held_back(texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Texts to learn from, and one in five of all."""
    learnt = [text for place, text in enumerate(texts) if place % 5 != 4]
    return learnt, list(texts[4::5])


def moved(scope: Scope, border: float) -> Scope:
    """The same with its border, until now 0, elsewhere."""
    wide = scope.linear
    linear = Wide(wide.buckets, wide.weights, wide.scale, (wide.bias - border).astype(np.float32))
    return Scope(linear, scope.conflict, scope.rare)


def rare_labels(
    dev: Iterable[LabelledReport],
    taxonomy: Taxonomy,
    trained: Iterable[LabelledReport] | None = None,
    least: int = HINT_BELOW,
) -> NDArray[np.bool_]:
    """Labels that fewer than FEW reports of dev have, whose thresholds were not really fitted, or that fewer
    than `least` reports taught: their tags are hints, for a person to look at [labels].

    Args:
        trained: the reports that the model learned from; None where they are not at hand.
    """
    rare = counts(dev, taxonomy) < FEW
    return rare if trained is None else rare | (counts(trained, taxonomy) < least)


def counts(rows: Iterable[LabelledReport], taxonomy: Taxonomy) -> NDArray[np.int64]:
    """How many reports have each label [labels]."""
    total = np.zeros(sum(len(axis.labels) for axis in taxonomy.axes), dtype=np.int64)
    for row in rows:
        total += np.nan_to_num(np.array(label_targets(row, taxonomy), dtype=np.float32)).astype(np.int64)
    return total


def add_scope(export: Export, scope: Scope) -> Export:
    """Put a scope into the folder of an Export, in place of an earlier one, with its checksum."""
    scope.save(export.folder / SCOPE)
    export.save()
    return Export.load(export.folder)


@dataclass(frozen=True)
class Taught:
    """What an Export learned from, and by what it was judged; says which of its labels are rare.

    Attributes:
        dev: file of labelled reports.
        trained: files of labelled reports.
        least: labels that fewer of these have are rare.
    """

    dev: Path
    trained: Sequence[Path]
    least: int = HINT_BELOW

    def rare(self, taxonomy: Taxonomy) -> NDArray[np.bool_]:
        """As `rare_labels`."""
        dev = [*read_labelled(self.dev, taxonomy)]
        trained = read_train(self.trained, dev, taxonomy).rows  # a row that another replaced taught nothing
        return rare_labels(dev, taxonomy, trained, self.least)


def carry_scope(before: Export, export: Export, taught: Taught) -> Export:
    """Give a new Export what the one before took for a petition, if it knew; rare are the new one's labels.

    What a petition looks like does not change with the labels, nor with the encoder.
    """
    if not (before.folder / SCOPE).is_file():
        return export
    old = Scope.load(before.folder / SCOPE)
    return add_scope(export, Scope(old.linear, old.conflict, taught.rare(export.taxonomy)))


def lend_scope(lender: Export, export: Export, taught: Taught) -> tuple[Export, float]:
    """Do as `carry_scope` for an Export of any taxonomy, unless the lender would turn away what it is for.

    Returns:
        The Export, and the share of dev's reports that fall out of the lender's scope; with more than LENT
        the Export stays without one.
    """
    if not (lender.folder / SCOPE).is_file():
        return export, 0.0
    scope, rows = Scope.load(lender.folder / SCOPE), read_labelled(taught.dev, export.taxonomy)
    fallen = [bool(scope.outside(plain(row.report, export.blind))) for row in rows]
    share = sum(fallen) / max(1, len(fallen))
    return (export if share > LENT else carry_scope(lender, export, taught)), share


def parts(texts: Sequence[str]) -> list[str]:
    """One sentence of every second text: short reports must stay in too."""
    rng = random.Random(0)
    found = []
    for text in texts[::2]:
        if spans := sentences(text):
            found.append(text[slice(*rng.choice(spans))])
    return found


def invented(blind: bool) -> list[str]:
    """Invented texts that are no petitions, as the model reads them."""
    lines = OUTSIDE.read_text(encoding="utf-8").splitlines()
    return [plain(Report("", json.loads(line)["text"]), blind) for line in lines]


def contrast(taxonomy: Taxonomy) -> Iterator[Report]:
    """The invented contrast reports; none for a taxonomy that they do not fit."""
    for file in contrast_files(taxonomy):
        yield from (row.report for row in read_labelled(file, taxonomy))


def contrast_files(taxonomy: Taxonomy) -> list[Path]:
    """Where these reports and their labels stand; nowhere for a taxonomy that they do not fit.

    They fit where an axis of theirs is an axis of the taxonomy, and every such has the same labels.
    """
    theirs, ours = (
        {axis.id: {*axis.label_ids} for axis in one.axes} for one in (Taxonomy.default(), taxonomy)
    )
    shared = theirs.keys() & ours.keys()
    fits = shared and all(theirs[axis] == ours[axis] for axis in shared)
    return sorted(CONTRAST.glob("*.jsonl")) if fits else []


def texts_of(file: Path, most: int, blind: bool) -> list[str]:
    """At most so many texts of a file, spread over it: reports of any kind, or lines of .txt.xz."""
    found = list(_lines(file))
    step = max(1, -(-len(found) // most))
    return [plain(report, blind) for report in found[::step]]


def _lines(file: Path) -> Iterable[Report]:
    if file.suffix == ".xz":
        with lzma.open(file, "rt", encoding="utf-8") as lines:
            return [Report("", line.strip()[:400]) for line in islice(lines, 0, None, 40) if len(line) > 15]
    return [row for row in read_reports(file) if isinstance(row, Report)]


def main() -> None:
    """Fit, add to the folder, and say what it does."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("export", type=Path, help="the Export's folder; changed in place")
    parser.add_argument("--labelled", type=Path, nargs="+", required=True, help="reports it was trained on")
    parser.add_argument("--dev", type=Path, required=True, help="the reports that the border is drawn by")
    parser.add_argument("--inside", type=Path, nargs="*", default=[], help="files of further reports")
    parser.add_argument("--outside", type=Path, nargs="*", default=[], help="texts that are no petitions")
    parser.add_argument("--most", type=int, default=6000, help="texts taken of each further file")
    args = parser.parse_args()
    export = Export.load(args.export)
    taxonomy, blind = export.taxonomy, export.blind
    dev = list(read_labelled(args.dev, taxonomy))
    same = {plain(row.report, blind) for row in dev}
    inside = [plain(row.report, blind) for file in args.labelled for row in read_labelled(file, taxonomy)]
    inside += [text for file in args.inside for text in texts_of(file, args.most, blind)]
    inside += [plain(report, blind) for report in contrast(taxonomy)]
    inside = [text for text in inside if text and text not in same]
    outside = [text for file in args.outside for text in texts_of(file, args.most, blind) if text]
    kept = [plain(case.report, blind) for case in shipped_cases(taxonomy)]
    kept += [plain(row, blind) for row in read_reports(SAMPLE) if isinstance(row, Report)]
    fitted = fit_scope(taxonomy, inside, outside, dev, kept, blind)
    add_scope(export, fitted.scope)
    labels = [label for axis in taxonomy.axes for label in axis.label_ids]
    rare = [label for label, few in zip(labels, fitted.scope.rare, strict=True) if few]
    size = (args.export / SCOPE).stat().st_size
    print(f"{SCOPE}: {size:,} bytes, from {len(inside)} petitions and {len(outside)} other texts")
    petitions, others = fitted.held
    print(f"{fitted.fallen[0]:.2%} of {len(dev)} dev reports fall out")
    print(f"{fitted.fallen[1]:.2%} of {petitions} petitions held back fall out")
    print(f"{fitted.caught:.1%} of {others} other texts held back fall out")
    print(f"rare labels: {', '.join(rare) or 'none'}")


if __name__ == "__main__":
    main()
