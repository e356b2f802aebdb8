"""Rates: how many reports a key may send in what time, and when there is room for more."""

from __future__ import annotations

import math
import re

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

# One rate: `limits` itself takes several and 0, and a service would hold to the first of them.
_FORM = re.compile(r"\s*([0-9]+)\s*(?:/|per)\s*([0-9]*)\s*[a-z]+\s*", re.IGNORECASE)
WANTED = "请写成 件数/时间，如 1000/minute；只写一个，件数至少为 1"
_MARGIN_S = 0.01  # of what a computed moment may be too early by rounding


def parse_rate(text: str) -> RateLimitItem:
    """Read `1000/minute`: one rate, of at least one report.

    Raises:
        ValueError: it is not of that form.
    """
    form = _FORM.fullmatch(text)
    try:
        if form is None or any(number and not int(number) for number in form.groups()):
            raise ValueError
        return parse(text)
    except ValueError:
        raise ValueError(WANTED) from None


class Rates:
    """Counts in memory what each key has sent, over a sliding window: the reports of the running stretch of
    time, and of the one before it as large a share as still lies within the window."""

    def __init__(self) -> None:
        self._storage = MemoryStorage()
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)

    def has_room(self, name: str, rate: RateLimitItem, reports: int) -> bool:
        """Whether a key may send so many now; counts nothing."""
        return self._limiter.test(rate, name, cost=reports)

    def spend(self, name: str, rate: RateLimitItem, reports: int) -> bool:
        """Count reports of a key; False, and nothing counted, where there is no room for them."""
        return self._limiter.hit(rate, name, cost=reports)

    def wait(self, name: str, rate: RateLimitItem, reports: int) -> int:
        """Whole seconds, at least 1, until so many find room where the key sends nothing meanwhile.

        Args:
            reports: at most the rate's own number.
        """
        window = rate.get_expiry()
        before, before_left, now, now_left = self._storage.get_sliding_window(rate.key_for(name), window)
        below = rate.amount - reports + 1  # what counts must come below this
        if now < below:
            # What is counted of the stretch before runs out by the time.
            seconds = before_left - (below - now) * window / before if before else 0.0
        else:
            # Not within this stretch: it has to become the one before, and to run out in its turn. Its
            # counter is kept for a window longer than it runs.
            seconds = now_left - below * window / now
        return max(1, math.floor(seconds + _MARGIN_S) + 1)
