"""Speed: how quickly the engine reads while it has no rest, as of late."""

from __future__ import annotations

import time
from dataclasses import dataclass

KEPT_S = 60.0
"""After which a figure says nothing any more: what else the machine does has changed since."""
_MEAN, _BEST = 0.1, 0.01  # by how much one batch moves the mean, and by how much a slower one moves the best


@dataclass
class _Figure:
    value: float = 0.0
    since: float = 0.0

    def now(self) -> float:
        return self.value if self.value and time.perf_counter() - self.since < KEPT_S else 0.0

    def set(self, value: float) -> None:
        self.value, self.since = value, time.perf_counter()


class Speed:
    """Tokens a second; 0 where nothing is known of late."""

    def __init__(self) -> None:
        self._mean, self._best = _Figure(), _Figure()

    @property
    def mean(self) -> float:
        """Of the last batches, whatever they held."""
        return self._mean.now()

    @property
    def best(self) -> float:
        """Of the quickest full batch lately: few short reports are read more slowly than a long list."""
        return self._best.now()

    def learn(self, tokens: int, seconds: float, full: bool) -> None:
        """Count a batch that others were waiting behind; `full`: it held about as much as a batch may."""
        pace = tokens / max(seconds, 1e-6)
        mean, best = self.mean or pace, self.best or pace
        self._mean.set(mean + _MEAN * (pace - mean))
        if full:
            self._best.set(max(pace, best + _BEST * (pace - best)))
