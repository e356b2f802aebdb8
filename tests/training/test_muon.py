"""Muon makes updates orthogonal and steps masters."""

from __future__ import annotations

import pytest
import torch

from training.muon import Muon, orthogonalize


@pytest.mark.parametrize("shape", [(24, 24), (16, 40), (40, 16), (3, 12, 20)])
def test_singular_values_end_near_one(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalize(torch.randn(shape)).float())

    assert float(values.min()) > 0.6 and float(values.max()) < 1.3


def test_directions_are_kept() -> None:
    torch.manual_seed(0)
    g = torch.randn(8, 20)
    u, _, v = torch.linalg.svd(g, full_matrices=False)
    cosine = torch.nn.functional.cosine_similarity(orthogonalize(g).float().flatten(), (u @ v).flatten(), 0)

    assert float(cosine) > 0.97


def test_a_gradient_of_nothing_gives_no_update() -> None:
    assert torch.equal(orthogonalize(torch.zeros(4, 4)).float(), torch.zeros(4, 4))


def test_a_step_goes_down_and_clears_gradients() -> None:
    torch.manual_seed(0)
    matrix = torch.nn.Parameter(torch.randn(12, 4).bfloat16())
    bias = torch.nn.Parameter(torch.randn(4).bfloat16())
    muon = Muon({"m": (matrix, 3)}, {"b": bias})
    sizes = []
    for _ in range(60):
        loss = matrix.float().square().sum() + bias.float().square().sum()
        loss.backward()
        muon.step(0.1, 0.1)
        sizes.append(float(loss.detach()))

    assert sizes[-1] < 0.2 * sizes[0]
    assert matrix.grad is None and bias.grad is None
    assert torch.equal(matrix, muon.masters["m"].bfloat16())


def test_blocks_are_made_orthogonal_each_by_itself() -> None:
    torch.manual_seed(0)
    matrix = torch.nn.Parameter(torch.zeros(8, 4).bfloat16())
    muon = Muon({"m": (matrix, 2)}, {"b": torch.nn.Parameter(torch.zeros(1))}, weight_decay=0.0)
    gradient = torch.randn(8, 4)
    gradient[4:] *= 1000
    matrix.grad, muon.others["b"].grad = gradient.bfloat16(), torch.zeros(1)
    muon.step(1.0, 0.0)

    for block in muon.masters["m"].split(4):
        values = torch.linalg.svdvals(block) / (0.2 * 4**0.5)
        assert float(values.min()) > 0.5 and float(values.max()) < 1.4


def test_decay_makes_the_matrices_smaller_and_leaves_the_others_to_their_own() -> None:
    norms = {}
    for decay in (0.0, 0.5):
        torch.manual_seed(0)
        matrix, table = (torch.nn.Parameter(torch.randn(6, 4)) for _ in range(2))
        muon = Muon({"m": (matrix, 1)}, {"t": table}, weight_decay=decay)
        for _ in range(10):
            (matrix.sum() * 0.0 + table.sum() * 0.0).backward()
            muon.step(0.1, 0.1)
        norms[decay] = float(matrix.detach().norm()), float(table.detach().norm())

    assert norms[0.5][0] / norms[0.0][0] == pytest.approx(0.95**10, rel=1e-3)
    assert norms[0.5][1] == norms[0.0][1]
