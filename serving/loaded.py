"""Loaded: a model that may serve, since its files are whole and this machine computes what it should."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from data.report import Report
from model.export import DEFAULT, GOLDEN
from model.golden import replay_golden
from model.tagger import Tagger
from serving.batcher import check_budget
from serving.exports import chosen_tagger, load_export
from serving.help import Wanted
from serving.log import event
from serving.settings import BadSettings, ServeSettings


@dataclass(frozen=True)
class Loaded:
    """A Tagger that has replayed its golden reports here, which also warms it up.

    Attributes:
        golden: number of these reports; with 0 the Export has none, and nothing was compared.
        worst: largest difference of a score.
    """

    tagger: Tagger
    golden: int
    worst: float


def load_checked(settings: ServeSettings) -> Loaded:
    """Load the Export of the settings and replay its golden reports.

    Raises:
        BrokenExport, GoldenMismatch: it cannot be used here.
        BadSettings: its window is larger than a batch.
    """
    return _load(settings, settings.model or DEFAULT)


def load_shadow(settings: ServeSettings) -> Tagger | None:
    """Load and check the challenger of the settings; None where there is none, and in sealed mode.

    Raises:
        BrokenExport, GoldenMismatch, BadSettings: it cannot be used here.
    """
    # Sealed, a report must not outlive its answer, and counts per label could tell of a single one.
    if settings.shadow is None or settings.sealed:
        return None
    return _load(settings, settings.shadow).tagger


def _load(settings: ServeSettings, path: Path) -> Loaded:
    # Resolved, so that a link which moves meanwhile does not mix two Exports.
    folder = path.resolve()
    export = load_export(folder)
    try:
        check_budget(export, settings.batch_tokens)
    except ValueError as error:
        raise BadSettings(f"batch_tokens: {error}") from None
    # The engine keeps the memory of its largest batch: golden reports are read in none larger than requests.
    wanted = Wanted(settings.engine)
    tagger, why, known = chosen_tagger(
        export, settings.threads, settings.max_tokens, settings.batch_tokens, wanted
    )
    event("engine", model=export.model, engine=tagger.engine.name, why=why)
    golden, worst = known or replay_golden(folder / GOLDEN, tagger)
    if not golden:
        # It may serve, but nothing shows that this machine computes what the one that made it did.
        event("no_golden_reports", logging.WARNING, model=export.model)
    tagger.tag([Report("", "")], "all")
    return Loaded(tagger, golden, worst)
