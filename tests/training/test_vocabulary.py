"""The vocabulary keeps frequent words whole and hardly any character unknown."""

from __future__ import annotations

import lzma
import sys
from collections import Counter
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from training.settings import BadSettings
from training.vocabulary import MOST_PIECES, SPECIAL, build_tokenizer, is_word, main, word_counts


@pytest.fixture(scope="module")
def tokenizer(tokenizer_file: Path) -> Tokenizer:
    return Tokenizer.from_file(str(tokenizer_file))


def test_frequent_words_stay_whole(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("学校推诿，物业", add_special_tokens=False).tokens == [
        "学校",
        "推诿",
        ",",
        "物业",
    ]


def test_control_tokens_frame_a_text_and_stand_first_in_the_table(tokenizer: Tokenizer) -> None:
    assert [tokenizer.id_to_token(i) for i in range(5)] == SPECIAL
    assert tokenizer.encode("学校").tokens == ["[CLS]", "学校", "[SEP]"]
    assert tokenizer.encode("学校", "医院").tokens == ["[CLS]", "学校", "[SEP]", "医院", "[SEP]"]


def test_only_unseen_characters_are_unknown(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("学校的老师说龘", add_special_tokens=False).ids
    seen = tokenizer.encode("我反映去年学校没人处理，要求严查。", add_special_tokens=False)

    assert ids[-1] == 1
    assert seen.ids.count(1) / len(seen.ids) < 0.05


def test_width_and_case_are_folded(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("学校，").ids == tokenizer.encode("学校,").ids


def test_a_character_seen_only_inside_words_is_kept() -> None:
    tokenizer = build_tokenizer({"街道": 0.5, "办": 0.5}, 20, 10)

    assert "[UNK]" not in tokenizer.encode("道街办", add_special_tokens=False).tokens


def test_the_table_is_no_larger_than_asked() -> None:
    shares = {f"{a}{b}": 1.0 for a in "甲乙丙丁" for b in "子丑寅卯"} | {c: 1.0 for c in "甲乙丙丁子丑寅卯"}

    assert build_tokenizer(shares, 15, 8).get_vocab_size() == 15


def test_text_without_words_gives_a_table_of_characters() -> None:
    assert build_tokenizer({"路": 0.5, "灯": 0.5}, 20, 10).get_vocab_size() == len(SPECIAL) + 2


@pytest.mark.parametrize(("size", "characters"), [(5_000, 5_600), (13, 8), (MOST_PIECES + 1, 8), (20, 0)])
def test_a_table_without_room_for_its_characters_and_a_word_is_refused(size: int, characters: int) -> None:
    with pytest.raises(BadSettings, match="--size" if characters else "--characters"):
        build_tokenizer({"街道": 0.5, "办": 0.5}, size, characters)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--size", "5000"], "--size 5000: 5606 to 65536"),
        (["--size", "70000"], "--size 70000: 5606 to 65536"),
        (["--characters", "0"], "--characters: at least 1"),
        (["--report-share", "nan"], "--report-share: from 0 to 1"),
        (["--every", "0"], "--every, --workers: at least 1"),
        (["--corpus", "nowhere"], "--corpus nowhere: no part-*.txt.xz in it"),
        (["--reports", "nowhere"], "--reports nowhere: no .jsonl in it"),
    ],
)
def test_flags_that_cannot_be_meant_end_it_before_any_counting(
    flags: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with lzma.open(tmp_path / "part-0.txt.xz", "wt", encoding="utf-8") as out:
        out.write("学校没人处理\n")
    (tmp_path / "reports.jsonl").write_text('{"id": "1", "text": "医院推诿"}\n', encoding="utf-8")
    monkeypatch.setattr("training.vocabulary.word_counts", lambda *_: pytest.fail("it counts"))
    out_file = tmp_path / "made" / "tokenizer.json"
    given = ["--corpus", tmp_path, "--reports", tmp_path, "--out", out_file, *flags]
    monkeypatch.setattr(sys, "argv", ["vocabulary", *map(str, given)])
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2 and said in capsys.readouterr().err
    assert not out_file.parent.exists()


@pytest.mark.parametrize("piece", ["街道", "街道办事处", "12345", "ab"])
def test_a_word_is_short_and_of_one_script(piece: str) -> None:
    assert is_word(piece)


@pytest.mark.parametrize("piece", ["街", "街道办事处的", "123456789", "街a", "a", ",,"])
def test_what_is_longer_shorter_or_mixed_is_no_word(piece: str) -> None:
    assert not is_word(piece)


def test_words_are_counted_in_folded_text() -> None:
    counts = word_counts(["学校ＡＢ 学校", "学校"], workers=1)

    assert counts == Counter({"学校": 3, "ab": 1})
