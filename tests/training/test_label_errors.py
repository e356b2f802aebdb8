"""Label errors: what the scores speak against is found first, axis by axis."""

from __future__ import annotations

import numpy as np

from data.taxonomy import Taxonomy
from training.label_errors import axis_suspects


def right(taxonomy: Taxonomy, count: int = 60) -> np.ndarray:
    """Labels of invented rows, taxonomy of three domains, two kinds of misconduct, two purposes."""
    dice = np.random.default_rng(0)
    targets = np.zeros((count, 7), dtype=np.float32)
    targets[np.arange(count), dice.integers(0, 3, count)] = 1
    targets[:, 3:5] = dice.random((count, 2)) < 0.3
    targets[np.arange(count), 5 + dice.integers(0, 2, count)] = 1
    return targets


def scores_of(targets: np.ndarray) -> np.ndarray:
    return np.where(targets == 1, 0.9, 0.05).astype(np.float32)


def test_right_labels_give_no_suspects(taxonomy: Taxonomy) -> None:
    targets = right(taxonomy)

    assert axis_suspects(scores_of(targets), targets, taxonomy) == []


def test_a_wrong_label_is_found_with_the_one_that_should_stand_there(taxonomy: Taxonomy) -> None:
    targets = right(taxonomy)
    scores = scores_of(targets)
    held = int(targets[7, :3].argmax())
    other = (held + 1) % 3
    targets[7, [held, other]] = 0, 1
    (found,) = axis_suspects(scores, targets, taxonomy)
    names = taxonomy.axes[0].label_ids

    assert (found.row, found.axis, found.flagged) == (7, "domain", True)
    assert (found.given, found.suggested) == ((names[other],), (names[held],))
    assert {name: round(score, 2) for name, score in found.scores.items()} == {
        names[held]: 0.9, names[other]: 0.05,
    }  # fmt: skip


def test_an_axis_on_which_one_label_holds_is_given_another(taxonomy: Taxonomy) -> None:
    targets = right(taxonomy)
    scores = scores_of(targets)
    targets[3, 5:] = 1 - targets[3, 5:]
    (found,) = axis_suspects(scores, targets, taxonomy)

    assert (found.row, found.axis) == (3, "purpose")
    assert len(found.given) == len(found.suggested) == 1 and found.given != found.suggested


def test_the_surer_the_scores_the_earlier_the_suspect(taxonomy: Taxonomy) -> None:
    targets = right(taxonomy)
    scores = scores_of(targets)
    for row, score in ((4, 0.7), (9, 0.99)):
        targets[row, 3] = 0
        scores[row, 3] = score

    assert [one.row for one in axis_suspects(scores, targets, taxonomy)] == [9, 4]


def test_an_axis_that_is_not_labelled_is_no_suspect(taxonomy: Taxonomy) -> None:
    targets = right(taxonomy)
    scores = scores_of(targets)
    targets[7, :3] = np.nan

    assert axis_suspects(scores, targets, taxonomy) == []


def test_a_label_that_too_few_reports_have_is_not_judged(taxonomy: Taxonomy) -> None:
    targets = right(taxonomy)
    targets[:, 3] = 0
    scores = scores_of(targets)
    scores[5, 3] = 0.9

    assert axis_suspects(scores, targets, taxonomy) == []
