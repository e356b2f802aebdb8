"""Reports become tokens and windows; nothing is counted twice, nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from data.clean import clean
from data.report import Report
from model.encode import BODY, FRAME, TITLE, Encoded, Encoder, pad_windows
from tests.model.conftest import new_tokenizer

_TOKENIZER = new_tokenizer()


def one(encoder: Encoder, text: str, title: str = "") -> Encoded:
    return encoder.encode([Report("1", text, title)])[0]


def stream(length: int) -> Encoded:
    """An Encoded of so many tokens, numbered from 10."""
    none = np.zeros(length, dtype=np.int32)
    empty = clean("")
    return Encoded(np.arange(10, 10 + length), none.astype(np.int8), none, none, empty, empty)


def counts(encoder: Encoder, length: int) -> np.ndarray:
    """How many windows count [CLS], each token, and the last [SEP]."""
    found = np.zeros(length + 2, dtype=int)
    for window in encoder.windows(stream(length)):
        places = window.first + np.flatnonzero(window.counted)
        found[places] += 1
        inner = np.arange(1, window.ids.size - 1)
        assert (window.ids[inner] == window.first + inner + 9).all()
        assert window.ids[0] == encoder.cls and window.ids[-1] == encoder.sep
    return found


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 400), st.integers(1, 40), st.integers(0, 40))
def test_every_token_is_counted_exactly_once(length: int, room: int, overlap: int) -> None:
    encoder = Encoder(_TOKENIZER, size=overlap + room + 2, overlap=overlap)

    assert (counts(encoder, length) == 1).all()


@pytest.mark.parametrize("length", range(20, 60))
def test_every_token_is_counted_once_around_the_borders(length: int) -> None:
    # Windows of 22 tokens that share 7 begin at 0, 15, 30: the lengths here step over each border.
    assert (counts(Encoder(_TOKENIZER, size=24, overlap=7), length) == 1).all()


def test_a_shared_token_is_counted_where_it_stands_deeper() -> None:
    first, second = Encoder(_TOKENIZER, size=12, overlap=4).windows(stream(16))

    assert second.first == 6
    assert first.counted.tolist() == [True] * 9 + [False] * 3  # [CLS], 0 to 7
    assert second.counted.tolist() == [False] * 3 + [True] * 9  # 8 to 15, [SEP]


def test_an_empty_report_is_one_window_of_the_frame(tokenizer: Tokenizer) -> None:
    encoder = Encoder(tokenizer)
    encoded = one(encoder, "  \u200b ")
    (window,) = encoder.windows(encoded)

    assert encoded.plain == "" and encoded.ids.size == 0
    assert window.ids.tolist() == [2, 3] and window.counted.all()


def test_a_written_control_token_is_text(tokenizer: Tokenizer) -> None:
    # Else a reporter could write [SEP] or [MASK] and have the network read a gap.
    ids = one(Encoder(tokenizer), "学校[MASK]收费[SEP]", title="[CLS]").ids.tolist()

    assert ids.count(4) == 0 and ids.count(2) == 0
    assert ids.count(3) == 1  # the one between title and body


def test_the_title_comes_first_and_is_set_apart(tokenizer: Tokenizer) -> None:
    encoded = one(Encoder(tokenizer), "没人处理", title="路灯")

    assert encoded.part.tolist() == [TITLE, FRAME, BODY, BODY]
    assert encoded.plain == "路灯\n没人处理"


def test_offsets_of_tokens_point_into_the_cleaned_text(tokenizer: Tokenizer) -> None:
    encoded = one(Encoder(tokenizer), "我们　学校&amp;医院，又ＡＢ收费", title="<b>低保</b>名单")
    found = [
        (encoded.title if part == TITLE else encoded.body).text[start:end]
        for part, start, end in zip(encoded.part, encoded.start, encoded.end, strict=True)
        if part != FRAME
    ]

    assert found == ["低保", "名单", "我", "们", "学校", "&", "医院", ",", "又", "A", "B", "收费"]


def test_a_cap_says_how_many_characters_were_not_read(tokenizer: Tokenizer) -> None:
    text = "学校&lt;收费&gt;，没人处理。"  # tokens: 学校 < 收费 > , 没人 处理 。
    capped = one(Encoder(tokenizer, max_tokens=5), text)

    assert capped.ids.size == 5
    assert text[len(text) - capped.unread_chars :] == "没人处理。"
    assert one(Encoder(tokenizer, max_tokens=8), text).unread_chars == 0
    assert one(Encoder(tokenizer, max_tokens=0), text).unread_chars == 0


def test_a_cap_inside_the_title_leaves_the_whole_text_unread(tokenizer: Tokenizer) -> None:
    encoder = Encoder(tokenizer, max_tokens=2)

    assert one(encoder, "没人处理", title="路灯收费名单").unread_chars == 4
    assert one(encoder, "没人处理", title="路灯收费").unread_chars == 4
    assert one(encoder, "没人处理", title="路灯").unread_chars == 4


@pytest.mark.parametrize("title", ["", "路灯收费"])
def test_what_a_cap_leaves_unread_is_in_no_text_that_is_read(tokenizer: Tokenizer, title: str) -> None:
    """N-gram models read the texts, not the tokens."""
    text = "学校㎡&lt;收费&gt;，没人处理。"
    for most in range(1, 12):
        encoded = one(Encoder(tokenizer, max_tokens=most), text, title)
        ends = {TITLE: 0, BODY: 0}
        for part, end in zip(encoded.part.tolist(), encoded.end.tolist(), strict=True):
            ends[part] = max(ends.get(part, 0), end)

        assert (len(encoded.title.text), len(encoded.body.text)) == (ends[TITLE], ends[BODY])
        assert title.startswith(encoded.title.text) and clean(text).text.startswith(encoded.body.text)
        assert int(encoded.body.offsets[-1]) == len(text)


def test_padding_is_neither_read_nor_counted(tokenizer: Tokenizer) -> None:
    encoder = Encoder(tokenizer)
    windows = [encoder.windows(e)[0] for e in (one(encoder, "学校"), one(encoder, "学校没人处理"))]
    ids, mask, counted = pad_windows(windows, encoder.pad)

    assert ids.shape == (2, 5)
    assert ids[0, 3:].tolist() == [0, 0]
    assert mask.sum(1).tolist() == counted.sum(1).tolist() == [3, 5]


@pytest.mark.parametrize(("size", "overlap"), [(10, 8), (10, 9), (10, -1)])
def test_a_window_without_room_is_refused(tokenizer: Tokenizer, size: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="leaves no room"):
        Encoder(tokenizer, size, overlap)


def test_a_tokenizer_without_the_frame_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no \[CLS\]"):
        Encoder(Tokenizer(models.WordLevel({"[UNK]": 0}, "[UNK]")))
