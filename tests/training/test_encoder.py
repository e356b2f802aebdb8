"""The encoder's own arithmetic against the usual one."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from training.encoder import (
    Encoder,
    MaskedLm,
    encoder_config,
    rotary_tables,
    rotate,
    shrink_layers,
    tied_cross_entropy,
)


def test_the_tied_loss_and_its_gradients_are_those_of_cross_entropy() -> None:
    torch.manual_seed(0)
    states, table, bias = (torch.randn(*shape, dtype=torch.double) for shape in ((7, 5), (11, 5), (11,)))
    targets = torch.tensor([3, 0, 10, 3, 7, 7, 1])

    def run(loss: object, *tensors: torch.Tensor) -> list[torch.Tensor]:
        leaves = [t.clone().requires_grad_() for t in tensors]
        value = loss(*leaves)  # type: ignore[operator]
        (value * 2.5).backward()
        return [value.detach(), *(leaf.grad for leaf in leaves if leaf.grad is not None)]

    found = run(lambda s, t, b: tied_cross_entropy(s, t, b, targets), states, table, bias)
    wanted = run(lambda s, t, b: F.cross_entropy(F.linear(s, t, b), targets), states, table, bias)

    assert len(found) == 4
    for ours, usual in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours, usual, rtol=1e-6, atol=1e-9, check_dtype=False)


def test_a_word_that_the_network_held_for_impossible_gives_a_finite_loss() -> None:
    bias = torch.zeros(4, dtype=torch.bfloat16)
    bias[0] = 300.0  # the others' chances are 0 in any precision
    zeros = torch.zeros(2, 3, dtype=torch.bfloat16, requires_grad=True)
    loss = tied_cross_entropy(zeros, torch.ones(4, 3, dtype=torch.bfloat16), bias, torch.tensor([1, 2]))
    loss.backward()

    assert torch.isfinite(loss)
    assert zeros.grad is not None and bool(torch.isfinite(zeros.grad).all())


def test_rotation_turns_pairs_of_both_halves_by_their_position() -> None:
    torch.manual_seed(0)
    length, width, theta = 9, 8, 100.0
    x = torch.randn(2, 3, length, width)
    cos, sin = rotary_tables(length, width, theta)
    found = rotate(x, cos, sin)

    pairs = torch.complex(x[..., : width // 2], x[..., width // 2 :])
    angles = torch.arange(length)[:, None] * theta ** (-torch.arange(0, width, 2) / width)
    wanted = pairs * torch.polar(torch.ones_like(angles), angles)
    torch.testing.assert_close(found, torch.cat([wanted.real, wanted.imag], dim=-1))


@pytest.mark.parametrize("learning", [True, False])
def test_accuracy_is_counted_only_where_nothing_is_learnt(learning: bool) -> None:
    torch.manual_seed(0)
    network = MaskedLm(encoder_config(20, 32, 1, 2, 48))
    with torch.set_grad_enabled(learning):
        loss, accuracy = network(torch.randint(5, 20, (2, 6)), torch.tensor([1, 8]), torch.tensor([7, 9]))

    assert float(loss.detach()) == pytest.approx(3.0, abs=0.5)  # about the logarithm of 20
    assert bool(torch.isnan(accuracy)) is learning


def test_an_encoder_that_was_cast_and_back_computes_as_before() -> None:
    torch.manual_seed(0)
    encoder = Encoder(encoder_config(20, 32, 1, 2, 48)).eval()
    with torch.no_grad():  # of weights that bf16 holds exactly only the tables could be rounded
        for parameter in encoder.parameters():
            parameter.copy_(parameter.bfloat16())
    ids = torch.randint(5, 20, (2, 30))
    before = encoder(ids)

    assert encoder.bfloat16()(ids).dtype == torch.bfloat16
    torch.testing.assert_close(encoder.float()(ids), before, rtol=0, atol=0)


def test_the_layers_are_brought_down_to_a_size_together_and_never_up() -> None:
    encoder = Encoder(encoder_config(50, 16, 2, 2, 16))
    with torch.no_grad():
        for parameter in encoder.layers.parameters():
            parameter.mul_(10)
    before = {name: parameter.detach().clone() for name, parameter in encoder.named_parameters()}

    factor = shrink_layers(encoder, 0.05)

    matrices = []
    for name, parameter in encoder.named_parameters():
        shrunk = "layers" in name and parameter.ndim == 2
        torch.testing.assert_close(parameter.detach(), before[name] * (factor if shrunk else 1.0))
        if shrunk:
            matrices.append(parameter.detach().flatten())
    assert len(matrices) == 8
    assert torch.cat(matrices).square().mean().sqrt().item() == pytest.approx(0.05, rel=1e-4)
    assert shrink_layers(encoder, 0.06) == 1.0
