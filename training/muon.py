"""Muon: momentum whose update for each weight matrix is made orthogonal.

Source: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; scaling of the
step to AdamW's by Liu et al. 2025, "Muon is scalable for LLM training" (0.2 * sqrt(longer side)).
torch.optim.Muon steps one matrix at a time from weights in full precision; here the weights that
compute are bf16, their fp32 masters belong to the optimizer, and fused matrices (query, key and value;
value and gate) are made orthogonal block by block.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

# Quintic Newton-Schulz coefficients of the first source: singular values end near 1 after 5 steps.
_A, _B, _C = 3.4445, -4.7750, 2.0315
OTHER_DECAY = 0.02
"""Weight decay of token vectors, norms and heads: rare pieces are seldom stepped, so it stays small."""


def orthogonalize(g: Tensor, steps: int = 5) -> Tensor:
    """Return the nearest (semi-)orthogonal matrices to g [..., rows, columns], in bf16."""
    x = g.to(torch.bfloat16).reshape(-1, *g.shape[-2:])
    flat = x.shape[-2] > x.shape[-1]
    if flat:
        x = x.transpose(-1, -2).contiguous()
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        a = x @ x.transpose(-1, -2)
        # Sums within the products: apart they cost more time on a CPU than the products do.
        b = torch.baddbmm(a, a, a, beta=_B, alpha=_C)
        x = torch.baddbmm(x, b, x, beta=_A)
    return (x.transpose(-1, -2) if flat else x).reshape(g.shape)


def _gradient(parameter: Tensor) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad.float()


class Muon:
    """Muon for the hidden matrices and AdamW for the rest, over bf16 weights with fp32 masters.

    Args:
        matrices: name to (parameter, number of square-ish blocks stacked in its rows).
        others: name to parameter (token vectors, norms, biases), stepped by AdamW.
        weight_decay: of the matrices, decoupled; the others decay by `OTHER_DECAY`.
    """

    def __init__(
        self,
        matrices: dict[str, tuple[Tensor, int]],
        others: dict[str, Tensor],
        weight_decay: float = 0.02,
        momentum: float = 0.95,
    ) -> None:
        self.matrices, self.others = matrices, others
        self.weight_decay, self.momentum = weight_decay, momentum
        self.masters = {n: p.detach().float() for n, (p, _) in matrices.items()}
        self.velocity = {n: torch.zeros_like(m) for n, m in self.masters.items()}
        self.other_masters = {n: p.detach().float().clone().requires_grad_() for n, p in others.items()}
        self.adam = torch.optim.AdamW(
            self.other_masters.values(), lr=1.0, betas=(0.9, 0.98), eps=1e-8,
            weight_decay=OTHER_DECAY, fused=True,
        )  # fmt: skip

    @torch.no_grad()
    def step(self, matrix_lr: float, other_lr: float) -> None:
        """Take one step from the parameters' gradients, then clear them."""
        masters: dict[torch.Size, list[Tensor]] = {}
        updates: dict[torch.Size, list[Tensor]] = {}
        for name, (parameter, blocks) in self.matrices.items():
            gradient, velocity = _gradient(parameter), self.velocity[name]
            velocity.mul_(self.momentum).add_(gradient)
            update = gradient.add_(velocity, alpha=self.momentum)  # Nesterov
            for block, part in zip(self.masters[name].chunk(blocks), update.chunk(blocks), strict=True):
                masters.setdefault(block.shape, []).append(block)
                updates.setdefault(block.shape, []).append(part)
        for shape, blocks_of_shape in masters.items():  # one batched product instead of many small ones
            steps = orthogonalize(torch.stack(updates[shape])).float().unbind()
            torch._foreach_mul_(blocks_of_shape, 1 - matrix_lr * self.weight_decay)
            torch._foreach_add_(blocks_of_shape, steps, alpha=-matrix_lr * 0.2 * max(shape) ** 0.5)
        for name, (parameter, _) in self.matrices.items():
            parameter.copy_(self.masters[name])
            parameter.grad = None
        for group in self.adam.param_groups:
            group["lr"] = other_lr
        for name, parameter in self.others.items():
            self.other_masters[name].grad = _gradient(parameter)
            parameter.grad = None
        self.adam.step()
        for name, parameter in self.others.items():
            parameter.copy_(self.other_masters[name])
            self.other_masters[name].grad = None

    def state_dict(self) -> dict[str, Any]:
        """Everything that a resumed run needs."""
        return {
            "masters": self.masters,
            "velocity": self.velocity,
            "other_masters": {n: p.detach() for n, p in self.other_masters.items()},
            "adam": self.adam.state_dict(),
        }

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take a saved state and write the masters into the parameters."""
        for name, (parameter, _) in self.matrices.items():
            self.masters[name].copy_(state["masters"][name])
            self.velocity[name].copy_(state["velocity"][name])
            parameter.copy_(self.masters[name])
        for name, parameter in self.others.items():
            self.other_masters[name].copy_(state["other_masters"][name])
            parameter.copy_(self.other_masters[name])
        self.adam.load_state_dict(state["adam"])
