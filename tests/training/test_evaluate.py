"""Figures by hand, and reports of them without words."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.errors import EmptyFile, NoLabels
from data.labelled import LabelledReport, read_labelled
from data.report import Report
from data.taxonomy import Axis, Label, Taxonomy
from model.export import Export
from model.tagger import Tagger
from tests.training.conftest import PLANTED, Files, write_jsonl
from training.evaluate import (
    Metrics,
    axis_metrics,
    bootstrap,
    calibration_error,
    evaluate,
    main,
    of_scores,
    screening,
)
from training.measured import table, worst_cases, write_report

AXIS = Axis("domain", "领域", "many", (Label("a", "甲"), Label("b", "乙"), Label("c", "丙")))
SCORES = np.array([[0.9, 0.1, 0.2], [0.8, 0.7, 0.1], [0.3, 0.6, 0.1], [0.2, 0.2, 0.1]] * 5, np.float32)
TRUTH = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0]] * 5, np.float32)


def test_figures_of_a_table_made_by_hand() -> None:
    metrics = axis_metrics(AXIS, SCORES, TRUTH, SCORES >= 0.5)
    a, b, c = (metrics.labels[label] for label in "abc")

    assert (a["precision"], a["recall"], a["f1"], a["support"]) == (
        1,
        pytest.approx(2 / 3),
        pytest.approx(0.8),
        15,
    )
    assert (b["precision"], b["recall"], b["f1"], b["support"]) == (0.5, 1, pytest.approx(2 / 3), 5)
    assert (c["f1"], c["support"]) == (0, 0) and np.isnan(c["average_precision"])
    assert metrics.macro_f1 == pytest.approx((0.8 + 2 / 3) / 3)
    assert metrics.micro_f1 == pytest.approx(2 * 15 / (20 + 20))
    assert metrics.exact_match == 0.5
    assert metrics.mean_average_precision == pytest.approx(
        (a["average_precision"] + b["average_precision"]) / 2
    )
    low, high = metrics.micro_interval
    assert low < metrics.micro_f1 < high


def test_labels_that_no_report_has_are_named_beside_macro_f1() -> None:
    metrics = axis_metrics(AXIS, SCORES, TRUTH, SCORES >= 0.5)
    said = table(Metrics({"domain": metrics}, 0.0, SCORES, TRUTH))
    whole = axis_metrics(AXIS, SCORES, np.roll(TRUTH, 1, axis=1) + TRUTH, SCORES >= 0.5)

    assert metrics.absent == ("c",) and whole.absent == ()
    assert metrics.macro_f1_of_present == pytest.approx((0.8 + 2 / 3) / 2)
    assert "no report here has c: each counts as 0 in every macro-F1" in said and "it is 0.733" in said
    assert metrics.summary()["absent"] == ["c"]


def test_a_figure_that_does_not_exist_is_null() -> None:
    summary = axis_metrics(AXIS, SCORES, TRUTH * 0, SCORES >= 0.5).summary()

    assert summary["mean_average_precision"] is None
    assert summary["labels"]["a"]["average_precision"] is None
    json.dumps(summary, allow_nan=False)


def test_an_axis_of_one_label_is_measured_on_that_label() -> None:
    axis = Axis("any", "有无", "many", (Label("a", "甲"),))
    metrics = axis_metrics(axis, SCORES[:, :1], TRUTH[:, :1], SCORES[:, :1] >= 0.5)

    assert metrics.macro_f1 == metrics.micro_f1 == metrics.labels["a"]["f1"] == pytest.approx(0.8)


def test_screening_reads_down_to_the_recall_asked_for() -> None:
    scores = np.linspace(1, 0, 40, dtype=np.float32)[:, None]
    truth = np.zeros((40, 1), np.float32)
    truth[[*range(19), 29]] = 1  # 19 of 20 stand on top

    found = screening(scores, truth)
    assert found["precision_at_recall_0.95"] == 1
    assert found["share_read_at_recall_0.95"] == pytest.approx(19 / 40)
    assert screening(scores, truth, recall=1.0)["share_read_at_recall_0.95"] == pytest.approx(30 / 40)
    assert screening(scores, truth * 0) == {}


def test_calibration_error_is_the_gap_between_score_and_share() -> None:
    scores = np.full(100, 0.95, np.float32)

    assert calibration_error(scores, np.ones(100, np.float32)) == pytest.approx(0.05, abs=1e-6)
    assert calibration_error(np.ones(4, np.float32), np.array([1, 1, 0, 0], np.float32)) == pytest.approx(0.5)


def test_the_interval_of_a_perfect_table_is_a_point() -> None:
    truth = np.ones((30, 2), np.float32)

    assert bootstrap(truth, truth.astype(bool), "micro") == (1.0, 1.0)


def test_slices_part_the_reports() -> None:
    texts = ["短" * 50, "中" * 200, "长" * 500, "很长" * 900] * 5
    rows = [
        LabelledReport(Report(str(i), text, "题" if i % 2 else ""), {}, source="甲源" if i < 4 else "")
        for i, text in enumerate(texts)
    ]
    slices = axis_metrics(AXIS, SCORES, TRUTH, SCORES >= 0.5, rows).slices

    for kind in ("source", "length", "title"):
        assert sum(v["reports"] for k, v in slices.items() if k.startswith(f"{kind}=")) == 20
    assert slices["source=甲源"]["reports"] == 4 and "source=unnamed" in slices
    assert slices["length=1000 and more"]["reports"] == slices["length=under 100"]["reports"] == 5


@pytest.fixture(scope="module")
def tagger(export_folder: Path) -> Tagger:
    return Tagger.load(export_folder, threads=1)


def test_an_export_is_measured_through_its_tagger(tagger: Tagger, files: Files, taxonomy: Taxonomy) -> None:
    rows = list(read_labelled(files.dev, taxonomy))
    metrics = evaluate(tagger, rows)
    given = [{t.label for t in p.tags["domain"]} for p in tagger.tag([r.report for r in rows], "none")]
    exact = np.mean([g == r.labels["domain"] for g, r in zip(given, rows, strict=True)])

    assert metrics.axes["domain"].exact_match == pytest.approx(exact)
    assert metrics.axes["domain"].reports == 24
    assert metrics.axes["misconduct"].reports == 21  # three do not label it
    assert 0 <= metrics.review_share <= 1


def test_every_report_is_read_once(
    tagger: Tagger, files: Files, taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, read, run = list(read_labelled(files.dev, taxonomy)), [], tagger._run
    monkeypatch.setattr(tagger, "_run", lambda reports: read.append(len(reports)) or run(reports))
    metrics = evaluate(tagger, rows)

    assert read == [24]
    monkeypatch.undo()
    np.testing.assert_array_equal(metrics.scores, tagger.scores([row.report for row in rows]))


def test_slices_stand_in_the_report_and_not_in_the_export(
    tagger: Tagger, export_folder: Path, files: Files, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    rows = list(read_labelled(files.dev, taxonomy))
    write_report(evaluate(tagger, rows), rows, tagger, tmp_path)
    written = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))["axes"]["domain"]

    assert written["slices"]["source=invented"]["reports"] == 24
    kept = Export.load(export_folder).dev_metrics["axes"]["domain"]
    assert "slices" not in kept and kept.keys() == written.keys() - {"slices"}


def test_scores_without_thresholds_are_measured_with_the_best_ones(taxonomy: Taxonomy) -> None:
    truth = np.full((20, 7), np.nan, np.float32)
    truth[:, :3] = TRUTH
    scores = np.zeros((20, 7), np.float32)
    scores[:, :3] = TRUTH - 0.3
    axes = of_scores(scores, truth, taxonomy)

    assert list(axes) == ["domain"] and axes["domain"].labels["education"]["f1"] == 1


def test_the_worst_cases_hold_ids_and_no_text(
    tagger: Tagger, files: Files, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    rows = list(read_labelled(files.dev, taxonomy))
    metrics = evaluate(tagger, rows)
    cases = worst_cases(metrics, rows, tagger)
    write_report(metrics, rows, tagger, tmp_path)

    assert cases and all(set(case) == {"id", "axis", "label", "score", "truth"} for case in cases)
    truth = {row.report.id: row.labels for row in rows}
    for case in cases:
        labels = truth[case["id"]][case["axis"]]
        assert labels is not None and (case["label"] in labels) == case["truth"]
    assert len((tmp_path / "worst.jsonl").read_text().splitlines()) == len(cases)
    for path in tmp_path.iterdir():
        assert PLANTED.encode() not in path.read_bytes()


def test_an_id_of_the_worst_cases_that_is_a_residents_number_is_covered(
    tagger: Tagger, files: Files, taxonomy: Taxonomy
) -> None:
    rows = [
        replace(row, report=replace(row.report, id="11010519491231002X"))
        for row in read_labelled(files.dev, taxonomy)
    ]

    assert {case["id"] for case in worst_cases(evaluate(tagger, rows), rows, tagger)} == {"【身份证号】"}


def test_every_axis_gets_its_pictures(
    tagger: Tagger, files: Files, taxonomy: Taxonomy, tmp_path: Path
) -> None:
    rows = list(read_labelled(files.dev, taxonomy))
    write_report(evaluate(tagger, rows), rows, tagger, tmp_path)

    for axis in ("domain", "misconduct", "purpose"):
        for kind in ("precision-recall", "confusion"):
            assert (tmp_path / f"{axis}-{kind}.png").read_bytes().startswith(b"\x89PNG")


def test_the_command_prints_the_table(
    export_folder: Path, files: Files, tagger: Tagger, taxonomy: Taxonomy,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["evaluate", "--export", str(export_folder), "--file", str(files.dev)])
    main()
    printed = capsys.readouterr().out

    assert printed.strip() == table(evaluate(tagger, list(read_labelled(files.dev, taxonomy)))).strip()
    assert "### domain (24 reports)" in printed and "| education |" in printed


@pytest.mark.parametrize(
    ("rows", "error"),
    [([], EmptyFile), ([{"text": f"{PLANTED}，学校收费"}], NoLabels)],
    ids=["empty", "unlabelled"],
)
def test_a_file_with_nothing_to_measure_on_is_named(
    export_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, str]],
    error: type[Exception],
) -> None:  # fmt: skip
    file = write_jsonl(tmp_path / "test.jsonl", rows)
    monkeypatch.setattr(sys, "argv", ["evaluate", "--export", str(export_folder), "--file", str(file)])

    with pytest.raises(error, match=r"test\.jsonl") as told:
        main()
    assert PLANTED not in str(told.value)


def test_the_baseline_learns_from_other_reports_and_stands_beside(
    export_folder: Path, files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    flags = ["--export", export_folder, "--file", files.dev, "--out", tmp_path, "--baseline", files.train]
    monkeypatch.setattr(sys, "argv", ["evaluate", *map(str, flags)])
    main()
    printed = capsys.readouterr().out
    rows = [line.split(" | ") for line in printed.splitlines() if "TF-IDF + SVM |" in line]

    assert [row[0] for row in rows] == ["| domain", "| misconduct", "| purpose"]
    assert float(rows[0][2]) > 0.8 and PLANTED not in printed  # its words say the domain
    assert printed.strip() == (tmp_path / "metrics.md").read_text(encoding="utf-8").strip()
    monkeypatch.setattr(sys, "argv", ["evaluate", *map(str, flags[:-1]), str(files.dev)])
    with pytest.raises(EmptyFile, match="no report beside those of"):
        main()
