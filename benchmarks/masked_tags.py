"""Does masking change tags? Labelled reports tagged as received and masked, by placeholder and by class.

    python -m benchmarks.masked_tags --data ../shared/data

Two sets of the same reports: as they are, where the publishers covered much already, and with an invented
reporter in front of each: name, resident id, address, telephone. A report counts as changed where any tag
of any axis comes or goes. Texts are read in memory; figures alone are kept.
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
from data.labelled import read_labelled
from data.privacy.entity import Entity
from data.privacy.masker import KEPT, Masker, Style
from data.report import Report
from model.tagger import Tagger

Tags = frozenset[tuple[str, str]]
_SURROGATES = {
    Entity.RESIDENT_ID: "110101199001010000", Entity.MOBILE: "13800000000", Entity.LANDLINE: "010-00000000",
    Entity.BANK_CARD: "6200000000000000", Entity.PLATE: "京A00000", Entity.PASSPORT: "E00000000",
    Entity.PERMIT: "C00000000", Entity.EMAIL: "a@example.com", Entity.WECHAT: "wx000000", Entity.QQ: "10000000",
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
        home = f"{rng.choice(ROADS)}{rng.randint(1, 300)}号{rng.choice(HOMES)}{rng.randint(1, 20)}栋{rng.randint(101, 909)}室"
        who = f"我叫{name(rng)}，身份证号{spelled.resident_id(rng)}，住{home}，电话{spelled.mobile(rng)}。"
        made.append(replace(report, text=who + report.text))
    return made


def main() -> None:
    """Measure and write the section `masked_tags`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/dev.jsonl")
    parser.add_argument("--seed", type=int, default=2026)
    args = parser.parse_args()
    tagger = Tagger.load()
    rows = list(read_labelled(args.data / "gold" / "dev.jsonl", tagger.export.taxonomy))
    plain = [row.report for row in rows]
    sets = {"as received": plain, "with a reporter": with_reporter(plain, args.seed)}
    before = {which: tags_of(tagger, reports) for which, reports in sets.items()}
    lines, by_class, figures = [], [], {}
    for title, keep_ in (("officials kept", KEPT), ("officials covered", ())):
        for which, reports in sets.items():
            for words, masker in placeholders(keep_).items():
                if title == "officials covered" and which == "with a reporter":
                    continue
                covered, changed, moved = changes(tagger, reports, before[which], masker)
                same = 1 - changed / len(reports)
                lines.append([title, which, words, covered, changed, f"{same:.1%}"])
                figures[f"{title}, {which}, {words}"] = {"covered": covered, "changed": changed, "same": same}
                print(lines[-1], moved.most_common(8), flush=True)
    for entity in Entity:
        for which, reports in sets.items():
            masker = Masker([other for other in Entity if other is not entity])
            covered, changed, moved = changes(tagger, reports, before[which], masker)
            if covered:
                by_class.append([entity.word, which, covered, changed])
                figures[f"{entity.word} alone, {which}"] = {"covered": covered, "changed": changed}
                print(by_class[-1], moved.most_common(8), flush=True)
    body = table(("officials", "reports", "in its place", "masked", "changed", "unchanged of all"), lines)
    body += "\n\nOne class covered and no other, with 【】:\n\n"
    body += table(("class", "reports", "masked", "changed"), by_class)
    keep(
        "masked_tags",
        "Tags of masked reports",
        "python -m benchmarks.masked_tags --data ../shared/data",
        body,
        figures,
    )


if __name__ == "__main__":
    main()
