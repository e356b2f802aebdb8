"""Fitting what is a petition: hardly a report falls out, and the Export stays whole."""

from __future__ import annotations

import lzma
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from data.labelled import read_labelled
from data.readers import read_reports
from data.report import Report
from data.survey.rules import RULES
from data.taxonomy import Taxonomy
from model.encode import plain
from model.export import SCOPE, Export
from model.golden import replay_golden
from model.tagger import Tagger
from tests.training.conftest import Files
from training.behaviour import shipped_cases
from training.scope import (
    MARGIN,
    SAMPLE,
    Taught,
    add_scope,
    carry_scope,
    contrast,
    counts,
    fit_scope,
    invented,
    lend_scope,
    main,
    moved,
    rare_labels,
    texts_of,
)
from training.settings import HINT_BELOW, TrainSettings
from training.trained_on import read_train


@pytest.fixture(scope="module")
def sample() -> list[str]:
    return [plain(row, False) for row in read_reports(SAMPLE) if isinstance(row, Report)]


def test_of_texts_that_it_did_not_see_reports_stay_and_others_fall_out(sample: list[str]) -> None:
    taxonomy = Taxonomy.default()
    dev = list(read_labelled(SAMPLE.with_name("reports.jsonl"), taxonomy))
    taught = [plain(report, False) for report in contrast(taxonomy)][::2]
    kept = [plain(case.report, False) for case in shipped_cases(taxonomy)]
    fitted = fit_scope(taxonomy, taught, [], dev, kept, False)

    assert max(fitted.fallen) <= 0.002 and fitted.held == (len(taught) // 5, 0)
    assert not any(fitted.scope.outside(text) for text in kept)
    unseen = ["Click here to claim your free prize now", "for i in range(10): print(i)", "select * from t;"]
    assert all(fitted.scope.score(text) < 0 and fitted.scope.outside(text) for text in unseen)
    assert min(map(fitted.scope.score, kept)) >= MARGIN - 0.01


def test_labels_of_few_dev_reports_are_rare(files: Files, taxonomy: Taxonomy) -> None:
    rows = list(read_labelled(files.dev, taxonomy))
    rare = rare_labels(rows, taxonomy)
    counts = [
        sum(label.id in (row.labels.get(axis.id) or ()) for row in rows)
        for axis in taxonomy.axes
        for label in axis.labels
    ]

    assert rare.tolist() == [count < 10 for count in counts] and 0 < rare.sum() < rare.size


def test_labels_that_few_reports_taught_are_rare_too(files: Files, taxonomy: Taxonomy) -> None:
    dev, train = (list(read_labelled(file, taxonomy)) for file in (files.dev, files.train))
    taught = counts(read_train([files.train], dev, taxonomy).rows, taxonomy)
    least = int(np.median(taught[taught > 0])) + 1
    plenty = dev * 10

    assert rare_labels(plenty, taxonomy, [], 0).tolist() == rare_labels(plenty, taxonomy).tolist()
    taught_by = Taught(files.dev, [files.train, files.train], least)
    found = taught_by.rare(taxonomy)  # a row that comes again taught once
    assert found.tolist() == (rare_labels(dev, taxonomy) | (taught < least)).tolist()
    assert rare_labels(plenty, taxonomy, train, least).sum() > rare_labels(plenty, taxonomy).sum()


def test_hints_begin_where_the_survey_warns() -> None:
    assert RULES["few_examples"].limit == HINT_BELOW == TrainSettings().hint_below


def test_the_command_adds_the_file_and_nothing_else(
    export_folder: Path, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder = tmp_path / "export"
    shutil.copytree(export_folder, folder)
    outside = tmp_path / "outside.txt.xz"
    with lzma.open(outside, "wt", encoding="utf-8") as out:
        out.writelines(f"第{n}回，少年拔剑望着山巅的雪光，一言不发地走了。\n" for n in range(8000))
    arguments = ["scope", str(folder), "--labelled", str(files.train), "--dev", str(files.dev)]
    monkeypatch.setattr(sys, "argv", [*arguments, "--outside", str(outside), "--inside", str(SAMPLE)])
    before = Export.load(folder)
    main()
    after = Export.load(folder)

    assert set(after.files) - set(before.files) == {SCOPE}
    assert all(after.files[name] == before.files[name] for name in before.files)
    assert after.model == before.model
    tagger = Tagger(after, 1)
    assert replay_golden(folder / "golden.jsonl", tagger)[1] < 1e-3
    rows = [row.report for row in read_labelled(files.dev, after.taxonomy)]
    assert np.mean([bool(reason) for reason in tagger.outside(rows)]) <= 0.002
    told = tagger.tag([Report("1", "第3回，少年拔剑望着山巅的雪光，一言不发地走了。")])[0]
    assert told.review_reasons == ("out_of_scope",)
    said = capsys.readouterr().out
    assert "fall out" in said and "rare labels" in said


def test_a_new_model_takes_over_what_the_one_before_knew(
    export_folder: Path, files: Files, tmp_path: Path
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        shutil.copytree(export_folder, folder)
    bare = Export.load(new)
    assert carry_scope(Export.load(old), bare, Taught(files.dev, [])).files == bare.files

    taxonomy = bare.taxonomy
    dev = list(read_labelled(files.dev, taxonomy))
    fitted = fit_scope(taxonomy, [plain(row.report, False) for row in dev] * 4, [], dev, [], False)
    add_scope(Export.load(old), fitted.scope)
    carried = carry_scope(Export.load(old), Export.load(new), Taught(files.dev, [], 0))

    assert SCOPE in carried.files
    scope = Tagger(carried, 1).scope
    assert scope is not None and scope.rare.tolist() == rare_labels(dev, taxonomy).tolist()
    assert scope.score("学校没人处理") == pytest.approx(fitted.scope.score("学校没人处理"))


def test_a_scope_is_lent_only_where_it_lets_the_reports_in(
    export_folder: Path, files: Files, tmp_path: Path
) -> None:
    lender, new = tmp_path / "lender", tmp_path / "new"
    for folder in (lender, new):
        shutil.copytree(export_folder, folder)
    bare, taxonomy = Export.load(new), Export.load(new).taxonomy
    taught = Taught(files.dev, [files.train])
    assert lend_scope(Export.load(lender), bare, taught) == (bare, 0.0)

    rows = list(read_labelled(files.dev, taxonomy))
    fitted = fit_scope(taxonomy, [plain(row.report, False) for row in rows] * 4, [], rows, [], False)
    add_scope(Export.load(lender), moved(fitted.scope, 1e6))
    assert lend_scope(Export.load(lender), bare, taught) == (bare, 1.0)

    add_scope(Export.load(lender), moved(fitted.scope, -1e6))
    lent, fallen = lend_scope(Export.load(lender), bare, taught)
    assert fallen == 0 and SCOPE in lent.files


def test_texts_are_taken_spread_over_a_file(tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("".join(f"第{n}件学校收费\n" for n in range(100)), encoding="utf-8")

    assert texts_of(path, 10, False) == [f"第{n}件学校收费" for n in range(0, 100, 10)]
    assert len(texts_of(path, 1000, False)) == 100


def test_the_invented_texts_are_many_and_of_every_kind() -> None:
    assert len(invented(False)) > 150 and all(invented(True))
