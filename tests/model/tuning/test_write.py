"""A tuned Export is a new one: it loads, tags by its borders, says so, and leaves the old one alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from data.report import Report
from model.decide import AxisDecision
from model.export import CARD, MANIFEST, Export
from model.promise import Promise
from model.tagger import Tagger
from model.tuning.write import write_tuned
from tests.conftest import speaking_tables

PROMISE = Promise("misconduct", "", 0.9, 0.95, "review", 0.1, 100, 60, 2, 0.7, 0.1, 0.8, "f")


def bordered(export: Export) -> dict[str, AxisDecision]:
    """Untagged reports whose falsification reaches 0.1 go to a person."""
    found = dict(export.decisions)
    found["misconduct"] = replace(found["misconduct"], label_review=np.array([np.inf, 0.1], np.float32))
    return found


def test_the_old_export_stays_and_the_new_one_carries_its_promise(
    make_export: Callable[..., Export], tmp_path: Path
) -> None:
    old = make_export()
    before = {file.name: file.read_bytes() for file in old.folder.iterdir()}
    new = write_tuned(old, tmp_path / "tuned", bordered(old), [PROMISE])
    again = write_tuned(old, tmp_path / "again", bordered(old), [PROMISE])
    other = write_tuned(old, tmp_path / "other", bordered(old), [replace(PROMISE, caught=0.8)])

    assert {file.name: file.read_bytes() for file in old.folder.iterdir()} == before
    assert new.promises == (PROMISE,) and old.promises == ()
    assert new.version == again.version != other.version and new.version.startswith("1+tuned.")
    np.testing.assert_array_equal(new.decisions["misconduct"].label_review, [np.inf, np.float32(0.1)])
    assert "at least 90.0%" in (new.folder / CARD).read_text(encoding="utf-8")
    assert json.loads((new.folder / MANIFEST).read_text())["format"] == 2
    assert json.loads((old.folder / MANIFEST).read_text())["format"] == 1


def test_a_folder_that_is_there_is_not_written_over(make_export: Callable[..., Export]) -> None:
    old = make_export()
    with pytest.raises(FileExistsError):
        write_tuned(old, old.folder, bordered(old), [PROMISE])


def test_a_label_below_its_threshold_asks_for_a_person_beside_other_tags(
    make_export: Callable[..., Export], tokenizer: Tokenizer, tmp_path: Path
) -> None:
    old = make_export(speaking_tables(tokenizer, {"推诿": 2}))
    new = write_tuned(old, tmp_path / "tuned", bordered(old), [PROMISE])
    report = [Report("1", "领导推诿没人处理")]
    (was,), (now,) = Tagger(old, 1).tag(report), Tagger(new, 1).tag(report)

    assert [tag.label for tag in was.tags["misconduct"]] == [tag.label for tag in now.tags["misconduct"]]
    assert was.tags["misconduct"] and not was.needs_review
    assert now.review_reasons == ("misconduct:low_confidence",)
