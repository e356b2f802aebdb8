"""The pretraining corpus: lines of text in, streams of uint16 token ids out.

python -m training.corpus --corpus DIR --reports DIR --tokenizer FILE --out artifacts/pretrain
"""

from __future__ import annotations

import argparse
import json
import lzma
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

SEP = "[SEP]"


def corpus_lines(folder: Path) -> Iterator[str]:
    """Yield the lines of part-*.txt.xz, part by part."""
    for part in sorted(folder.glob("part-*.txt.xz")):
        with lzma.open(part, "rt", encoding="utf-8") as stream:
            for line in stream:
                if line := line.strip():
                    yield line


def dropped_ids(files: Iterable[Path]) -> set[str]:
    """Ids of reports that no training step may see (dev and test rows)."""
    ids: set[str] = set()
    for path in files:
        with path.open(encoding="utf-8") as stream:
            ids.update(json.loads(line)["id"] for line in stream)
    return ids


def report_lines(folder: Path, drop: Sequence[Path] = ()) -> Iterator[str]:
    """Yield title and text of every report in the folder's JSONL files, each id once."""
    seen = dropped_ids(drop)
    for path in sorted(folder.rglob("*.jsonl")):
        with path.open(encoding="utf-8") as stream:
            for line in stream:
                row = json.loads(line)
                if row["id"] in seen:
                    continue
                seen.add(row["id"])
                title = row.get("title") or ""
                yield f"{title}{SEP}{row['text']}" if title else row["text"]


def encode_stream(lines: Iterable[str], tokenizer: Tokenizer, batch: int = 2000) -> Iterator[np.ndarray]:
    """Yield one uint16 array per batch of lines; every line ends with [SEP]."""
    sep: int = tokenizer.token_to_id(SEP)  # type: ignore[assignment]
    stream = iter(lines)
    while chunk := list(islice(stream, batch)):
        ids: list[int] = []
        for encoding in tokenizer.encode_batch(chunk, add_special_tokens=False):
            ids += encoding.ids
            ids.append(sep)
        yield np.asarray(ids, dtype=np.uint16)


def write_stream(path: Path, lines: Iterable[str], tokenizer: Tokenizer) -> int:
    """Write the token ids of `lines` to a raw uint16 file; return how many."""
    partial = path.with_suffix(".partial")
    total = 0
    with partial.open("wb") as out:
        for ids in encode_stream(lines, tokenizer):
            ids.tofile(out)
            total += ids.size
    partial.rename(path)
    return total


def main() -> None:
    """Tokenize the corpus and the reports."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, help="folder of part-*.txt.xz")
    parser.add_argument("--reports", type=Path, nargs="+", required=True, help="folders of JSONL reports")
    parser.add_argument("--drop", type=Path, nargs="*", default=[], help="JSONL files whose ids are left out")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(args.tokenizer))
    args.out.mkdir(parents=True, exist_ok=True)
    reports = (line for folder in args.reports for line in report_lines(folder, args.drop))
    print("reports.u16", write_stream(args.out / "reports.u16", reports, tokenizer))
    print("corpus.u16", write_stream(args.out / "corpus.u16", corpus_lines(args.corpus), tokenizer))


if __name__ == "__main__":
    main()
