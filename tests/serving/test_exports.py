"""Whatever is wrong in an Export's folder comes as a BrokenExport."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.export import GRAPH, MANIFEST, TAXONOMY, TOKENIZER, WIDE, BrokenExport, Export
from serving.exports import bulk_tagger, load_export, load_tagger
from tests.conftest import random_wide


def test_a_whole_folder_loads(export: Export) -> None:
    assert load_export(export.folder).files == export.files
    assert load_tagger(export.folder, 1).export.model == export.model


def test_a_bulk_job_makes_calls_of_one_size_whatever_its_threads(export: Export) -> None:
    assert {bulk_tagger(export.folder, threads, None).budget for threads in (1, 2, 8)} == {1024}


def spoil(name: str, content: bytes) -> Callable[[Export], None]:
    def do(export: Export) -> None:
        (export.folder / name).write_bytes(content)
        export.save()  # with checksums that fit, so that the content itself is read

    return do


def spoil_manifest(export: Export) -> None:
    path = export.folder / MANIFEST
    shape = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**shape, "decisions": {"domain": []}}), encoding="utf-8")


@pytest.mark.parametrize(
    "break_it",
    [
        spoil(GRAPH, b"no graph"),
        spoil(TOKENIZER, b"{}"),
        spoil(TAXONOMY, b"axes: [1]"),
        spoil("wide.npz", b"no arrays"),
        spoil_manifest,
        lambda export: (export.folder / GRAPH).unlink(),
    ],
    ids=["graph", "tokenizer", "taxonomy", "wide", "manifest", "missing"],
)
def test_a_broken_folder_is_named(export: Export, break_it: Callable[[Export], None]) -> None:
    break_it(export)
    with pytest.raises(BrokenExport, match=export.folder.name):
        load_tagger(export.folder, 1)


def test_a_linear_part_with_what_is_no_number_is_named(export: Export) -> None:
    wide = random_wide()
    replace(wide, bias=np.full_like(wide.bias, np.nan)).save(export.folder / WIDE)
    export.save()
    with pytest.raises(BrokenExport, match=f"{export.folder.name}: bias of the linear part holds NaN"):
        load_tagger(export.folder, 1)


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"")
    with pytest.raises(BrokenExport, match="model"):
        load_export(tmp_path / "model")
