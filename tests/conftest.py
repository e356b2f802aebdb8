"""A tiny real Export: a tokenizer of invented words, a taxonomy of three axes, a graph of two tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from data.taxonomy import Axis, Label, Taxonomy
from model.decide import AxisDecision
from model.export import CARD, GOLDEN, GRAPH, TAXONOMY, TOKENIZER, WIDE, Export
from model.wide import Buckets, Wide
from tests.model.tiny_graph import write_table_graph
from tests.postgresql import new_postgresql as new_postgresql

WORDS = "推诿 造假 学校 医院 街道 居委会 路灯 补贴 领导 没人 处理 反映 老师 收费 低保 名单".split()
LETTERS = "的了不在我们小区旁边多次来信说公示后来又无果拖着岭上村去年今天水电停人大会上有一二三甲乙丙丁"
Tables = tuple[NDArray[np.float32], NDArray[np.float32]]


def new_tokenizer() -> Tokenizer:
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    ascii_letters = "abcdefghijklmnopqrstuvwxyz0123456789,.;:!?()[]&<>/-\"'"
    singles = sorted({*"".join(WORDS), *LETTERS, *ascii_letters, *"。、“”"})
    scored = [(piece, 0.0) for piece in pieces]
    scored += [(letter, -8.0) for letter in singles] + [(word, -6.0) for word in WORDS]
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=1, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("isolated")]
    )
    tokenizer.add_special_tokens(pieces)
    return tokenizer


@pytest.fixture
def tokenizer() -> Tokenizer:
    return new_tokenizer()


def new_taxonomy() -> Taxonomy:
    return Taxonomy(
        version="t1",
        axes=(
            Axis("domain", "领域", "many", (Label("education", "教育"), Label("medical", "医疗"))),
            Axis("misconduct", "问题", "many", (Label("inaction", "不作为"), Label("falsification", "造假"))),
            Axis("purpose", "目的", "one", (Label("complaint", "投诉"), Label("advice", "建议"))),
        ),
    )


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return new_taxonomy()


def plain_decisions(taxonomy: Taxonomy, threshold: float = 0.5) -> dict[str, AxisDecision]:
    found = {}
    for axis in taxonomy.axes:
        ones = np.ones(len(axis.labels), dtype=np.float32)
        found[axis.id] = AxisDecision(ones, 0 * ones, threshold * ones)
    return found


def random_tables(tokenizer: Tokenizer, labels: int, frame: bool = True) -> Tables:
    """Random scores and values per token id; without `frame` [CLS] and [SEP] say nothing."""
    rng = np.random.default_rng(7)
    scores, values = rng.normal(0, 1, (2, tokenizer.get_vocab_size(), labels)).astype(np.float32)
    if not frame:
        scores[2:4], values[2:4] = -60, 0
    return scores, values


def speaking_tables(tokenizer: Tokenizer, words: dict[str, int], labels: int = 6) -> Tables:
    """Tables in which each of the words, and nothing else, speaks for the label of its column."""
    scores = np.zeros((tokenizer.get_vocab_size(), labels), dtype=np.float32)
    values = np.full_like(scores, -2.0)
    for word, column in words.items():
        scores[tokenizer.token_to_id(word), column] = 8
        values[tokenizer.token_to_id(word), column] = 6
    return scores, values


def random_wide(labels: int = 6, bits: int = 12) -> Wide:
    rng = np.random.default_rng(3)
    ids = np.flatnonzero(rng.random(1 << bits) < 0.8).astype(np.uint32)
    return Wide(
        Buckets(bits, ids, rng.uniform(0, 4, ids.size).astype(np.float16)),
        rng.integers(-127, 128, (ids.size, labels)).astype(np.int8),
        rng.uniform(0.001, 0.02, labels).astype(np.float32),
        rng.normal(0, 1, labels).astype(np.float32),
    )


def new_export(
    out: Path,
    tokenizer: Tokenizer,
    taxonomy: Taxonomy,
    tables: Tables | None = None,
    decisions: dict[str, AxisDecision] | None = None,
    wide: Wide | None = None,
    window: int = 24,
    overlap: int = 6,
) -> Export:
    """Write a whole Export's folder; tables, decisions, wide part and window sizes may be chosen."""
    out.mkdir()
    tokenizer.save(str(out / TOKENIZER))
    taxonomy.dump(out / TAXONOMY)
    write_table_graph(out / GRAPH, *(tables or random_tables(tokenizer, 6)))
    if wide:
        wide.save(out / WIDE)
    (out / GOLDEN).write_text("")
    (out / CARD).write_text("# tiny\n")
    chosen = decisions or plain_decisions(taxonomy)
    export = Export(out, "tiny", "1", "none", window, overlap, taxonomy, chosen, "abc", {"f1": 0.5})
    export.save()
    return Export.load(out)


@pytest.fixture
def make_export(tmp_path: Path, tokenizer: Tokenizer, taxonomy: Taxonomy) -> Callable[..., Export]:
    """Write an Export into the folder `folder` of this test's; the rest as for `new_export`."""

    def make(
        tables: Tables | None = None,
        decisions: dict[str, AxisDecision] | None = None,
        wide: Wide | None = None,
        window: int = 24,
        overlap: int = 6,
        folder: str = "export",
    ) -> Export:
        out = tmp_path / folder
        return new_export(out, tokenizer, taxonomy, tables, decisions, wide, window, overlap)

    return make
