"""Labelled reports become targets, marks and batches."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from data.labelled import LabelledReport, read_labelled
from data.report import Report
from data.taxonomy import Taxonomy
from model.encode import Encoder
from tests.training.conftest import Files
from training.dataset import (
    Batches,
    build_dataset,
    data_hash,
    draw_windows,
    evidence_tokens,
    label_targets,
    positive_weights,
)


def labelled(text: str = "学校", **labels: object) -> LabelledReport:
    axes: dict[str, frozenset[str] | None] = {"domain": None, "misconduct": None, "purpose": None}
    evidence = {a: g for a, g in labels.items() if isinstance(g, dict)}
    axes |= {a: None if g is None else frozenset(g) for a, g in labels.items()}  # type: ignore[call-overload]
    return LabelledReport(Report("1", text), axes, evidence)


@pytest.fixture(scope="module")
def encoder(tokenizer_file: Path) -> Encoder:
    return Encoder.from_file(tokenizer_file, 32, 8)


def test_an_unlabelled_axis_has_no_target_and_an_empty_one_has_zeros(taxonomy: Taxonomy) -> None:
    row = label_targets(labelled(domain=["medical"], misconduct=[]), taxonomy)

    assert row[:5] == [0, 1, 0, 0, 0]
    assert all(math.isnan(x) for x in row[5:])


def test_marked_words_are_found_as_tokens(taxonomy: Taxonomy, encoder: Encoder) -> None:
    row = labelled(
        "学校　收费，没人处理。又造假", misconduct={"inaction": "没人处理", "falsification": "不在文中"}
    )
    encoded = encoder.encode([row.report])[0]
    column, first, last = evidence_tokens(row, encoded, taxonomy)

    assert column == 3  # behind the three domains
    assert encoded.body.text[encoded.start[first] : encoded.end[last - 1]] == "没人处理"


def make_batches(
    files: Files, taxonomy: Taxonomy, encoder: Encoder, budget: int = 200, most: int = 2
) -> Batches:
    dataset = build_dataset(read_labelled(files.train, taxonomy), taxonomy, encoder)
    return Batches(dataset, encoder, budget, most, 8, 0)


def test_every_epoch_has_every_row_once(files: Files, taxonomy: Taxonomy, encoder: Encoder) -> None:
    batches = make_batches(files, taxonomy, encoder)
    orders = []
    for number in (0, 1):
        rows = np.concatenate([batch.rows for batch in batches.epoch(number)])
        assert sorted(rows.tolist()) == list(range(44))
        orders.append(rows.tolist())
    whole = np.concatenate([batch.rows for batch in batches.in_order()])

    assert orders[0] != orders[1]
    assert sorted(whole.tolist()) == list(range(44))


def test_an_epoch_is_the_same_again(files: Files, taxonomy: Taxonomy, encoder: Encoder) -> None:
    first, again = (make_batches(files, taxonomy, encoder) for _ in range(2))

    for a, b in zip(first.epoch(3), again.epoch(3), strict=True):
        assert torch.equal(a.ids, b.ids) and (a.rows == b.rows).all()


def test_a_batch_keeps_to_its_budget_and_its_windows(
    files: Files, taxonomy: Taxonomy, encoder: Encoder
) -> None:
    batches = make_batches(files, taxonomy, encoder)
    for batch in batches.epoch(0):
        assert batch.ids.numel() <= 200
        assert len(batch.rows) <= 8
        assert torch.bincount(batch.owner).max() <= 2
    wholes = list(batches.in_order())

    assert max(int(torch.bincount(batch.owner).max()) for batch in wholes) > 2
    assert all(batch.ids.numel() <= 200 or len(batch.rows) == 1 for batch in wholes)


def test_a_whole_report_counts_each_token_once(files: Files, taxonomy: Taxonomy, encoder: Encoder) -> None:
    batches = make_batches(files, taxonomy, encoder)
    for batch in batches.in_order():
        counted = torch.zeros(len(batch.rows), dtype=torch.long).index_add(
            0, batch.owner, batch.counted.sum(1)
        )
        assert counted.tolist() == [batches.streams[row].size + 2 for row in batch.rows]


def test_marks_stand_on_the_marked_words(files: Files, taxonomy: Taxonomy, encoder: Encoder) -> None:
    batches = make_batches(files, taxonomy, encoder, most=99)
    rows = [*files.train_rows, *files.dev_rows[:4]]
    tokenizer, seen = encoder._tokenizer, 0
    for batch in batches.epoch(0):
        if batch.evidence is None:
            assert not any(rows[row]["misconduct"] for row in batch.rows)
            continue
        assert not (batch.evidence & ~batch.counted[:, :, None]).any()
        for index, row in enumerate(batch.rows):
            given = rows[row]["misconduct"]
            ids = batch.ids[batch.owner == index][batch.evidence[batch.owner == index].any(-1)]
            words = "".join(tokenizer.id_to_token(i) for i in ids.tolist())
            assert words == ("" if not given else next(iter(given.values())))
            seen += bool(words)

    assert seen > 10


def test_windows_that_show_labels_are_read_before_others() -> None:
    none, a, b = frozenset[int](), frozenset({3}), frozenset({5})
    drawn = [draw_windows([none, a, none, a, b, none], 3, np.random.default_rng(seed)) for seed in range(100)]

    assert all(4 in kept and (1 in kept or 3 in kept) and kept == sorted(kept) for kept in drawn)
    assert {i for kept in drawn for i in kept} == set(range(6)), "the rest is drawn at random"
    assert {i for seed in range(30) for i in draw_windows([none] * 3, 1, np.random.default_rng(seed))} == {
        0, 1, 2,
    }  # fmt: skip


def test_a_label_whose_words_no_window_shows_is_not_asked_about(taxonomy: Taxonomy, encoder: Encoder) -> None:
    filler = "学校收费，" * 30
    text = f"没人处理，{filler}造假，{filler}"
    row = labelled(text, domain=["education"], misconduct={"inaction": "没人处理", "falsification": "造假"})
    batches = Batches(build_dataset([row], taxonomy, encoder), encoder, 10_000, 1, 8, 0)
    seen = set()
    for number in range(20):
        (batch,) = batches.epoch(number)
        assert batch.targets[0, :3].tolist() == [1, 0, 0]
        asked = ~torch.isnan(batch.targets[0, 3:5])
        assert batch.evidence is not None
        assert asked.tolist() == batch.evidence[..., 3:5].any(1)[0].tolist()
        assert (batch.targets[0, 3:5][asked] == 1).all()
        seen.add(tuple(asked.tolist()))
    (whole,) = batches.in_order()

    assert seen == {(True, False), (False, True)}
    assert whole.targets[0, 3:5].tolist() == [1, 1], "and the kept targets are as they were"


def test_a_head_that_reads_the_first_window_learns_from_it(taxonomy: Taxonomy, encoder: Encoder) -> None:
    filler = "学校收费，" * 30
    text = f"没人处理，{filler}造假，{filler}"
    row = labelled(text, domain=["education"], misconduct={"inaction": "没人处理", "falsification": "造假"})
    batches = Batches(build_dataset([row], taxonomy, encoder), encoder, 10_000, 1, 8, 0, from_start=True)
    for number in range(5):
        (batch,) = batches.epoch(number)
        assert batch.counted[:, 0].tolist() == [True], "[CLS] counts in the first window alone"
        assert batch.targets[0, 3:5].tolist() == [1, 1]


def test_rare_labels_weigh_more_up_to_a_cap() -> None:
    targets = np.full((101, 3), 0, dtype=np.float32)
    targets[:50, 0], targets[:1, 1], targets[:25, 2] = 1, 1, 1
    targets[100, 2] = np.nan

    np.testing.assert_allclose(positive_weights(targets, 3.0), [(51 / 50) ** 0.5, 3, 3**0.5], rtol=1e-6)


def test_the_data_hash_changes_with_any_word_or_label() -> None:
    rows = [labelled("学校", domain=given) for given in (["medical"], ["housing"], [], None)]
    rows.append(labelled("医院", domain=["medical"]))

    assert len({data_hash([row]) for row in rows}) == 5
    assert data_hash(rows[:1]) == data_hash([labelled("学校", domain=["medical"])])
