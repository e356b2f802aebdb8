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


def changes(
    tagger: Tagger, reports: Sequence[Report], before: Sequence[Tags], masker: Masker
) -> tuple[int, int, Counter[str]]:
    """Reports with anything covered, reports with a changed tag, and which labels came (+) or went (-)."""
    pairs = [(place, masked(report, masker)) for place, report in enumerate(reports)]
    pairs = [(place, after) for place, after in pairs if after != reports[place]]
    moved: Counter[str] = Counter()
    changed = 0
    for (place, _), after in zip(pairs, tags_of(tagger, [after for _, after in pairs]), strict=True):
        changed += after != before[place]
        moved.update(f"+{axis}:{label}" for axis, label in after - before[place])
        moved.update(f"-{axis}:{label}" for axis, label in before[place] - after)
    return len(pairs), changed, moved


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
    args = parser.parse_args()
    tagger = Tagger.load()
    rows = list(read_labelled(args.data / "gold" / "dev.jsonl", tagger.export.taxonomy))
    plain = [row.report for row in rows]
    label, everyone = Masker(), Masker(())
    read = {"as received": plain, "with a reporter": with_reporter(plain, args.seed)}
    before = {which: tags_of(tagger, reports) for which, reports in read.items()}
    figures: dict[str, object] = {}

    by_words = []
    for words, masker in placeholders(KEPT).items():
        covered, changed, moved = changes(tagger, plain, before["as received"], masker)
        by_words.append([words, covered, changed, f"{1 - changed / len(plain):.1%}"])
        figures[f"placeholder {words}"] = {"masked": covered, "changed": changed, "labels": dict(moved)}
        print(by_words[-1], moved.most_common(8), flush=True)

    by_class = []
    for entity in Entity:
        only = Masker([other for other in Entity if other is not entity])
        covered, changed, moved = changes(tagger, plain, before["as received"], only)
        if covered:
            by_class.append([entity.word, covered, changed, f"{changed / covered:.0%}"])
            figures[f"class {entity.word}"] = {"masked": covered, "changed": changed, "labels": dict(moved)}
            print(by_class[-1], moved.most_common(8), flush=True)

    by_truth = []
    for which, reports in read.items():
        for how, masker in (("", None), ("masked", label), ("masked, officials too", everyone)):
            given = reports if masker is None else [masked(report, masker) for report in reports]
            tags = before[which] if masker is None else tags_of(tagger, given)
            same = sum(a == b for a, b in zip(tags, before["as received"], strict=True)) / len(rows)
            scores = [macro_f1(tagger, rows, tags, axis.id) for axis in tagger.export.taxonomy.axes]
            by_truth.append([f"{which} {how}".strip(), *scores, f"{same:.1%}"])
            figures[f"{which} {how}".strip()] = {"macro_f1": scores, "same": same}
            print(by_truth[-1], flush=True)

    axes = [f"{axis.id} macro-F1" for axis in tagger.export.taxonomy.axes]
    body = table(("in its place", "masked", "tags changed", "unchanged of all"), by_words)
    twice = [masked(masked(report, label), label) == masked(report, label) for report in plain]
    figures["masked_twice_the_same"] = sum(twice) / len(rows)
    body += f"\n\nMasked again, {figures['masked_twice_the_same']:.1%} of the reports stay as they are."
    body += "\n\nOne class covered and no other, with 【】:\n\n"
    body += table(("class", "masked", "tags changed", "share"), by_class)
    body += "\n\nAgainst the labels; the last column holds the tags to those of the reports as received:\n\n"
    body += table(("read", *axes, "same tags"), by_truth)
    command = "python -m benchmarks.masked_tags --data ../shared/data"
    keep("masked_tags", "Tags of masked reports", command, body, figures)


if __name__ == "__main__":
    main()
