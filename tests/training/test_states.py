"""States: the same from an encoder, a run and an Export, and of a report of any length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.report import Report
from training.network import EncoderNotFound
from training.states import pooled_states

REPORTS = [
    Report("1", "学校没人处理。"),
    Report("2", "医院造假，要求严查", "关于医院"),
    Report("3", "去年到今年来过许多次，" * 30 + "电梯漏水"),
]


def test_mean_and_maximum_stand_side_by_side(encoder_folder: Path) -> None:
    states = pooled_states(REPORTS, encoder_folder)
    mean, top = np.split(states, 2, axis=1)

    assert states.shape == (3, 64) and states.dtype == np.float32
    assert (top >= mean).all() and np.isfinite(states).all()


def test_a_report_does_not_depend_on_its_neighbours(encoder_folder: Path) -> None:
    together = pooled_states(REPORTS, encoder_folder)

    for place, report in enumerate(REPORTS):
        assert np.allclose(pooled_states([report], encoder_folder)[0], together[place], atol=1e-4)


def test_a_run_and_its_export_show_the_same(run_folder: Path, export_folder: Path) -> None:
    of_run, of_export = pooled_states(REPORTS, run_folder), pooled_states(REPORTS, export_folder)

    assert of_run.shape == of_export.shape == (3, 64)
    assert np.allclose(of_run, of_export, atol=2e-3)


def test_an_export_with_int8_weights_shows_its_states(int8_folder: Path) -> None:
    assert np.isfinite(pooled_states(REPORTS, int8_folder)).all()


def test_a_cap_reads_the_beginning_alone(encoder_folder: Path) -> None:
    longer = [Report("1", REPORTS[2].text + "学校造假" * 50)]

    assert np.allclose(
        pooled_states(longer, encoder_folder, 16), pooled_states(REPORTS[2:], encoder_folder, 16), atol=1e-5
    )


def test_no_reports_give_no_states(encoder_folder: Path) -> None:
    assert len(pooled_states([], encoder_folder)) == 0


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderNotFound):
        pooled_states(REPORTS, tmp_path)
