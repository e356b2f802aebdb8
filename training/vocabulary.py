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
from training.settings import BadSettings

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MOST_PIECES = 1 << 16
"""The streams of `training.corpus` hold ids of 16 bits."""
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


def check_size(size: int, characters: int) -> None:
    """Refuse a table without room for its characters and a word.

    Raises:
        BadSettings: says how large it must be.
    """
    least = len(SPECIAL) + characters + 1
    if characters < 1:
        raise BadSettings("--characters: at least 1")
    if not least <= size <= MOST_PIECES:
        raise BadSettings(
            f"--size {size}: {least} to {MOST_PIECES}, since it holds --characters {characters}, "
            f"{len(SPECIAL)} control pieces and words"
        )


def build_tokenizer(shares: dict[str, float], size: int, characters: int) -> Tokenizer:
    """Make a Unigram tokenizer of `size` pieces from the words' relative frequencies.

    Every one of the `characters` commonest single characters is kept, so that hardly any text
    falls to [UNK]; the rest of the table goes to the commonest words.

    Raises:
        BadSettings: `size` has no room for the characters and a word.
    """
    check_size(size, characters)
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
    floor = min((shares[w] for w in words), default=1e-9) * 0.1
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, help="folder of part-*.txt.xz")
    parser.add_argument("--reports", type=Path, required=True, help="folder of the reports' JSONL files")
    parser.add_argument("--drop", type=Path, nargs="*", default=[], help="JSONL files whose ids are left out")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--size", type=int, default=16_000, help="pieces in all: characters, words and control pieces"
    )
    parser.add_argument("--characters", type=int, default=5_600, help="single characters kept")
    parser.add_argument("--report-share", type=float, default=0.5, help="weight of the reports' counts")
    parser.add_argument("--every", type=int, default=4, help="count one corpus line in this many")
    parser.add_argument("--workers", type=int, default=2)
    return parser


def _check(args: argparse.Namespace) -> None:
    """Before the hour of counting that would end in the same.

    Raises:
        BadSettings: names the flag and what it may be.
    """
    check_size(args.size, args.characters)
    for fits, said in (
        (0 <= args.report_share <= 1, "--report-share: from 0 to 1"),
        (args.every >= 1 and args.workers >= 1, "--every, --workers: at least 1"),
        (any(args.corpus.glob("part-*.txt.xz")), f"--corpus {args.corpus}: no part-*.txt.xz in it"),
        (any(args.reports.rglob("*.jsonl")), f"--reports {args.reports}: no .jsonl in it"),
    ):
        if not fits:
            raise BadSettings(said)


def main() -> None:
    """Count words in the corpus and the reports, and write tokenizer.json."""
    parser = _parser()
    args = parser.parse_args()
    try:
        _check(args)
    except BadSettings as error:
        parser.error(str(error))

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
