"""`petition drift` on real reports: quiet where nothing has changed, loud where the source has.

python -m benchmarks.drift --data ../shared/data
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.results import keep, table
from data.report import Report
from model.drift.compare import compare
from model.drift.measure import measure
from model.drift.rules import check
from model.drift.sample import Sample
from model.tagger import Tagger

COUNT = 600
SPLITS = 40
HOTLINE, LIKES, MORE, BOARD = (
    f"{name}.jsonl" for name in ("hotline_haikou", "forum_likes", "forum_more", "board_hangzhou")
)
MONTHS = ("2018-03", "2018-04", "2018-06")


def main() -> None:
    """Measure 600 reports of each source and month, compare, write the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    folder = parser.parse_args().data / "reports"
    tagger = Tagger.load()

    def of(file: str, picked: Callable[[Mapping[str, Any]], bool] = lambda item: True) -> Sample:
        found = measure(tagger, drawn(folder / file, picked))
        print(file, len(found), flush=True)
        return found

    march, april, june = (
        of(HOTLINE, lambda item, month=month: item["date"].startswith(month))  # type: ignore[misc]
        for month in MONTHS
    )
    likes, more, board = of(LIKES), of(MORE), of(BOARD)
    pairs = [
        ("hotline, March and April", march, april),
        ("hotline, March and June", march, june),
        ("hotline, March; April with 1 in 10 from a forum", march, mixed(april, likes, 0.1)),
        ("hotline, March; April with 1 in 4 from a forum", march, mixed(april, likes, 0.25)),
        ("forum, two collections", likes, more),
        ("forum and message board", likes, board),
        ("forum and hotline", likes, march),
    ]
    rows = [[name, *figures(before, after)] for name, before, after in pairs]
    alarms = [
        any(one.level == "fail" for one in check(compare(*halves)))
        for halves in splits(joined(march, april, june))
    ]
    heads = [
        "reference and current, 600 reports each", "broken rules of level fail", "largest change of a label",
        "largest PSI of a score", "AUC", "chance", "PSI of lengths", "change of rare n-grams",
    ]  # fmt: skip
    body = (
        f"{table(heads, rows)}\n\nThe hotline's three months thrown together, and two lots of {COUNT} drawn "
        f"from them at random, {SPLITS} times: {sum(alarms)} alarms."
    )
    shown = {str(row[0]): row[1:] for row in rows}
    kept = {"rows": shown, "alarms": sum(alarms), "splits": SPLITS}
    keep("drift", "Drift", "python -m benchmarks.drift", body, kept)


def drawn(path: Path, picked: Callable[[Mapping[str, Any]], bool]) -> list[Report]:
    """COUNT reports of a file, always the same."""
    with path.open(encoding="utf-8") as lines:
        items = [item for item in map(json.loads, lines) if picked(item)]
    random.Random(0).shuffle(items)
    return [Report(str(item["id"]), item["text"], item.get("title") or "") for item in items[:COUNT]]


def figures(before: Sample, after: Sample) -> list[object]:
    """One row of the table."""
    found = compare(before, after)
    assert found.apart is not None and found.lengths is not None and found.rare is not None
    fails = sum(one.level == "fail" for one in check(found))
    change = max((one.points for one in found.labels), key=abs)
    return [
        fails, f"{change:+.1%}", max(one.shift.psi for one in found.scores), found.apart.auc,
        f"{found.apart.p:.3f}", found.lengths.psi, f"{found.rare.points:+.1%}",
    ]  # fmt: skip


def rows_of(sample: Sample, rows: np.ndarray) -> Sample:
    """Some rows of a sample."""
    names = ("given", "review", "scores", "lengths", "unknown", "rare", "vectors")
    return replace(sample, **{name: getattr(sample, name)[rows] for name in names})


def joined(*samples: Sample) -> Sample:
    """Several samples as one."""
    names = ("given", "review", "scores", "lengths", "unknown", "rare", "vectors")
    tables = {name: np.concatenate([getattr(one, name) for one in samples]) for name in names}
    return replace(samples[0], **tables)


def mixed(sample: Sample, other: Sample, share: float) -> Sample:
    """A sample of which a share comes from elsewhere."""
    count = round(share * len(sample))
    return joined(rows_of(sample, np.arange(count, len(sample))), rows_of(other, np.arange(count)))


def splits(sample: Sample) -> Iterator[tuple[Sample, Sample]]:
    """Cut at random into two of COUNT reports, SPLITS times."""
    rng = np.random.default_rng(0)
    for _ in range(SPLITS):
        order = rng.permutation(len(sample))
        yield rows_of(sample, order[:COUNT]), rows_of(sample, order[COUNT : 2 * COUNT])


if __name__ == "__main__":
    main()
