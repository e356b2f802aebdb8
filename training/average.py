"""Average: a moving mean of the weights over the last steps, often a better model than the last step's.

Sources: Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging"; Izmailov et al.
2018, "Averaging Weights Leads to Wider Optima and Better Generalization".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor


class Average:
    """Exponential moving mean of some parameters."""

    def __init__(self, parameters: Sequence[Tensor], decay: float) -> None:
        """Begin with the parameters as they are.

        Args:
            parameters: fp32; changed in place by whoever trains them.
            decay: share of the old mean that a step keeps; 0.999 looks back some thousand steps.
        """
        self.parameters, self.decay, self.steps = list(parameters), decay, 0
        self.values = [p.detach().clone() for p in self.parameters]

    @torch.no_grad()
    def update(self) -> None:
        """Take the parameters of one more step in; early on the mean looks back over part of them only."""
        self.steps += 1
        kept = min(self.decay, self.steps / (10 + self.steps))
        torch._foreach_lerp_(self.values, [p.detach() for p in self.parameters], 1 - kept)

    @contextmanager
    def in_place(self, changed: Callable[[], None]) -> Iterator[None]:
        """The mean stands in the parameters' place for a while.

        Args:
            changed: called whenever the parameters have changed: it brings copies of them up to date.
        """
        self._swap()
        changed()
        try:
            yield
        finally:
            self._swap()
            changed()

    @torch.no_grad()
    def _swap(self) -> None:
        for parameter, value in zip(self.parameters, self.values, strict=True):
            held = parameter.detach().clone()
            parameter.copy_(value)
            value.copy_(held)
