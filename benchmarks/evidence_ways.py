"""Ways to say what a tag rests on: the head's own contributions, deletion, attention alone, key words.

Each gives every token a part of one label's logit, or what stands for it; phrases are then made of the
parts of all of them in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from model.encode import BODY, TITLE
from model.tagger import Tagger
from model.work import Work, attention, by_token

Floats = NDArray[np.float32]
Way = Callable[[Work, list[int]], Floats]
"""A report that has been read and columns of labels, to parts [tokens, columns]."""


def ways(tagger: Tagger, labels: Sequence[str], first: int) -> dict[str, Way]:
    """Name to way.

    Args:
        labels: of the axis that is measured.
        first: column of the first of them.
    """
    cues: Mapping[str, list[str]] = yaml.safe_load(
        (Path(__file__).parent / "cue_words.yaml").read_text("utf-8")
    )

    def key_words(work: Work, columns: list[int]) -> Floats:
        encoded = work.encoded
        result = np.zeros((len(encoded.ids), len(columns)), dtype=np.float32)
        for at, column in enumerate(columns):
            for part, cleaned in ((TITLE, encoded.title), (BODY, encoded.body)):
                inside = np.zeros(len(cleaned.text) + 1, dtype=bool)
                for word in cues[labels[column - first]]:
                    place = cleaned.text.find(word)
                    while place >= 0:
                        inside[place : place + len(word)] = True
                        place = cleaned.text.find(word, place + 1)
                tokens = np.flatnonzero(encoded.part == part)
                result[tokens, at] = [
                    inside[s:e].sum() for s, e in zip(encoded.start[tokens], encoded.end[tokens], strict=True)
                ]
        return result

    return {
        "our contributions": lambda work, columns: tagger.contributions(work, columns),
        "deletion (`careful`)": lambda work, columns: tagger.losses(work, columns),
        "attention alone": lambda work, columns: by_token(work, attention(work)[:, columns]),
        "key words": key_words,
    }
