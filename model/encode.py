"""Report to token windows. Training and inference both go through this file.

A report becomes one stream of tokens, title, [SEP], body. The stream is cut into windows of at most
`size` tokens, each framed by [CLS] and [SEP]. Neighbouring windows share `overlap` tokens of context,
because a phrase cut in two means nothing; each token is *counted* in one window only, the one where it
stands deeper, so that windows merge exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from data.blind import blind as blinded
from data.clean import Cleaned, clean_report, replace_runs
from data.disguise import undisguise
from data.formula import without_formula
from data.report import Report

TITLE, BODY, FRAME = 0, 1, -1


@dataclass(frozen=True)
class Encoded:
    """One report as tokens, before windows.

    Attributes:
        ids: token ids [n], without [CLS] and the final [SEP].
        part: TITLE, BODY or FRAME for each token [n].
        start, end: code points in the cleaned title or body [n].
        title, body: the texts as read, up to a cap, cleaned and without disguise, with their offset maps.
        unread_chars: code points of the original text that a cap left unread.
    """

    ids: NDArray[np.int64]
    part: NDArray[np.int8]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    title: Cleaned
    body: Cleaned
    unread_chars: int = 0

    @property
    def plain(self) -> str:
        """Title, line break, body, all cleaned: what n-gram models read."""
        return _joined(self.title.text, self.body.text)


@dataclass(frozen=True)
class Window:
    """A run of one report's tokens, framed: ids [length]; `first` is its offset in Encoded.

    `counted` [length] is True where the head may look: tokens that no other window counts.
    """

    ids: NDArray[np.int64]
    counted: NDArray[np.bool_]
    first: int


def plain(report: Report, blind: bool) -> str:
    """A report's Encoded.plain, without tokenizing it."""
    title, body = _read(report, blind)
    return _joined(title.text, body.text)


def _read(report: Report, blind: bool) -> tuple[Cleaned, Cleaned]:
    title, body = (undisguise(without_formula(part)) for part in clean_report(report.title, report.text))
    return blinded(title, body) if blind else (title, body)


def _cut(text: Cleaned, of: int, part: Sequence[int], spans: Sequence[tuple[int, int]]) -> Cleaned:
    """A title or body up to the last of its tokens that are read."""
    end = max((last for mine, (_, last) in zip(part, spans, strict=True) if mine == of), default=0)
    return replace_runs(text, [(end, len(text.text), "")]) if end < len(text.text) else text


def _joined(title: str, body: str) -> str:
    return f"{title}\n{body}" if title else body


class Encoder:
    """Cleaning and tokenizing with one tokenizer.json; thread-safe."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        size: int = 256,
        overlap: int = 32,
        max_tokens: int = 0,
        blind: bool = False,
    ) -> None:
        """Take a tokenizer.

        Args:
            size, overlap: of windows, in tokens.
            max_tokens: tokens of a report that are read at most; 0 reads all.
            blind: read without what tells who writes and from where (data/blind.py).

        Raises:
            ValueError: the window leaves no room for new tokens.
        """
        if size - 2 <= overlap or overlap < 0:
            raise ValueError(f"window size {size} leaves no room beside an overlap of {overlap} tokens")
        # A literal "[MASK]" in a report is text, not a control token.
        tokenizer.encode_special_tokens = True
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self.size, self.overlap, self.max_tokens, self.blind = size, overlap, max_tokens, blind
        self.cls, self.sep, self.pad = (_id(tokenizer, t) for t in ("[CLS]", "[SEP]", "[PAD]"))
        self.unknown: int | None = tokenizer.token_to_id("[UNK]")

    @classmethod
    def from_file(
        cls, path: Path, size: int = 256, overlap: int = 32, max_tokens: int = 0, blind: bool = False
    ) -> Encoder:
        """Read a tokenizer.json."""
        return cls(Tokenizer.from_file(str(path)), size, overlap, max_tokens, blind)

    def encode(self, reports: Sequence[Report]) -> list[Encoded]:
        """Clean reports, undo disguise, read them blind where asked, and tokenize them, in order."""
        cleaned = [_read(report, self.blind) for report in reports]
        texts = [part.text for pair in cleaned for part in pair]
        tokens = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        return [
            self._join(tokens[2 * i], tokens[2 * i + 1], *pair, len(reports[i].text))
            for i, pair in enumerate(cleaned)
        ]

    def _join(
        self, title_tokens: Encoding, body_tokens: Encoding, title: Cleaned, body: Cleaned, chars: int
    ) -> Encoded:
        ids: list[int] = list(title_tokens.ids)
        part = [TITLE] * len(ids)
        spans = list(title_tokens.offsets)
        if ids:
            ids.append(self.sep)
            part.append(FRAME)
            spans.append((0, 0))
        ids += body_tokens.ids
        part += [BODY] * len(body_tokens.ids)
        spans += body_tokens.offsets
        unread = 0
        if self.max_tokens and len(ids) > self.max_tokens:
            kept = self.max_tokens
            unread = chars - body.original_span(*spans[kept])[0] if part[kept] == BODY else chars
            ids, part, spans = ids[:kept], part[:kept], spans[:kept]
            # The n-gram models read these: what the encoder does not see must not move them either.
            title, body = (_cut(text, of, part, spans) for text, of in ((title, TITLE), (body, BODY)))
        span_array = np.asarray(spans, dtype=np.int32).reshape(-1, 2)
        return Encoded(
            np.asarray(ids, dtype=np.int64), np.asarray(part, dtype=np.int8),
            span_array[:, 0], span_array[:, 1], title, body, unread,
        )  # fmt: skip

    def windows(self, encoded: Encoded) -> list[Window]:
        """Cut one report into windows; an empty report gives one window of [CLS][SEP]."""
        room, n = self.size - 2, len(encoded.ids)
        starts = [0]
        while starts[-1] + room < n:
            starts.append(starts[-1] + room - self.overlap)
        result = []
        for index, first in enumerate(starts):
            last = min(first + room, n)
            ids = np.empty(last - first + 2, dtype=np.int64)
            ids[0], ids[-1] = self.cls, self.sep
            ids[1:-1] = encoded.ids[first:last]
            counted = np.ones(ids.size, dtype=bool)
            half = self.overlap // 2
            if index > 0:  # the earlier half of the shared tokens stands deeper in the window before
                counted[: 1 + half] = False
            if index + 1 < len(starts):
                counted[ids.size - 1 - (self.overlap - half) :] = False
            result.append(Window(ids, counted, first))
        return result


def pad_windows(
    windows: Sequence[Window], pad: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Stack windows into ids, mask and counted, each [windows, longest]."""
    longest = max(w.ids.size for w in windows)
    ids = np.full((len(windows), longest), pad, dtype=np.int64)
    mask = np.zeros((len(windows), longest), dtype=bool)
    counted = np.zeros((len(windows), longest), dtype=bool)
    for row, window in enumerate(windows):
        ids[row, : window.ids.size] = window.ids
        mask[row, : window.ids.size] = True
        counted[row, : window.ids.size] = window.counted
    return ids, mask, counted


def _id(tokenizer: Tokenizer, token: str) -> int:
    found = tokenizer.token_to_id(token)
    if found is None:
        raise ValueError(f"the tokenizer has no {token}; use one made for a BERT-like encoder")
    return int(found)
