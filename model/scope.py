"""Scope: what is no petition, and which tags nobody should take on trust.

A linear model over character n-grams tells petitions from all else (advertisements, poems, code, news). It
does not look at the encoder: that has learnt to find matters in whatever it reads. Its border lies so that
hardly a real report falls out (training/scope.py). Of other languages it knows no n-gram, so these are told
by their script. An Export without the file knows no scope and tags all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.wide import Wide

OUT_OF_SCOPE, TOO_SHORT, NOT_CHINESE = "out_of_scope", "too_short", "not_chinese"
CONFLICT, RARE_LABEL = "conflict", "rare_label"
LEAST = 4  # letters beside courtesies; fewer say nothing that could be tagged
_WHOM = "(?:各位)?(?:领导|同志|工作人员|书记|市长|县长|区长|局长|主任)们?"
_COURTESY = re.compile(
    f"(?:尊敬|敬爱)的{_WHOM}|(?:{_WHOM}|大家)?[您你]们?好[啊呀吗]?|{_WHOM}好|大家好|请问|在吗|有人吗|谢谢|感谢|打扰了?|麻烦了?"
    r"|各位(?:领导|同志)们?(?=\W|辛苦|打扰|麻烦|\Z)|辛苦了?|再见|此致|敬礼|早上好|上午好|中午好|下午好|晚上好|测试"
)
_LETTER = re.compile(r"[^\W\d_]")
_HAN = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_KANA = re.compile("[\u3041-\u30ff]")
_LATIN = "A-Za-z\u00c0-\u024f\u1e00-\u1eff"
_LATIN_WORD = re.compile(f"[{_LATIN}]+")
_OTHER = re.compile(rf"[^\W\d_{_LATIN}\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
MANY = 6  # letters of another script to one Chinese character; a letter in both languages has three or four
FEW_HAN, LEAST_WORDS = 8, 4  # Chinese characters that say something; words that are more than names of things
# Fewer say something where one of these is among them: names of places and people, which a letter in another
# language quotes, hold none.
_SAYING = re.compile("[我你您他她们不没被把让了的吗坏停欠乱退拖扣骗请]|无法|无人|未能|投诉|举报|反映|求助")
LEAST_HAN = 3
_ADDRESS = re.compile(r"(?:https?://|www\.)[!-~]+|[\w.+-]+@[A-Za-z0-9.-]+", re.ASCII)


@dataclass(frozen=True)
class Scope:
    """What an Export takes for a petition, and where it doubts its own tags.

    Attributes:
        linear: one column; below 0 a text is out of scope.
        conflict: a tag that the Export's linear part speaks against by so much is doubted; infinite: none.
        rare: [labels], True where too few labelled reports had a label to fit its threshold.
    """

    linear: Wide
    conflict: float
    rare: NDArray[np.bool_]

    def outside(self, text: str) -> str:
        """Why a text is no petition, "" where it may be one.

        Args:
            text: as the model reads it, title and body.
        """
        if len(_LETTER.findall(_COURTESY.sub("", text))) < LEAST:
            return TOO_SHORT
        if foreign(text):
            return NOT_CHINESE
        return OUT_OF_SCOPE if self.score(text) < 0 else ""

    def score(self, text: str) -> float:
        """How much a text looks like a petition; 0 is the border."""
        return float(self.linear.logits(text)[0])

    def doubts(self, given: NDArray[np.bool_], linear: NDArray[np.float32] | None) -> NDArray[np.object_]:
        """Per label: "", or why a given tag needs a person's eye.

        Args:
            given: [labels].
            linear: [labels], logits of the Export's linear part; None where it has none.
        """
        reasons = np.full(len(given), "", dtype=object)
        reasons[given & self.rare] = RARE_LABEL
        if linear is not None:
            reasons[given & (linear <= -self.conflict)] = CONFLICT
        return reasons

    def save(self, path: Path) -> None:
        """Write a compressed .npz."""
        np.savez_compressed(path, **self.linear.arrays(), conflict=self.conflict, rare=self.rare)

    @classmethod
    def load(cls, path: Path) -> Scope:
        """Read what `save` wrote; nothing in it can run code."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(Wide.of(arrays), float(arrays["conflict"]), arrays["rare"])


def foreign(text: str) -> bool:
    """Whether a text is in another language, of which no model here has read any; not one that says the same
    in Chinese too."""
    han, other = len(_HAN.findall(text)), len(_OTHER.findall(text))
    says = han >= FEW_HAN or (han >= LEAST_HAN and _SAYING.search(text) is not None)
    words = 0 if says else len(_LATIN_WORD.findall(_ADDRESS.sub(" ", text)))
    latin = words >= LEAST_WORDS and words > 2 * han
    return latin or other > MANY * han or len(_KANA.findall(text)) > han
