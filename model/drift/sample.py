"""Sample: what is measured of each report of a file; figures alone, no words and no ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from data.errors import BrokenFile
from data.taxonomy import Taxonomy
from data.taxonomy_file import parse_taxonomy

FORMAT = 2
"""1 counted what is no petition as if it were tagged, and no doubts of the scope."""
SUFFIX = ".npz"
_TABLES = ("scores", "lengths", "unknown", "rare", "vectors")


@dataclass(frozen=True, eq=False)
class Sample:
    """Reports as one model sees them; row by row, in no order that leads back to a report.

    Attributes:
        model: name@version of the Export.
        digest: names the Export's files; "" where only its predictions are at hand.
        taxonomy: its axes and labels; columns follow their order.
        total: reports in the file, of which these may be a random part.
        rejected: rows of the file that could not be read.
        given: [reports, labels], True where the tag was given.
        review: [reports], True where a person is asked for.
        reasons: review reason -> reports.
        scores: [reports, labels], calibrated; None where only predictions are at hand.
        lengths: [reports], code points of the text; None likewise.
        unknown: [reports], share of characters that the tokenizer does not know; None likewise.
        rare: [reports], share of character 1- to 3-grams that the wide part does not know; None
            likewise, or without a wide part.
        vectors: [reports, 3 * labels], the encoder's states as the heads see them; None likewise.
    """

    model: str
    digest: str
    taxonomy: Taxonomy
    total: int
    rejected: int
    given: NDArray[np.bool_]
    review: NDArray[np.bool_]
    reasons: Mapping[str, int] = field(default_factory=dict)
    scores: NDArray[np.float32] | None = None
    lengths: NDArray[np.int64] | None = None
    unknown: NDArray[np.float32] | None = None
    rare: NDArray[np.float32] | None = None
    vectors: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        """How many reports."""
        return len(self.given)

    def save(self, path: Path) -> None:
        """Write an .npz; nothing in it can run code, and no word or id is in it."""
        arrays: dict[str, Any] = {
            name: table for name in _TABLES if (table := getattr(self, name)) is not None
        }
        names = np.array(list(self.reasons), dtype=np.str_)
        with path.open("wb") as out:
            np.savez_compressed(
                out, format=FORMAT, model=self.model, digest=self.digest, taxonomy=self.taxonomy.to_yaml(),
                total=self.total, rejected=self.rejected, given=self.given, review=self.review,
                reasons=names, counts=np.array(list(self.reasons.values()), dtype=np.int64), **arrays,
            )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> Sample:
        """Read what `save` wrote.

        Raises:
            BrokenFile: it is not that.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                if (made := int(arrays["format"])) != FORMAT:
                    age = "a newer" if made > FORMAT else "an older"
                    raise BrokenFile(f"{path}: kept by {age} petition-tagger; measure the reports again")
                reasons = zip(arrays["reasons"].tolist(), arrays["counts"].tolist(), strict=True)
                return cls(
                    str(arrays["model"]), str(arrays["digest"]),
                    parse_taxonomy(str(arrays["taxonomy"]), str(path)),
                    int(arrays["total"]), int(arrays["rejected"]), arrays["given"], arrays["review"],
                    dict(reasons), **{name: arrays[name] for name in _TABLES if name in arrays},
                )  # fmt: skip
        except BrokenFile:
            raise
        except (KeyError, ValueError, BadZipFile, EOFError):
            raise BrokenFile(f"{path}: no figures of `petition drift`; measure the reports again") from None
