"""The words that carried a tag: exact contributions of tokens and n-grams, gathered into phrases."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.blind import IDENTITY
from data.clean import Cleaned
from data.report import Report
from model.encode import BODY, FRAME, TITLE, Encoded
from model.prediction import Evidence

Floats = NDArray[np.float32]
MOST_PHRASES = 3
LONGEST_PHRASE = 48  # code points; longer clauses are cut to their best stretch
SHORTEST_PHRASE = 4
LEAST_SHARE = 0.03  # of all that speaks for the tag; weaker phrases are not shown
LENGTH_COST = 0.001  # of all that speaks for the tag, per code point: what a clause must bring to be added
_BORDER = re.compile(r"[,，。.;；!！?？:：…]{1,3}")
_WORD, _GOES_ON = re.compile("[0-9A-Za-z]"), re.compile("[0-9A-Za-z/]")
_SENTENCE_END = re.compile(r"[。.;；!！?？…\n]")


@dataclass(frozen=True)
class _Phrase:
    first: int
    last: int
    weight: float


def find_evidence(report: Report, encoded: Encoded, parts: Floats) -> tuple[Evidence, ...]:
    """Phrases that speak most for one tag, strongest first, at most three.

    A phrase is a run of clauses of one sentence; a clause joins where it brings more than it costs. Where no
    word speaks for the tag, it is the sentence that speaks least against it, with weight 0: every tag of a
    report with words shows where it came from.

    Args:
        parts: [tokens of encoded], each token's exact part of the tag's logit, wide part included.
    """
    speaks = np.where(encoded.part == FRAME, 0.0, np.maximum(parts, 0.0))
    total = float(speaks.sum())
    chosen: list[_Phrase] = []
    phrases = _phrases(encoded, speaks)
    while phrases and len(chosen) < MOST_PHRASES:
        best = max(phrases, key=lambda p: p.weight - LENGTH_COST * total * _length(encoded, p.first, p.last))
        if chosen and best.weight < LEAST_SHARE * total:
            break
        chosen.append(best)
        phrases = [p for p in phrases if p.last <= best.first or p.first >= best.last]
    if not chosen:
        return tuple(_evidence(report, encoded, p, 0.0) for p in _least_against(encoded, parts))
    chosen.sort(key=lambda p: -p.weight)
    return tuple(_evidence(report, encoded, p, p.weight / total) for p in chosen)


def _phrases(encoded: Encoded, speaks: Floats) -> list[_Phrase]:
    """Every run of clauses of one sentence, of at most LONGEST_PHRASE code points, that begins and ends with
    one that speaks; of a clause that is longer by itself, its best stretch."""
    sums = np.concatenate([[0.0], np.cumsum(speaks, dtype=np.float64)])

    def weight(first: int, last: int) -> float:
        return float(sums[last] - sums[first])

    phrases = []
    for clauses in _sentences(encoded):
        for at, (first, last) in enumerate(clauses):
            if weight(first, last) <= 0:
                continue
            if _length(encoded, first, last) > LONGEST_PHRASE:
                phrases.append(_shorten(encoded, speaks, first, last))
                continue
            for begin, end in clauses[at:]:
                if _length(encoded, first, end) > LONGEST_PHRASE:
                    break
                if weight(begin, end) > 0:
                    phrases.append(_Phrase(first, end, weight(first, end)))
    return phrases


def _least_against(encoded: Encoded, parts: Floats) -> list[_Phrase]:
    """The sentence that speaks least against a tag, cut to LONGEST_PHRASE; none where nothing is written."""
    sentences = [(clauses[0][0], clauses[-1][1]) for clauses in _sentences(encoded)]
    if not sentences:
        return []
    first, last = max(sentences, key=lambda s: float(parts[s[0] : s[1]].mean()))
    return [_shorten(encoded, parts - parts.min(), first, last)]


def _sentences(encoded: Encoded) -> list[list[tuple[int, int]]]:
    """The clauses, gathered by sentence; without those that only tell who writes, for they carry no tag."""
    sentences: list[list[tuple[int, int]]] = []
    told = True  # who writes stands before: no phrase goes on behind it
    for first, last in clauses(encoded):
        source = _source(encoded, first).text
        if IDENTITY.fullmatch(source[encoded.start[first] : encoded.end[last - 1]]):
            told = True
            continue
        if not told:
            before = sentences[-1][-1][1]
            same = encoded.part[before - 1] == encoded.part[first]
            between = _source(encoded, first).text[encoded.end[before - 1] : encoded.start[first]]
            if same and not _SENTENCE_END.search(between):
                sentences[-1].append((first, last))
                continue
        sentences.append([(first, last)])
        told = False
    return sentences


def clauses(encoded: Encoded) -> list[tuple[int, int]]:
    """Token ranges [first, last) between punctuation marks and line breaks."""
    ranges: list[tuple[int, int]] = []
    first = 0
    n = len(encoded.ids)
    for index in range(n + 1):
        border = index == n or encoded.part[index] == FRAME or _is_border(encoded, index)
        if not border:
            if index > first and _breaks_line(encoded, index):
                ranges.append((first, index))
                first = index
            continue
        if index > first:
            ranges.append((first, index))
        first = index + 1
    return ranges


def follows_mark(encoded: Encoded, index: int) -> bool:
    """Whether the token at `index` is a punctuation mark that ends a clause before it."""
    return index < len(encoded.ids) and encoded.part[index] != FRAME and _is_border(encoded, index)


def _is_border(encoded: Encoded, index: int) -> bool:
    text, start, end = _source(encoded, index).text, encoded.start[index], encoded.end[index]
    # 9.17, 8:20, 3,000 and an address of a page are one word each.
    inside = start > 0 and _WORD.match(text, start - 1) and _GOES_ON.match(text, end)
    return bool(_BORDER.fullmatch(text, start, end)) and not inside


def _breaks_line(encoded: Encoded, index: int) -> bool:
    """Whether a line break, which is no token, stands right before this token of a clause."""
    return "\n" in _source(encoded, index).text[encoded.end[index - 1] : encoded.start[index]]


def _source(encoded: Encoded, index: int) -> Cleaned:
    return encoded.title if encoded.part[index] == TITLE else encoded.body


def _length(encoded: Encoded, first: int, last: int) -> int:
    return int(encoded.end[last - 1] - encoded.start[first])


def _shorten(encoded: Encoded, speaks: Floats, first: int, last: int) -> _Phrase:
    """The stretch of at most LONGEST_PHRASE code points of a clause that speaks most."""
    if _length(encoded, first, last) <= LONGEST_PHRASE:
        return _Phrase(first, last, float(speaks[first:last].sum()))
    sums = np.concatenate([[0.0], np.cumsum(speaks[first:last])])
    best = _Phrase(first, first + 1, -1.0)
    end = first + 1
    for start in range(first, last):
        end = max(end, start + 1)
        while end < last and _length(encoded, start, end + 1) <= LONGEST_PHRASE:
            end += 1
        weight = float(sums[end - first] - sums[start - first])
        if weight > best.weight + 1e-9:
            best = _Phrase(start, end, weight)
    return _trim_silent(encoded, speaks, best)


def _trim_silent(encoded: Encoded, speaks: Floats, phrase: _Phrase) -> _Phrase:
    """Drop tokens that say nothing from both ends, down to SHORTEST_PHRASE code points."""
    first, last = phrase.first, phrase.last
    least = 0.01 * phrase.weight
    while (
        last - first > 1 and _length(encoded, first, last - 1) >= SHORTEST_PHRASE and speaks[last - 1] < least
    ):
        last -= 1
    while last - first > 1 and _length(encoded, first + 1, last) >= SHORTEST_PHRASE and speaks[first] < least:
        first += 1
    return _Phrase(first, last, float(speaks[first:last].sum()))


def _evidence(report: Report, encoded: Encoded, phrase: _Phrase, weight: float) -> Evidence:
    cleaned = _source(encoded, phrase.first)
    part = "title" if encoded.part[phrase.first] == TITLE else "text"
    start, end = cleaned.original_span(int(encoded.start[phrase.first]), int(encoded.end[phrase.last - 1]))
    words = (report.title if part == "title" else report.text)[start:end]
    return Evidence(start, end, words, weight, part)


def token_sums(encoded: Encoded, by_char: dict[int, Floats]) -> Floats:
    """Sum character-level contributions {TITLE: [chars, labels], BODY: [chars, labels]} into tokens.

    A character in several tokens (the tokenizer reads "㎡" as "m" and "2") is shared equally by them.
    """
    labels = by_char[BODY].shape[1]
    result = np.zeros((len(encoded.ids), labels), dtype=np.float32)
    for part, table in by_char.items():
        tokens = np.flatnonzero(encoded.part == part)
        edges = np.zeros(len(table) + 1, dtype=np.int64)
        np.add.at(edges, encoded.start[tokens], 1)
        np.add.at(edges, encoded.end[tokens], -1)
        shared = table / np.maximum(edges[:-1].cumsum(), 1)[:, None]
        sums = np.concatenate([np.zeros((1, labels)), np.cumsum(shared, axis=0, dtype=np.float64)])
        result[tokens] = sums[encoded.end[tokens]] - sums[encoded.start[tokens]]
    return result
