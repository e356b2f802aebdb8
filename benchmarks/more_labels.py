"""Labels that more readers gave to public reports, joined to the reports' texts.

    python -m benchmarks.more_labels --texts ../shared/data/reports ../shared/data/teddy7 --out more.jsonl

`more_labels.jsonl` holds ids, labels and where the marked words stand, and no text: the texts are third
parties'. A label is joined only where the text's sha256 is the one that was read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_suffix(".jsonl")
SECOND_READING = Path(__file__).with_name("second_reading.jsonl")
"""Labels of gold/train that a second reader corrected; in a later file they take the first ones' place."""


def text_hash(row: Mapping[str, Any]) -> str:
    """First 16 digits of the sha256 over title and text."""
    return hashlib.sha256(f"{row.get('title') or ''}\n{row['text']}".encode()).hexdigest()[:16]


def without_text(row: Mapping[str, Any]) -> dict[str, Any]:
    """A labelled row as it is kept: marked words become [part, start, end] in code points."""
    spans = {}
    for label, words in row["misconduct"].items():
        for part in ("text", "title"):
            start = (row.get(part) or "").find(words)
            if start >= 0:
                spans[label] = [part, start, start + len(words)]
                break
        else:
            raise ValueError(f"{row['id']}: the words marked for {label} are not in the report")
    return {
        "id": row["id"], "hash": text_hash(row), "domain": row["domain"], "misconduct": spans,
        "unsure": bool(row.get("unsure")),
    }  # fmt: skip


def join(
    labels: Iterable[Mapping[str, Any]], texts: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Labelled rows with their texts; labels whose report is absent or differs are left out."""
    for row in labels:
        report = texts.get(row["id"])
        if report is None or text_hash(report) != row["hash"]:
            continue
        yield {
            "id": row["id"], "source": "more", "title": report.get("title") or "", "text": report["text"],
            "domain": row["domain"], "unsure": row["unsure"],
            "misconduct": {k: report[part][a:b] for k, (part, a, b) in row["misconduct"].items()},
        }  # fmt: skip


def write_joined(paths: Iterable[Path], out: Path, labels_file: Path = FILE) -> tuple[int, int]:
    """Join the labels with the reports of these files and folders; return how many, of how many."""
    files = [f for path in paths for f in (sorted(path.rglob("*.jsonl")) if path.is_dir() else [path])]
    rows = (json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines())
    texts = {row["id"]: row for row in rows}
    labels = [json.loads(line) for line in labels_file.read_text(encoding="utf-8").splitlines()]
    joined = list(join(labels, texts))
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in joined)
    return len(joined), len(labels)


def main() -> None:
    """Join and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--texts", type=Path, nargs="+", required=True, help="folders or files of JSONL reports"
    )
    parser.add_argument("--labels", type=Path, default=FILE)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    found, total = write_joined(args.texts, args.out, args.labels)
    print(f"{found} of {total} labelled reports found", file=sys.stderr)


if __name__ == "__main__":
    main()
