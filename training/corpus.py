"""The pretraining corpus: lines of text in, streams of uint16 token ids out.

python -m training.corpus --corpus DIR --reports DIR --tokenizer FILE --out artifacts/pretrain
"""

from __future__ import annotations

import argparse
import json
import lzma
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from itertools import islice
from pathlib import Path

import numpy as np
from tokenizers import Encoding, Tokenizer

SEP = "[SEP]"
WORDS = ".words.u8"
"""Behind a stream's name: the file that says which of its pieces go on with a word."""


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
    for _, encodings in _encoded(lines, tokenizer, batch):
        yield _ids(encodings, tokenizer)


def encode_words(
    lines: Iterable[str], tokenizer: Tokenizer, batch: int = 2000
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Do as `encode_stream`, with uint8 [tokens] beside it: 1 on pieces that go on with a word of jieba's."""
    import jieba

    jieba.setLogLevel(60)
    for chunk, encodings in _encoded(lines, tokenizer, batch):
        marks: list[int] = []
        for line, encoding in zip(chunk, encodings, strict=True):
            begin = {start for _, start, _ in jieba.tokenize(line.lower(), HMM=False)}
            marks += [start not in begin for start, _ in encoding.offsets]
            marks.append(0)
        yield _ids(encodings, tokenizer), np.asarray(marks, dtype=np.uint8)


def _encoded(
    lines: Iterable[str], tokenizer: Tokenizer, batch: int
) -> Iterator[tuple[list[str], list[Encoding]]]:
    stream = iter(lines)
    while chunk := list(islice(stream, batch)):
        yield chunk, tokenizer.encode_batch(chunk, add_special_tokens=False)


def _ids(encodings: Sequence[Encoding], tokenizer: Tokenizer) -> np.ndarray:
    sep: int = tokenizer.token_to_id(SEP)  # type: ignore[assignment]
    ids: list[int] = []
    for encoding in encodings:
        ids += encoding.ids
        ids.append(sep)
    return np.asarray(ids, dtype=np.uint16)


def write_stream(path: Path, lines: Iterable[str], tokenizer: Tokenizer, words: bool = False) -> int:
    """Write the token ids of `lines` to a raw uint16 file; return how many.

    Args:
        words: write also NAME.words.u8, which says which pieces go on with a word, for `--whole-words`.
    """
    partial, marked = path.with_suffix(".partial"), path.with_suffix(".words.partial")
    total = 0
    with partial.open("wb") as out, marked.open("wb") if words else nullcontext() as beside:
        if beside is None:
            for ids in encode_stream(lines, tokenizer):
                ids.tofile(out)
                total += ids.size
        else:
            for ids, marks in encode_words(lines, tokenizer):
                ids.tofile(out)
                marks.tofile(beside)
                total += ids.size
    partial.rename(path)
    if words:
        marked.rename(path.with_suffix(WORDS))
    return total


def main() -> None:
    """Tokenize the corpus and the reports."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, help="folder of part-*.txt.xz")
    parser.add_argument("--reports", type=Path, nargs="+", required=True, help="folders of JSONL reports")
    parser.add_argument("--drop", type=Path, nargs="*", default=[], help="JSONL files whose ids are left out")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--words", action="store_true", help="mark jieba's words, for pretrain --whole-words")
    args = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(args.tokenizer))
    args.out.mkdir(parents=True, exist_ok=True)
    reports = (line for folder in args.reports for line in report_lines(folder, args.drop))
    print("reports.u16", write_stream(args.out / "reports.u16", reports, tokenizer, args.words))
    corpus = corpus_lines(args.corpus)
    print("corpus.u16", write_stream(args.out / "corpus.u16", corpus, tokenizer, args.words))


if __name__ == "__main__":
    main()
