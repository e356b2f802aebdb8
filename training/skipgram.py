"""Skip-gram vectors (word2vec) of the vocabulary, to start the encoder's token embeddings from.

Minutes of CPU here buy more than millions of masked tokens: the encoder then knows what its words
mean before its first step and spends that budget on the layers above.

    python -m training.skipgram --streams artifacts/pretrain --tokenizer FILE --out vectors.npy
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

LINE = 1000  # tokens; gensim cuts longer sentences anyway


def write_sentences(out: Path, stream: Path, sep: int, repeat: int = 1) -> None:
    """Write a uint16 stream as lines of at most LINE decimal ids, without [SEP]."""
    ids = np.fromfile(stream, dtype=np.uint16)
    with out.open("a") as lines:
        for _ in range(repeat):
            for start in range(0, ids.size, LINE):
                block = ids[start : start + LINE]
                lines.write(" ".join(map(str, block[block != sep])) + "\n")


def train_vectors(sentences: Path, size: int, width: int, workers: int, epochs: int, seed: int) -> np.ndarray:
    """Train skip-gram with negative sampling; return [size, width] float32, zeros for unseen ids.

    Source: Mikolov et al. 2013, "Distributed Representations of Words and Phrases".
    """
    from gensim.models import Word2Vec

    model = Word2Vec(
        corpus_file=str(sentences), vector_size=width, window=6, sg=1, negative=5, sample=1e-4,
        min_count=5, workers=workers, epochs=epochs, seed=seed,
    )  # fmt: skip
    vectors = np.zeros((size, width), dtype=np.float32)
    for word, index in model.wv.key_to_index.items():
        vectors[int(word)] = model.wv.vectors[index]
    return vectors


def main() -> None:
    """Train the vectors on corpus.u16 and reports.u16."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streams", type=Path, required=True, help="folder of corpus.u16 and reports.u16")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--report-repeat", type=int, default=3, help="the reports count this many times")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(args.tokenizer))
    sep: int = tokenizer.token_to_id("[SEP]")  # type: ignore[assignment]
    with tempfile.TemporaryDirectory(dir=args.out.parent) as folder:
        sentences = Path(folder) / "sentences.txt"
        write_sentences(sentences, args.streams / "reports.u16", sep, args.report_repeat)
        write_sentences(sentences, args.streams / "corpus.u16", sep)
        vectors = train_vectors(
            sentences, tokenizer.get_vocab_size(), args.width, args.workers, args.epochs, args.seed
        )
    np.save(args.out, vectors)
    print(f"{args.out}: {int((vectors != 0).any(1).sum())} of {len(vectors)} pieces have a vector")


if __name__ == "__main__":
    main()
