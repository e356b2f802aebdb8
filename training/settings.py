"""The settings of one training run."""

from __future__ import annotations

import argparse
import ast
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

HINT_BELOW = 30
"""Reports with a label that a model should learn from; `petition survey` warns of fewer, and says so too."""


HEADS = ("label-attention", "cls")
"""What may pool the encoder's states into a logit for each label."""


class BadSettings(Exception):
    """A setting that cannot be meant, or does not go with the others."""


def whole_number(text: str) -> int:
    """Read 8, 8_000 or 8.0 (as MLflow passes whole numbers).

    Raises:
        ValueError: not a whole number.
    """
    value = float(text)
    if not value.is_integer():
        raise ValueError(f"{text!r} is not a whole number")
    return int(value)


@dataclass(frozen=True)
class TrainSettings:
    """Fine-tuning. Every field is also a flag of `petition train`."""

    head: str = "label-attention"
    """label-attention, or cls (the usual head, a baseline)."""
    epochs: int = 8
    """Passes over the labelled reports at most; the best on dev is kept."""
    patience: int = 3
    """Stop after so many epochs without a better dev macro-F1."""
    weak_epochs: int = 2
    """Passes over the weakly labelled reports, before the others."""
    encoder_lr: float = -1.0
    """Below 0: what suits the encoder, 1e-3 for ours, 5e-5 for others; 2e-4 to go on from a model."""
    weak_lr: float = -1.0
    """The encoder's rate among weakly labelled reports; below 0: three tenths of `encoder_lr`."""
    layer_rms: float = 0.06
    """Root mean square that the pretrained layers' matrices are brought down to before fine-tuning, where the
    encoder is ours: pretraining leaves them too large to be moved; 0: they stay as they are."""
    head_lr: float = 2e-3
    """Learning rate of the heads, at its highest."""
    decay: float = 0.01
    """Weight decay."""
    warmup: float = 0.1
    """Share of the steps in which the learning rate rises."""
    dropout: float = 0.1
    """Share of the head's inputs that a training step leaves out at random."""
    tokens: int = 6144
    """Padded tokens in a batch at most."""
    reports: int = 32
    """Reports in a batch at most."""
    window: int = 256
    """Tokens in a window."""
    overlap: int = 32
    """Tokens that neighbouring windows share."""
    max_windows: int = 3
    """Windows of a long report that one training step reads; inference reads all."""
    weak_windows: int = 1
    """The same for weakly labelled reports."""
    positive_cap: float = 3.0
    """Largest weight of a rare label's positives."""
    evidence: float = 0.3
    """Weight of the loss that draws the attention to the words that readers marked; 0: none."""
    token_evidence: float = 0.7
    """Weight of the loss that makes each marked word speak for its label by itself; 0: none."""
    augment: float = 0.0
    """Chance of each change that must change no tag (greeting, names, sex, places, digits), made anew each
    epoch; half of it: chance that the identifiers are covered."""
    misspell: float = 0.0
    """Chance that a report has characters written as others of the same sound, up to one in seven; made anew
    each epoch."""
    plant: float = 0.0
    """Chance that a report gets a sentence of another one; where it alleges something, mostly one with marked
    words, and its labels with it; made anew each epoch."""
    blind: bool = True
    """Read reports without what tells who writes and from where (data/blind.py)."""
    smoothing: float = 0.0
    """Label smoothing."""
    average: float = 0.0
    """Judge a moving mean of the weights beside them: what a step keeps of it, as 0.999; 0: none."""
    wide: bool = True
    """Add the wide part (linear over hashed character n-grams)."""
    wide_bits: int = 22
    """Width of the n-grams' hash."""
    wide_least: int = 0
    """Reports that an n-gram must stand in; 0: 2 to 5, one more for each 2,000 reports."""
    wide_strength: float = 1.0
    """C of the wide part's linear SVMs."""
    hint_below: int = HINT_BELOW
    """Tags of a label that fewer reports taught are hints: a person is to look at them (`rare_label`)."""
    seed: int = 0
    """Of all that is drawn at random."""

    def __post_init__(self) -> None:
        """Refuse what no run can be made with.

        Raises:
            BadSettings: names the flag and what it may be.
        """
        for fits, said in (
            (self.head in HEADS, f"--head: one of {', '.join(HEADS)}"),
            (self.epochs >= 1, "--epochs: at least 1"),
            (0 <= self.overlap < self.window - 2, "--window: more than --overlap and two tokens"),
            (self.tokens >= self.window, "--tokens: at least --window"),
            (self.reports >= 1 and self.max_windows >= 1, "--reports, --max-windows: at least 1"),
            (self.seed >= 0, "--seed: at least 0"),
            (0 <= self.dropout < 1 and 0 <= self.average < 1, "--dropout, --average: from 0 to below 1"),
            (all(0 <= chance <= 1 for chance in (self.augment, self.misspell, self.plant)),
             "--augment, --misspell, --plant: from 0 to 1"),
        ):  # fmt: skip
            if not fits:
                raise BadSettings(said)

    @property
    def changes(self) -> bool:
        """Whether reports are read in another form each epoch."""
        return bool(self.augment or self.misspell or self.plant)


def field_docs(kind: type) -> Mapping[str, str]:
    """What stands under each field of a class of settings, as one line, for the flags' help."""
    (found,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(found, ast.ClassDef)
    docs = {}
    for line, below in zip(found.body, found.body[1:], strict=False):
        if (
            isinstance(line, ast.AnnAssign)
            and isinstance(line.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            docs[line.target.id] = " ".join(str(below.value.value).split())
    return docs


def add_setting_flags(parser: argparse.ArgumentParser, settings: type[Any]) -> None:
    """A flag for every field of a class of settings, with what stands under the field as help."""
    docs = field_docs(settings)
    for field in fields(settings):
        flag, default = f"--{field.name.replace('_', '-')}", field.default
        said = "yes" if default is True else "no" if default is False else default
        if isinstance(default, tuple):
            said = " ".join(default)
        # argparse takes % for a name to fill in.
        told = f"{docs[field.name].removesuffix('.')} (default {said})".replace("%", "%%")
        if isinstance(default, bool):
            # Put in after: some versions of Python write the default behind a help that is given.
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=default).help = told
        elif isinstance(default, tuple):
            parser.add_argument(flag, nargs="*", default=default, help=told)
        else:
            kind = whole_number if isinstance(default, int) else type(default)
            parser.add_argument(flag, type=kind, default=default, help=told)
