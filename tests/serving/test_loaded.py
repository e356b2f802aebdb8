"""A model serves only where its files, its window and its golden reports are in order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model.engine import Engine
from model.export import GOLDEN, Export
from model.golden import GoldenMismatch
from serving.loaded import load_checked
from serving.settings import BadSettings, ServeSettings
from tests.serving.service import SMALL
from tests.serving.test_service import spoil_golden, version


def test_a_model_that_this_machine_computes_otherwise_never_starts(export: Export, tmp_path: Path) -> None:
    folder = version(export, "2", tmp_path / "two")
    spoil_golden(folder)

    with pytest.raises(GoldenMismatch):
        load_checked(ServeSettings(**{**SMALL, "model": folder}))  # type: ignore[arg-type]


def test_a_batch_smaller_than_one_window_never_starts(export: Export) -> None:
    with pytest.raises(BadSettings, match="batch_tokens: token budget 23 is smaller than one window"):
        load_checked(ServeSettings(**{**SMALL, "model": export.folder, "batch_tokens": 23}))  # type: ignore[arg-type]


def test_golden_reports_fill_no_larger_batches_than_requests(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine keeps the memory of its largest batch for good."""
    sizes, run = [], Engine.run

    def measured(self: Engine, ids: NDArray[np.int64], mask: NDArray[np.bool_]) -> object:
        sizes.append(ids.size)
        return run(self, ids, mask)

    monkeypatch.setattr(Engine, "run", measured)
    chosen = {**SMALL, "model": export.folder, "batch_tokens": export.window, "engine": "onnxruntime"}
    assert load_checked(ServeSettings(**chosen)).golden == 3  # type: ignore[arg-type]

    assert max(sizes) <= export.window < sum(sizes)


def test_a_model_without_golden_reports_serves_and_the_log_warns(
    export: Export, caplog: pytest.LogCaptureFixture
) -> None:
    chosen = ServeSettings(**{**SMALL, "model": export.folder})  # type: ignore[arg-type]
    assert load_checked(chosen).golden == 3 and "no_golden_reports" not in caplog.messages
    (export.folder / GOLDEN).write_text("")
    export.save()

    assert load_checked(chosen).golden == 0
    (warned,) = [record for record in caplog.records if record.getMessage() == "no_golden_reports"]
    assert (warned.levelname, warned.fields) == ("WARNING", {"model": "tiny@1"})  # type: ignore[attr-defined]
