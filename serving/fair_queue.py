"""FairQueue: windows that wait for the engine, so ordered that nobody waits for a stranger's long report.

Virtual clocks (Zhang 1990): a request is due at a pace, its first window when it came, each further one later
by the tokens before it. So a short report passes what is left of a long one, and since due times are times of
the clock, whoever waits long enough is before every newcomer.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import count

from model.tagger import Tagger
from model.work import Job

LOOK = 64  # windows looked at for one batch
SIMILAR = 1.5  # a batch pads every window to its longest, so it holds none shorter than this part of it


@dataclass(eq=False)
class Flow:
    """One request in the queue.

    Attributes:
        tagger: what its windows are read with; a swap of models leaves it alone.
        due: seconds on the clock, when its next window is.
        pace: tokens a second, at which it is due.
        tokens: waiting in the queue.
        gone: nobody waits for the answer any more; its windows are dropped.
    """

    tagger: Tagger
    due: float = 0.0
    pace: float = 1000.0
    tokens: int = 0
    gone: bool = False


@dataclass(frozen=True, eq=False)
class Waiting:
    """One window of one request; `place` is the report's place in the request."""

    flow: Flow
    place: int
    job: Job
    since: float


class FairQueue:
    """Not thread-safe: the event loop owns it."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Waiting]] = []
        self._number = count()
        self.tokens = 0

    def put(self, waiting: Waiting) -> None:
        """Add a window behind the others of its flow."""
        flow, tokens = waiting.flow, waiting.job.tokens
        heapq.heappush(self._heap, (flow.due, next(self._number), waiting))
        flow.due += tokens / flow.pace
        flow.tokens += tokens
        self.tokens += tokens

    def drop(self, flow: Flow) -> None:
        """Forget a flow's windows; they leave the heap when their turn comes."""
        flow.gone = True
        self.tokens -= flow.tokens
        flow.tokens = 0

    def oldest(self) -> Waiting | None:
        """The window whose turn it is, or None."""
        while self._heap and self._heap[0][2].flow.gone:
            heapq.heappop(self._heap)
        return self._heap[0][2] if self._heap else None

    def take(self, budget: int) -> list[Waiting]:
        """Remove a batch of at most `budget` padded tokens: the next window, and the nearest to it in length.

        Nearest and not next, since all are padded to the longest: with 48 real reports waiting 5 % of what is
        computed is padding, where taking them by turn made it 16 %.
        """
        head = self.oldest()
        if head is None:
            return []
        seen: list[tuple[float, int, Waiting]] = []
        while len(seen) < LOOK and self.oldest() is not None:
            seen.append(heapq.heappop(self._heap))
        seen.sort(key=lambda entry: abs(entry[2].job.tokens - head.job.tokens))  # itself is the first
        taken: list[Waiting] = []
        left, longest = [], 0
        for entry in seen:
            waiting, tokens = entry[2], entry[2].job.tokens
            longer = max(longest, tokens)
            fits = not taken or (
                waiting.flow.tagger is head.flow.tagger
                and (len(taken) + 1) * longer <= budget
                and head.job.tokens / SIMILAR <= tokens <= head.job.tokens * SIMILAR
            )
            if fits:
                taken.append(waiting)
                longest = longer
            else:
                left.append(entry)
        for entry in left:
            heapq.heappush(self._heap, entry)
        for waiting in taken:
            waiting.flow.tokens -= waiting.job.tokens
            self.tokens -= waiting.job.tokens
        return taken
