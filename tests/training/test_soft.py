"""Soft labels: the mean of several models, read back as targets that a run learns from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.errors import DataError
from data.labelled import read_labelled
from data.taxonomy import Taxonomy
from model.tagger import Tagger
from tests.training.conftest import DOMAINS, Files, write_jsonl
from tests.training.test_train import QUICK
from training.soft import SOFT, read_soft, soften, write_soft
from training.train import train_run


@pytest.fixture
def soft(export_folder: Path, files: Files, taxonomy: Taxonomy, tmp_path: Path) -> Path:
    """What one model says of the training reports, under other ids."""
    rows = [replace(row.report, id=f"new-{row.report.id}") for row in read_labelled(files.train, taxonomy)]
    tagger = Tagger.load(export_folder, threads=1)
    assert write_soft([tagger, tagger], rows, tmp_path / "soft.jsonl") == len(rows)
    return tmp_path / "soft.jsonl"


def test_targets_are_what_the_models_say(
    soft: Path, export_folder: Path, files: Files, taxonomy: Taxonomy
) -> None:
    rows, targets = read_soft(soft, taxonomy, drop=["new-t0"])
    said = soften(Tagger.load(export_folder, threads=1).logits([row.report for row in rows]), taxonomy)

    assert {row.source for row in rows} == {SOFT} and not any(row.labels for row in rows)
    assert "new-t0" not in targets and len(rows) == len(targets)
    assert np.allclose([targets[row.report.id] for row in rows], said, atol=1e-3)


def test_scores_of_an_axis_of_one_sum_to_one(taxonomy: Taxonomy) -> None:
    width = sum(len(axis.labels) for axis in taxonomy.axes)
    soft = soften(np.random.default_rng(0).normal(size=(5, width)).astype(np.float32) * 9, taxonomy)

    assert ((soft >= 0) & (soft <= 1)).all()
    assert np.allclose(soft[:, dict((a.id, c) for a, c in taxonomy.columns())["purpose"]].sum(1), 1)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[1]", "line 1"),
        ("{", "line 1"),
        ('{"id": "1", "text": "学校", "title": ""}', "no 'scores'"),
        ('{"id": "1", "text": "学校", "title": "", "scores": {"domain": {"medical": 1}}}', "no 'education'"),
    ],
)
def test_a_line_of_another_kind_is_named(taxonomy: Taxonomy, tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "soft.jsonl").write_text(line + "\n", encoding="utf-8")

    with pytest.raises(DataError, match=said) as told:
        read_soft(tmp_path / "soft.jsonl", taxonomy)
    assert "学校" not in str(told.value)


def test_a_run_learns_from_soft_labels(
    files: Files, taxonomy: Taxonomy, encoder_folder: Path, tmp_path: Path
) -> None:
    """One labelled report is too little; with forty of which a sure model spoke the domain is learnt."""
    one = write_jsonl(tmp_path / "one.jsonl", files.train_rows[:1])
    said = [
        {
            "id": f"new-{row['id']}", "title": row["title"], "text": row["text"],
            "scores": {"domain": {x: 0.97 if x in row["domain"] else 0.02 for x in DOMAINS}},
        }
        for row in files.train_rows
    ]  # fmt: skip
    soft = write_jsonl(tmp_path / "soft.jsonl", said)
    settings = replace(QUICK, epochs=8, wide=False)

    def trained(name: str, more: Path | None) -> float:
        out = tmp_path / name
        found = train_run([one], files.dev, out, str(encoder_folder), settings, taxonomy, soft=more)
        return found.dev_f1["domain"]

    assert trained("soft", soft) > trained("alone", None) + 0.1
    facts = json.loads((tmp_path / "soft" / "run.json").read_text())
    held_out = {row["title"] + row["text"] for row in files.dev_rows}
    apart = [row for row in files.train_rows if row["title"] + row["text"] not in held_out]
    assert (facts["rows"], facts["soft_rows"]) == (1, len(apart))
