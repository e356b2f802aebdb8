"""Replaced-token detection: what is drawn, what the detector sees, what learns."""

from __future__ import annotations

import torch

from training.encoder import MaskedLm, encoder_config
from training.replaced import DETECTION_WEIGHT, ReplacedLm, draw

VOCAB, MASK = 40, 4


def network() -> ReplacedLm:
    torch.manual_seed(0)
    return ReplacedLm(MaskedLm(encoder_config(VOCAB, 32, 1, 2, 48)), MASK)


def batch(n: int = 12) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(5, VOCAB, (4, 8), generator=generator)
    where = torch.randperm(32, generator=generator)[:n]
    return ids, where, ids.flatten()[where], torch.rand(n, generator=generator)


def test_words_are_drawn_as_often_as_the_generator_deems_them_likely() -> None:
    logits = torch.tensor([[0.1, 0.0, 0.6, 0.3]]).log().repeat(20_000, 1)
    shares = torch.bincount(draw(logits, torch.rand(20_000)), minlength=4) / 20_000

    torch.testing.assert_close(shares, torch.tensor([0.1, 0.0, 0.6, 0.3]), atol=0.015, rtol=0)


def test_the_last_word_is_the_most_that_is_drawn() -> None:
    assert draw(torch.zeros(1, 7), torch.ones(1)).item() == 6


def test_what_the_caller_left_in_a_masked_place_is_never_seen() -> None:
    model = network()
    ids, where, targets, chance = batch()
    other = ids.flatten().scatter(0, where, torch.full_like(where, 9)).view(4, 8)

    assert torch.equal(model(ids, where, targets, chance)[0], model(other, where, targets, chance)[0])


def test_encoder_generator_and_token_vectors_learn_and_the_resting_head_does_not() -> None:
    model = network()
    loss, _ = model(*batch())
    loss.backward()
    unmoved = {name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()}

    assert unmoved == {"body.head.dense.weight", "body.head.norm.weight", "body.bias"}


def test_a_pretrained_model_draws_the_words_and_does_not_learn() -> None:
    torch.manual_seed(1)
    config = encoder_config(VOCAB, 32, 1, 2, 48)
    model = ReplacedLm(MaskedLm(config), MASK, MaskedLm(config))
    ids, where, targets, chance = batch()
    loss, _ = model(ids, where, targets, chance)
    loss.backward()

    assert model.drawer is not None and model.generator is None
    assert all(p.grad is None for p in model.drawer.parameters())
    assert model.body.model.embeddings.tok_embeddings.weight.grad is not None
    other = ids.flatten().scatter(0, where, torch.full_like(where, 9)).view(4, 8)
    assert torch.equal(model(other, where, targets, chance)[0], loss), "it sees masks"


def test_the_detectors_loss_counts_every_token() -> None:
    model = network()
    with torch.no_grad():
        model.found.weight.zero_()
        model.found.bias.zero_()
        ids, where, targets, chance = batch()
        loss, seen = model(ids, where, targets, chance)
        assert model.generator is not None
        logits = model.generator(
            ids.flatten().scatter(0, where, torch.full_like(where, MASK)).view(4, 8), where,
            model.body.model.embeddings.tok_embeddings.weight,
        )  # fmt: skip
    filling = torch.nn.functional.cross_entropy(logits, targets)

    # An undecided detector pays log 2 on each token, changed or not.
    torch.testing.assert_close(loss, filling + DETECTION_WEIGHT * torch.log(torch.tensor(2.0)))
    assert seen == 0
