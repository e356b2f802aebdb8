"""The wide part: hashed n-grams, exact contributions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.figure import BadFigure
from model.wide import Buckets, Wide, fold, ngrams
from tests.model.conftest import random_wide

TEXTS = [
    "多次反映无人处理，街道推诿。",
    "岭上村 公示 名单造假 2023 年",
    "水\n电 停 了 了 了",
    "a",
    "A B",
    "",
    "  ",
    "😀无果😀",
]
WIDE = random_wide()


def slow_buckets(text: str, bits: int) -> list[tuple[int, str]]:
    """Bucket and letters of each n-gram, in plain Python with unbounded integers."""
    letters = [c for c in fold(text) if c != "\x00"]
    found = []
    for order in (1, 2, 3):
        for start in range(len(letters) - order + 1):
            gram, state = letters[start : start + order], 0
            for step, letter in enumerate(gram, 1):
                state = (state + ord(letter) + step) * 0x9E3779B97F4A7C15 % 2**64
                state ^= state >> 29
            found.append((state >> (64 - bits), "".join(gram)))
    return found


@pytest.mark.parametrize("text", TEXTS)
def test_hashes_equal_the_slow_reference(text: str) -> None:
    assert ngrams(text, 18)[0].tolist() == [bucket for bucket, _ in slow_buckets(text, 18)]


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_characters="\x00"), max_size=40))
def test_contributions_sum_to_the_logit_without_bias(text: str) -> None:
    labels = np.array([0, 2, 5])
    parts = WIDE.contributions(text, labels)

    assert parts.shape == (len(text), 3)
    np.testing.assert_allclose(parts.sum(0), (WIDE.logits(text) - WIDE.bias)[labels], atol=1e-4)


def only(gram: str, bits: int = 16) -> Wide:
    """A wide part of one label that knows one n-gram alone."""
    (bucket,) = (b for b, g in slow_buckets(gram, bits) if g == gram)
    known = Buckets(bits, np.array([bucket], np.uint32), np.ones(1, np.float16))
    return Wide(known, np.array([[100]], np.int8), np.array([0.03], np.float32), np.zeros(1, np.float32))


@pytest.mark.parametrize("text", ["无 果", "无\n 果", "无  果"])
def test_a_phrase_with_spaces_gives_its_part_to_its_letters(text: str) -> None:
    whole = f"公示{text}又"
    parts = only("无果").contributions(whole, np.array([0]))[:, 0]

    np.testing.assert_allclose(parts, [1.5 if c in "无果" else 0 for c in whole], atol=1e-5)


def test_a_repeated_phrase_shares_its_part() -> None:
    parts = only("无果").contributions("无果又无果", np.array([0]))[:, 0]

    np.testing.assert_allclose(parts, [0.75, 0.75, 0, 0.75, 0.75], atol=1e-5)


def test_digits_case_and_spaces_are_folded() -> None:
    np.testing.assert_allclose(WIDE.logits("收费 350 元 AB"), WIDE.logits("收费127元ab"), atol=1e-6)
    assert fold("Ａ1２ 三İ") == "ａ00\x00三İ"  # a letter whose small form is two letters stays


def test_an_empty_text_has_the_bias_as_its_logit() -> None:
    np.testing.assert_array_equal(WIDE.logits(""), WIDE.bias)
    assert WIDE.contributions("", np.array([1])).shape == (0, 1)


def test_a_text_of_unseen_ngrams_has_the_bias_as_its_logit() -> None:
    np.testing.assert_array_equal(only("无果").logits("学校"), [0])


def test_buckets_find_their_rows_and_no_others() -> None:
    few = Buckets(8, np.array([3, 7, 250], np.uint32), np.ones(3, np.float16))

    assert few.rows(np.array([7, 0, 250, 251, 3, 255])).tolist() == [1, -1, 2, -1, 0, -1]
    assert Buckets(8, few.ids[:0], few.idf[:0]).rows(np.array([1, 2])).tolist() == [-1, -1]


def test_a_wide_part_that_knows_nothing_gives_the_bias() -> None:
    none = Wide(Buckets(12, np.zeros(0, np.uint32), np.zeros(0, np.float16)), np.zeros((0, 6), np.int8),
                WIDE.scale, WIDE.bias)  # fmt: skip

    np.testing.assert_array_equal(none.logits("学校收费"), WIDE.bias)
    assert not none.contributions("学校收费", np.array([1])).any()


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    WIDE.save(tmp_path / "wide.npz")
    back = Wide.load(tmp_path / "wide.npz")

    assert back.buckets.bits == 12
    np.testing.assert_array_equal(back.buckets.ids, WIDE.buckets.ids)
    np.testing.assert_array_equal(back.logits(TEXTS[0]), WIDE.logits(TEXTS[0]))


@pytest.mark.parametrize("name", ["idf", "scale", "bias"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_weight_that_is_no_number_is_refused(tmp_path: Path, name: str, value: float) -> None:
    arrays = WIDE.arrays()
    arrays[name] = np.where(np.arange(len(arrays[name])) == 1, value, arrays[name]).astype(arrays[name].dtype)
    np.savez(tmp_path / "wide.npz", **arrays)

    with pytest.raises(BadFigure, match=f"{name} of the linear part holds NaN or infinity"):
        Wide.load(tmp_path / "wide.npz")


def test_a_file_with_code_in_it_is_not_run(tmp_path: Path) -> None:
    np.savez(tmp_path / "wide.npz", steps=np.array([{"a": 1}], dtype=object))

    with pytest.raises(ValueError, match="allow_pickle"):
        Wide.load(tmp_path / "wide.npz")
