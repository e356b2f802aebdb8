"""Does masking change tags? Labelled reports tagged as received and masked, by placeholder and by class.

    python -m benchmarks.masked_tags --data ../shared/data

A report counts as changed where any tag of any axis comes or goes. The publishers covered much already, so
the reports are read once more with an invented reporter in front of each: name, resident id, address,
telephone. Texts are read in memory; figures alone are kept.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import spelled
from benchmarks.planted import HOMES, ROADS, name
from benchmarks.results import keep, table
from data.labelled import LabelledReport, read_labelled
from data.privacy.entity import Entity
from data.privacy.masker import KEPT, Masker, Style
from data.report import Report
from model.tagger import Tagger

Tags = frozenset[tuple[str, str]]
_SURROGATES = {
    Entity.RESIDENT_ID: "110101199001010000", Entity.MOBILE: "13800000000", Entity.LANDLINE: "010-00000000",
    Entity.BANK_CARD: "6200000000000000", Entity.PLATE: "京A00000", Entity.PASSPORT: "E00000000",
    Entity.PERMIT: "C00000000", Entity.EMAIL: "a@example.com", Entity.WECHAT: "wx000000",
    Entity.QQ: "10000000",
    Entity.ADDRESS: "某路某号", Entity.BIRTH: "某年某月", Entity.PERSON: "张三", Entity.OFFICIAL: "李四",
    Entity.POST: "领导",
}  # fmt: skip


class _With(Masker):
    """A masker whose placeholders are given."""

    def __init__(self, keep: Collection[Entity], words: dict[Entity, str]) -> None:
        super().__init__(keep)
        self._words = words

    def cover(self, entity: Entity, words: str) -> str:
        return self._words[entity]


def placeholders(keep: Collection[Entity]) -> dict[str, Masker]:
    """What may stand in an identifier's place."""
    return {
        "【姓名】": Masker(keep),
        "（姓名）": _With(keep, {e: f"（{e.label}）" for e in Entity}),
        "某某": _With(keep, dict.fromkeys(Entity, "某某")),
        "＊＊＊": _With(keep, dict.fromkeys(Entity, "＊＊＊")),
        "* for each character": Masker(keep, Style.stars),
        "【姓名·1f0c9a2b】": Masker(keep, Style.pseudonym, b"benchmark"),
        "张三, 13800000000": _With(keep, _SURROGATES),
        "nothing": _With(keep, dict.fromkeys(Entity, "")),
    }


def tags_of(tagger: Tagger, reports: Sequence[Report]) -> list[Tags]:
    """The tags of each report, without scores."""
    return [
        frozenset((axis, tag.label) for axis, tags in prediction.tags.items() for tag in tags)
        for prediction in tagger.tag(reports, "none")
    ]


def masked(report: Report, masker: Masker) -> Report:
    """The report with title and text masked."""
    return replace(report, title=masker.mask(report.title).text, text=masker.mask(report.text).text)


def retagged(tagger: Tagger, reports: Sequence[Report], before: Sequence[Tags], masker: Masker) -> list[Tags]:
    """The tags of the masked reports; where nothing is covered they stay, and are not read again."""
    after = list(before)
    hidden = [(place, masked(report, masker)) for place, report in enumerate(reports)]
    hidden = [(place, report) for place, report in hidden if report != reports[place]]
    for (place, _), tags in zip(hidden, tags_of(tagger, [report for _, report in hidden]), strict=True):
        after[place] = tags
    return after


def compared(
    reports: Sequence[Report],
    before: Sequence[Tags],
    after: Sequence[Tags],
    masker: Masker,
    figures: dict[str, object],
    name: str,
) -> list[object]:
    """Reports with anything covered, those with a changed tag, and the share of all without one."""
    covered = sum(masked(report, masker) != report for report in reports)
    moved: Counter[str] = Counter()
    for old, new in zip(before, after, strict=True):
        moved.update(f"+{label}" for _, label in new - old)
        moved.update(f"-{label}" for _, label in old - new)
    changed = sum(old != new for old, new in zip(before, after, strict=True))
    share = same(before, after)
    figures[name] = {"masked": covered, "changed": changed, "same": share, "labels": dict(moved)}
    return [covered, changed, f"{share:.1%}"]


def same(first: Sequence[Tags], second: Sequence[Tags]) -> float:
    """The share of reports with the same tags in both."""
    return sum(a == b for a, b in zip(first, second, strict=True)) / max(1, len(first))


def with_reporter(reports: Sequence[Report], seed: int) -> list[Report]:
    """The same reports, an invented reporter in front of each."""
    rng = random.Random(seed)
    made = []
    for report in reports:
        home = f"{rng.choice(ROADS)}{rng.randint(1, 300)}号{rng.choice(HOMES)}{rng.randint(1, 20)}栋"
        who = f"我叫{name(rng)}，身份证号{spelled.resident_id(rng)}，住{home}，电话{spelled.mobile(rng)}。"
        made.append(replace(report, text=who + report.text))
    return made


def macro_f1(tagger: Tagger, rows: Sequence[LabelledReport], given: Sequence[Tags], axis: str) -> float:
    """Against the labels, over the reports that are labelled on this axis."""
    labels = next(each.label_ids for each in tagger.export.taxonomy.axes if each.id == axis)
    pairs = [
        (truth, {label for on, label in tags if on == axis})
        for row, tags in zip(rows, given, strict=True)
        if (truth := row.labels.get(axis)) is not None
    ]
    values = []
    for label in labels:
        both = sum(label in truth and label in tags for truth, tags in pairs)
        either = sum((label in truth) + (label in tags) for truth, tags in pairs)
        values.append(2 * both / either if either else 0.0)
    return sum(values) / len(values)


def main() -> None:
    """Measure and write the section `masked_tags`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/dev.jsonl")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--reporters", type=int, default=150, help="reports that get an invented reporter")
    parser.add_argument("--quick", action="store_true", help="【】 and * alone, no classes, no reporters")
    args = parser.parse_args()
    tagger = Tagger.load()
    rows = list(read_labelled(args.data / "gold" / "dev.jsonl", tagger.export.taxonomy))
    plain = [row.report for row in rows]
    before = tags_of(tagger, plain)
    figures: dict[str, object] = {"model": tagger.export.model}
    axes = [axis.id for axis in tagger.export.taxonomy.axes]
    body = f"{tagger.export.model}; {len(rows)} reports of dev.\n\n"

    lines = []
    for words, masker in placeholders(KEPT).items():
        if args.quick and words not in ("【姓名】", "* for each character"):
            continue
        after = retagged(tagger, plain, before, masker)
        lines.append([words, *compared(plain, before, after, masker, figures, f"placeholder {words}")])
        scores = {axis: macro_f1(tagger, rows, after, axis) for axis in axes}
        figures[f"macro_f1 {words}"] = scores
        lines[-1] += scores.values()
        print(lines[-1], flush=True)
    scores = {axis: macro_f1(tagger, rows, before, axis) for axis in axes}
    figures["macro_f1 as received"] = scores
    lines.append(["as received", "", "", "", *scores.values()])
    heads = (
        "in its place",
        "masked",
        "tags changed",
        "unchanged of all",
        *(f"{axis} macro-F1" for axis in axes),
    )
    body += table(heads, lines)
    once = [masked(report, Masker()) for report in plain]
    stable = sum(masked(report, Masker()) == report for report in once) / len(rows)
    figures["masked_twice_the_same"] = stable
    body += f"\n\nMasked again, {stable:.1%} of the reports stay as they are, and so do their tags."

    if not args.quick:
        by_class = []
        for entity in Entity:
            only = Masker([other for other in Entity if other is not entity])
            after = retagged(tagger, plain, before, only)
            row = compared(plain, before, after, only, figures, f"class {entity.word}")
            if row[0]:
                by_class.append([entity.word, *row])
                print(by_class[-1], flush=True)
        body += "\n\nOne class covered and no other, with 【】:\n\n"
        body += table(("class", "masked", "tags changed", "unchanged of all"), by_class)
        some = plain[: args.reporters]
        named = with_reporter(some, args.seed)
        read, hidden = tags_of(tagger, named), tags_of(tagger, [masked(r, Masker()) for r in named])
        shares = [
            ("named and masked have the same tags", same(read, hidden)),
            ("without a reporter and named", same(before[: len(some)], read)),
            ("without a reporter and masked", same(before[: len(some)], hidden)),
        ]
        figures["with_a_reporter"] = dict(shares)
        body += f"\n\nWith an invented reporter in front of {len(some)} of them:\n\n"
        body += table(("", "same tags"), [[what, f"{share:.1%}"] for what, share in shares])
    command = "python -m benchmarks.masked_tags --data ../shared/data" + (" --quick" if args.quick else "")
    keep("masked_tags", "Tags of masked reports", command, body, figures)
    print(body)


if __name__ == "__main__":
    main()
