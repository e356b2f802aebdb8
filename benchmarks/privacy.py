"""Reporter protection on invented reports: what is found, what is taken for an identifier and is none.

    python -m benchmarks.privacy [--data ../shared/data] [--reports 20000] [--seed 2026]

A planted identifier is found where all its letters and digits are covered, whatever the class. A finding is
right where it meets a planted identifier of its class. With --data, findings and remains on reports/ are
counted, never shown. JioNLP is measured on the same texts where it is installed.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.planted import Planted, reports
from benchmarks.results import keep, table
from data.privacy.entity import Entity
from data.privacy.masker import Masker, default_recognisers
from data.privacy.recogniser import Analyzer


class Row(NamedTuple):
    """Counts of one class; `plain` ones are among the planted."""

    planted: int
    found: int
    findings: int
    right: int
    plain: int
    plain_found: int


Span = tuple[Entity, int, int]
Finder = Callable[[str], Iterable[Span]]
NUMBERS = tuple(e for e in Entity if e not in (Entity.PERSON, Entity.OFFICIAL, Entity.POST))
CLASSES = (*NUMBERS, Entity.PERSON, Entity.OFFICIAL)
# What may look like an identifier still, after masking.
# As a machine would print it: no blanks, no full width, no words for digits.
_PLAIN = re.compile(r"(?:[0-9A-Za-z@._一-鿿]|(?<=[0-9])-(?=[0-9]{7,8}$))+")
_WORDY = re.compile("[零幺〇壹贰叁肆]|[一二三四五六七八九]{3}")
LEFT = {
    "11 digits that begin like a mobile number": re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])"),
    "18 digits or X": re.compile(r"(?<![0-9])[1-9][0-9]{16}[0-9Xx](?![0-9])"),
    "@": re.compile("[A-Za-z0-9]@[A-Za-z0-9]"),
    "a name field, filled": re.compile("(?<!被)(?<!民警)(?:姓名|联系人|举报人|投诉人)[:：][ ]?[一-鿿]{2}"),
    "我叫": re.compile("我叫(?!做|了|来|他|她|他们|你|过|人|车|出|救|物|上|停|的)[一-鿿]"),
}


def ours() -> Finder:
    """Our analyzer, posts left out."""
    analyzer = Analyzer(default_recognisers())
    return lambda text: [
        (f.entity_type, f.start, f.end) for f in analyzer.analyze(text) if f.entity_type is not Entity.POST
    ]


def jionlp() -> tuple[Finder, str] | None:
    """JioNLP's extractors, and its version; None where it is not installed."""
    try:
        import jionlp as jio
    except ImportError:
        return None
    kinds = (
        (Entity.RESIDENT_ID, jio.extract_id_card), (Entity.EMAIL, jio.extract_email),
        (Entity.QQ, jio.extract_qq),
        (Entity.PLATE, jio.extract_motor_vehicle_licence_plate), (Entity.WECHAT, jio.extract_wechat_id),
    )  # fmt: skip

    def find(text: str) -> Iterable[Span]:
        for entity, extract in kinds:
            for found in extract(text, detail=True):
                yield entity, *found["offset"]
        for found in jio.extract_phone_number(text, detail=True):
            yield Entity.MOBILE if found["type"] == "cell_phone" else Entity.LANDLINE, *found["offset"]

    return find, str(jio.__version__)


def plain(words: str) -> bool:
    """Tell whether an identifier is in its plain spelling."""
    return _PLAIN.fullmatch(words) is not None and not _WORDY.search(words)


def measure(planted: Sequence[Planted], find: Finder) -> tuple[dict[Entity, Row], float, float]:
    """Per class its row; reports a second; share of the other words that were covered."""
    counts: dict[Entity, list[int]] = {entity: [0] * 6 for entity in CLASSES}
    other = covered_other = 0
    seconds = 0.0
    for report in planted:
        start = time.perf_counter()
        found = list(find(report.text))
        seconds += time.perf_counter() - start
        covered = bytearray(len(report.text))
        wanted = bytearray(len(report.text))
        for _, begin, end in found:
            covered[begin:end] = b"\1" * (end - begin)
        for entity, begin, end in report.spans:
            wanted[begin:end] = b"\1" * (end - begin)
            counts[entity][0] += 1
            hit = all(covered[n] or not report.text[n].isalnum() for n in range(begin, end))
            counts[entity][1] += hit
            if plain(report.text[begin:end]):
                counts[entity][4] += 1
                counts[entity][5] += hit
        for begin, end in report.allowed:
            wanted[begin:end] = b"\1" * (end - begin)
        for entity, begin, end in found:
            counts[entity][2] += 1
            counts[entity][3] += any(e is entity and b < end and begin < s for e, b, s in report.spans)
        other += wanted.count(0)
        covered_other += sum(1 for n, w in enumerate(wanted) if covered[n] and not w)
    figures = {entity: Row(*row) for entity, row in counts.items()}
    return figures, len(planted) / seconds, covered_other / other


def remains(folder: Path) -> tuple[Counter[str], Counter[str], int]:
    """Findings per class, and what still looks like an identifier after masking, over the real reports."""
    masker = Masker()
    found: Counter[str] = Counter()
    left: Counter[str] = Counter()
    total = 0
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as file:
            for line in file:
                masked = masker.mask(json.loads(line)["text"])
                total += 1
                found.update(finding.entity_type.word for finding in masked.findings)
                left.update({what: len(pattern.findall(masked.text)) for what, pattern in LEFT.items()})
    return found, left, total


def main() -> None:
    """Measure and write the section `privacy`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with reports/")
    parser.add_argument("--reports", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=2026)
    args = parser.parse_args()
    planted = list(reports(args.reports, args.seed))
    mine, speed, over = measure(planted, ours())
    other = jionlp()
    theirs = measure(planted, other[0]) if other else None
    rows = []
    for entity in CLASSES:
        own = mine[entity]
        row: list[object] = [entity.word, own.planted, own.found / own.planted, own.right / own.findings]
        if theirs:
            rival = theirs[0][entity]
            row += (
                [rival.found / rival.planted, rival.plain_found / rival.plain, rival.right / rival.findings]
                if rival.findings
                else ["-", "-", "-"]
            )
        rows.append(row)
    sums = [sum(mine[entity][place] for entity in NUMBERS) for place in range(4)]
    rows.append(
        ["all but names", sums[0], sums[1] / sums[0], sums[3] / sums[2], *(["", "", ""] if theirs else [])]
    )
    heads = ["class", "planted", "recall", "precision"]
    heads += ["JioNLP recall", "on plain spellings", "JioNLP precision"] if theirs else []
    body = table(heads, rows)
    body += (
        f"\n\n{args.reports:,} invented reports, seed {args.seed}; {speed:,.0f} reports a second; "
        f"{over:.2%} of "
        f"the characters that are no identifier were covered. "
    )
    body += (
        f"JioNLP {other[1]}: {theirs[1]:,.0f} reports a second, {theirs[2]:.2%} covered; - where it "
        f"has no rule."
        if other and theirs
        else "JioNLP: not installed, not measured."
    )
    figures: dict[str, object] = {
        "recall": {entity.word: mine[entity][1] / max(1, mine[entity][0]) for entity in CLASSES},
        "precision": {entity.word: mine[entity][3] / max(1, mine[entity][2]) for entity in CLASSES},
        "structured_recall": sums[1] / sums[0], "structured_precision": sums[3] / sums[2],
        "covered_other": over, "per_second": speed,
    }  # fmt: skip
    if args.data and (args.data / "reports").is_dir():
        found, left, total = remains(args.data / "reports")
        figures["real"] = {"reports": total, "found": dict(found), "left": dict(left)}
        body += f"\n\nOn {total:,} real reports, already anonymised in part by their publishers: found "
        body += ", ".join(f"{word} {count}" for word, count in found.most_common())
        body += ". What still looks like an identifier: "
        body += ", ".join(f"{what} {count}" for what, count in left.items()) + "."
    keep(
        "privacy", "Reporter protection", "python -m benchmarks.privacy --data ../shared/data", body, figures
    )
    print(body)


if __name__ == "__main__":
    main()
