"""Fitting learns what is there, and nothing from axes that a report does not label."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from data.labelled import read_labelled
from data.taxonomy import Taxonomy
from model.encode import Encoder
from tests.training.conftest import Files
from training.dataset import Batches, build_dataset
from training.encoder import Encoder as OwnEncoder
from training.encoder import encoder_config
from training.fit import (
    GO_ON_RATE,
    OTHER_RATE,
    OWN_RATE,
    encoder_rate,
    fit,
    predict_logits,
    set_seed,
    tagging_loss,
    weak_rate,
)
from training.network import TaggingNetwork, load_encoder
from training.settings import TrainSettings

SETTINGS = TrainSettings(
    window=32, overlap=8, tokens=512, encoder_lr=3e-3, head_lr=3e-2, epochs=6, patience=6
)
NAN = float("nan")


def test_an_unlabelled_axis_takes_no_loss(taxonomy: Taxonomy) -> None:
    logits = torch.zeros(2, 7, requires_grad=True)
    targets = torch.tensor([[1, 0, 0, NAN, NAN, NAN, NAN], [NAN, NAN, NAN, 0, 1, 1, 0]])
    tagging_loss(logits, targets, taxonomy, torch.ones(7)).backward()

    assert logits.grad is not None
    assert (logits.grad != 0).tolist() == [[True] * 3 + [False] * 4, [False] * 3 + [True] * 4]


def test_a_label_that_is_not_asked_about_takes_no_loss_and_its_neighbours_do(taxonomy: Taxonomy) -> None:
    logits = torch.zeros(2, 7, requires_grad=True)
    # Of an axis of kind one all labels rest together: without the right one the others cannot be wrong.
    targets = torch.tensor([[1, 0, NAN, NAN, 1, 0, NAN], [0, 0, 1, 1, 0, 0, 1]])
    loss = tagging_loss(logits, targets, taxonomy, torch.ones(7))
    loss.backward()

    assert logits.grad is not None
    assert (logits.grad[0] != 0).tolist() == [True, True, False, False, True, False, False]
    assert (logits.grad[1] != 0).all()
    # Two means over two reports of log 2 a label asked about, and log 2 for the one report's choice of two.
    assert loss.item() == pytest.approx(np.log(2) * (5 / 2 + 3 / 2 + 1), abs=1e-5)


def test_reports_without_any_label_have_no_loss(taxonomy: Taxonomy) -> None:
    assert float(tagging_loss(torch.ones(2, 7), torch.full((2, 7), NAN), taxonomy, torch.ones(7))) == 0


def test_a_rare_label_weighs_more_where_it_holds(taxonomy: Taxonomy) -> None:
    weights = torch.ones(7)
    weights[0] = 3
    targets = torch.tensor([[1, 0, 0, NAN, NAN, NAN, NAN]])
    plain, weighted = (
        float(tagging_loss(torch.zeros(1, 7), targets, taxonomy, w)) for w in (torch.ones(7), weights)
    )

    assert weighted - plain == pytest.approx(2 * np.log(2), abs=1e-5)


@pytest.fixture
def parts(files: Files, taxonomy: Taxonomy, tokenizer_file: Path) -> tuple[object, object, Encoder]:
    encoder = Encoder.from_file(tokenizer_file, 32, 8)
    train, dev = (
        build_dataset(read_labelled(f, taxonomy), taxonomy, encoder) for f in (files.train, files.dev)
    )
    return train, dev, encoder


def new_network(folder: Path, head: str = "label-attention") -> TaggingNetwork:
    set_seed(0)
    return TaggingNetwork(load_encoder(str(folder)), 7, head)


@pytest.mark.parametrize("head", ["label-attention", "cls"])
def test_the_loss_falls(parts: tuple, taxonomy: Taxonomy, encoder_folder: Path, head: str) -> None:
    train, dev, encoder = parts
    lines: list[dict[str, float]] = []
    network = new_network(encoder_folder, head)
    fitted = fit(network, train, taxonomy, encoder, SETTINGS, 6, dev, on_epoch=lines.append)

    assert lines == fitted.history and len(lines) == 6
    assert lines[-1]["loss"] < 0.95 * lines[0]["loss"]
    assert set(fitted.dev_f1) == {"domain", "misconduct", "purpose"}
    assert all(p.dtype == torch.float32 for p in network.parameters())


def test_the_best_epoch_is_kept(parts: tuple, taxonomy: Taxonomy, encoder_folder: Path) -> None:
    train, dev, encoder = parts
    network = new_network(encoder_folder)
    fitted = fit(network, train, taxonomy, encoder, SETTINGS, 6, dev)
    means = [np.mean([v for k, v in line.items() if k.startswith("dev_")]) for line in fitted.history]
    found = predict_logits(network, Batches(dev, encoder, 512, 0, 64, 0), None)

    assert np.mean(list(fitted.dev_f1.values())) == pytest.approx(max(means))
    np.testing.assert_allclose(found, fitted.logits, atol=0.2)  # fp32 now, bf16 then
    assert np.corrcoef(found.ravel(), fitted.logits.ravel())[0, 1] > 0.999


def test_a_mean_of_the_weights_is_judged_beside_them(
    parts: tuple, taxonomy: Taxonomy, encoder_folder: Path
) -> None:
    train, dev, encoder = parts

    def fitted(average: float) -> tuple[list[dict[str, float]], np.ndarray, np.ndarray]:
        set_seed(0)
        network = TaggingNetwork(load_encoder(str(encoder_folder)), 7)
        found = fit(network, train, taxonomy, encoder, replace(SETTINGS, average=average), 3, dev)
        batches = Batches(dev, encoder, 512, 0, 64, 0)
        network.encoder.bfloat16()
        return found.history, found.logits, predict_logits(network, batches, None)

    (plain, *_), (both, kept, said) = fitted(0.0), fitted(0.9)
    names = [name for name in plain[0] if name != "seconds"]

    # Judging the mean leaves training itself as it is.
    assert [[line[name] for name in names] for line in plain] == [
        [line[name] for name in names] for line in both
    ]
    assert all({"dev_mean_domain", "dev_mean_misconduct"} <= line.keys() for line in both)
    assert any(line["dev_mean_domain"] != line["dev_domain"] for line in both)
    np.testing.assert_allclose(said, kept, atol=0.05)


def test_it_stops_when_dev_gets_no_better(parts: tuple, taxonomy: Taxonomy, encoder_folder: Path) -> None:
    train, dev, encoder = parts
    still = replace(SETTINGS, encoder_lr=0.0, head_lr=0.0, patience=2)

    assert len(fit(new_network(encoder_folder), train, taxonomy, encoder, still, 6, dev).history) == 3


def test_the_same_seed_gives_the_same_network(parts: tuple, taxonomy: Taxonomy, encoder_folder: Path) -> None:
    train, _, encoder = parts
    first, again = (new_network(encoder_folder) for _ in range(2))
    for network in (first, again):
        set_seed(1)
        fit(network, train, taxonomy, encoder, SETTINGS, 2)

    for (name, a), b in zip(first.state_dict().items(), again.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


def test_an_axis_that_dev_never_labels_does_not_disturb(
    parts: tuple, taxonomy: Taxonomy, encoder_folder: Path, files: Files
) -> None:
    train, _, encoder = parts
    rows = [replace(row, labels={"domain": row.labels["domain"], "misconduct": None, "purpose": None})
            for row in read_labelled(files.dev, taxonomy)]  # fmt: skip
    dev = build_dataset(rows, taxonomy, encoder)

    assert set(fit(new_network(encoder_folder), train, taxonomy, encoder, SETTINGS, 1, dev).dev_f1) == {
        "domain"
    }


def test_each_epoch_may_read_the_rows_in_another_form(
    parts: tuple[object, object, Encoder], taxonomy: Taxonomy, encoder_folder: Path
) -> None:
    train, dev, encoder = parts
    asked: list[int] = []

    def anew(epoch: int) -> object:
        asked.append(epoch)
        return train

    set_seed(1)
    plain = fit(new_network(encoder_folder), train, taxonomy, encoder, SETTINGS, 2, dev)
    set_seed(1)
    again = fit(new_network(encoder_folder), train, taxonomy, encoder, SETTINGS, 2, dev, anew=anew)

    assert asked == [0, 1]
    assert np.array_equal(plain.logits, again.logits), "the same form gives the same fit"


def test_the_encoder_s_rate_is_chosen_for_the_encoder_unless_it_is_given() -> None:
    own, other = OwnEncoder(encoder_config(50, 16, 1, 2, 16)), torch.nn.Linear(2, 2)

    assert encoder_rate(TrainSettings(), own) == OWN_RATE > OTHER_RATE == encoder_rate(TrainSettings(), other)
    assert encoder_rate(TrainSettings(), own, goes_on=True) == GO_ON_RATE
    assert encoder_rate(TrainSettings(encoder_lr=0), own) == 0
    assert weak_rate(TrainSettings(), own) == pytest.approx(0.3 * OWN_RATE)
    assert weak_rate(TrainSettings(weak_lr=2e-5), own) == 2e-5
    assert encoder_rate(TrainSettings(encoder_lr=0), own, goes_on=True) == 0
