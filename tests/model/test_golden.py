"""Golden reports give the same scores on this machine, or the mismatch is said."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from data.report import Report
from model.export import GOLDEN, Export
from model.golden import GoldenMismatch, replay_golden, write_golden
from model.tagger import Tagger
from tests.model.conftest import random_wide

REPORTS = [
    Report("S1", "学校收费，老师说不公示。"),
    Report("S2", "多次反映没人处理\n街道推诿", "路灯"),
    Report("S3", ""),
]
Make = Callable[..., Export]


def test_golden_reports_replay(make_export: Make) -> None:
    export = make_export(wide=random_wide())
    write_golden(export.folder / GOLDEN, Tagger(export, 1), REPORTS)
    number, worst = replay_golden(export.folder / GOLDEN, Tagger(export, 1))

    assert number == 3 and worst <= 1e-4  # scores are rounded to four places


def test_no_golden_reports_replay_as_none(make_export: Make) -> None:
    export = make_export()
    write_golden(export.folder / GOLDEN, Tagger(export, 1), [])

    assert replay_golden(export.folder / GOLDEN, Tagger(export, 1)) == (0, 0.0)


@pytest.mark.parametrize("score", [0.9999, float("nan")])
def test_another_score_is_a_mismatch(make_export: Make, score: float) -> None:
    export = make_export()
    path = export.folder / GOLDEN
    write_golden(path, Tagger(export, 1), REPORTS[:1])
    row = json.loads(path.read_text(encoding="utf-8"))
    row["scores"][0] = score
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")

    with pytest.raises(
        GoldenMismatch, match=r"a score differs by .* update onnxruntime, or export again here"
    ):
        replay_golden(path, Tagger(export, 1))


def test_a_mismatch_shows_no_words(make_export: Make) -> None:
    export, other = make_export(), make_export(wide=random_wide(), folder="other")
    write_golden(export.folder / GOLDEN, Tagger(export, 1), REPORTS)

    with pytest.raises(GoldenMismatch) as caught:
        replay_golden(export.folder / GOLDEN, Tagger(other, 1))
    assert "学校" not in str(caught.value)
