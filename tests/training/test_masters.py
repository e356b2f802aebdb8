"""bf16 weights with fp32 masters."""

from __future__ import annotations

import torch
from torch import nn

from training.masters import Masters


def test_steps_too_small_for_bf16_add_up_in_the_masters() -> None:
    module = nn.Linear(1, 1, bias=False)
    nn.init.ones_(module.weight)
    masters = Masters(module)
    optimizer = torch.optim.SGD(masters.parameters, lr=1e-3)
    for _ in range(100):  # 1 - 0.001 is 1 in bf16
        module(torch.ones(1, 1, dtype=torch.bfloat16)).sum().backward()
        masters.pull()
        assert module.weight.grad is None
        optimizer.step()
        masters.push()

    assert abs(float(masters.parameters[0].detach()) - 0.9) < 1e-4
    assert abs(float(module.weight.detach()) - 0.9) < 4e-3


def test_a_module_becomes_fp32_again_from_a_snapshot_or_the_masters() -> None:
    module = nn.Linear(2, 2)
    before = module.weight.detach().clone()
    masters = Masters(module)
    kept = masters.snapshot()
    with torch.no_grad():
        masters.parameters[0] += 1
    masters.restore()
    assert module.weight.dtype == torch.float32
    assert torch.equal(module.weight, before + 1)
    masters.restore(kept)

    assert torch.equal(module.weight, before)


def test_a_parameter_without_a_gradient_is_left_alone() -> None:
    module = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1)])
    masters = Masters(module)
    module[0](torch.ones(1, 1, dtype=torch.bfloat16)).sum().backward()
    masters.pull()

    assert [p.grad is None for p in masters.parameters] == [False, False, True, True]
