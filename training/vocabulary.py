"""Build the encoder's vocabulary: all frequent characters, and frequent words cut by jieba.

The result is a Unigram model in the `tokenizers` library, so nothing needs jieba once it is built.
Published comparisons of Chinese encoders find that words beat characters at every size, and a text
gets a third shorter, which is a third less work for every layer.

    python -m training.vocabulary --corpus DIR --reports DIR --out artifacts/pretrain/tokenizer.json
"""

from __future__ import annotations

import argparse
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from multiprocessing import Pool
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from training.corpus import corpus_lines, report_lines

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LONGEST_WORD = 5
LONGEST_ASCII_WORD = 8
CHINESE = re.compile(r"^[一-鿿]+$")
ASCII = re.compile(r"^[a-z0-9]+$")


def new_normalizer() -> normalizers.Normalizer:
    """NFKC folds full-width letters, digits and punctuation; lower case follows."""
    return normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])


def is_word(piece: str) -> bool:
    """Chinese words up to 5 characters; numbers and Latin words up to 8."""
    if CHINESE.match(piece):
        return 2 <= len(piece) <= LONGEST_WORD
    return bool(ASCII.match(piece)) and 2 <= len(piece) <= LONGEST_ASCII_WORD


def _count_words(lines: list[str]) -> Counter[str]:
    import jieba

    jieba.setLogLevel(60)
    fold = new_normalizer().normalize_str
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(word for word in jieba.cut(fold(line), HMM=False) if not word.isspace())
    return counts


def _chunks(lines: Iterable[str], size: int) -> Iterator[list[str]]:
    stream = iter(lines)
    while chunk := list(islice(stream, size)):
        yield chunk


def word_counts(lines: Iterable[str], workers: int) -> Counter[str]:
    """Count the words that jieba (without its HMM) cuts from normalised lines."""
    total: Counter[str] = Counter()
    with Pool(workers) as pool:
        for counts in pool.imap_unordered(_count_words, _chunks(lines, 5000)):
            total.update(counts)
    return total


def build_tokenizer(shares: dict[str, float], size: int, characters: int) -> Tokenizer:
    """Make a Unigram tokenizer of `size` pieces from the words' relative frequencies.

    Every one of the `characters` commonest single characters is kept, so that hardly any text
    falls to [UNK]; the rest of the table goes to the commonest words.
    """
    singles: dict[str, float] = defaultdict(float)
    for word, share in shares.items():
        if len(word) == 1:
            singles[word] += share
        else:
            for char in word:  # so that characters seen only inside words are kept too
                singles[char] += share * 0.1
    chars = sorted(singles, key=lambda c: -singles[c])[:characters]
    words = sorted((w for w in shares if is_word(w)), key=lambda w: -shares[w])
    words = words[: size - len(SPECIAL) - len(chars)]
    floor = min(shares.get(w, 1e-9) for w in words) * 0.1
    scored = [(piece, 0.0) for piece in SPECIAL]
    scored += [(c, math.log(max(shares.get(c, 0.0), floor))) for c in chars]
    scored += [(w, math.log(shares[w])) for w in words]
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=1, byte_fallback=False))
    tokenizer.normalizer = new_normalizer()
    # No piece spans a space or a punctuation mark, so cutting there changes no result and keeps
    # the Viterbi search short.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("isolated")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    tokenizer.add_special_tokens(SPECIAL)
    return tokenizer


def main() -> None:
    """Count words in the corpus and the reports, and write tokenizer.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, help="folder of part-*.txt.xz")
    parser.add_argument("--reports", type=Path, required=True, help="folder of the reports' JSONL files")
    parser.add_argument("--drop", type=Path, nargs="*", default=[], help="JSONL files whose ids are left out")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", type=int, default=16_000, help="pieces in all")
    parser.add_argument("--characters", type=int, default=5_600, help="single characters kept")
    parser.add_argument("--report-share", type=float, default=0.5, help="weight of the reports' counts")
    parser.add_argument("--every", type=int, default=4, help="count one corpus line in this many")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()

    general = word_counts(islice(corpus_lines(args.corpus), 0, None, args.every), args.workers)
    reports = word_counts(report_lines(args.reports, args.drop), args.workers)
    general_total, report_total = general.total(), reports.total()
    shares = {
        word: (1 - args.report_share) * general[word] / general_total
        + args.report_share * reports[word] / report_total
        for word in general.keys() | reports.keys()
    }
    tokenizer = build_tokenizer(shares, args.size, args.characters)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(args.out))
    print(f"{args.out}: {tokenizer.get_vocab_size()} pieces from {general_total + report_total:,} words")


if __name__ == "__main__":
    main()
