"""FairQueue: windows that wait for the engine, so ordered that nobody waits for a stranger's long report.

Start-time fair queueing (Goyal 1996): each request is a flow with a clock of its own. Its first window is
due now, each further one later by the tokens before it, so that the windows of a long report, or of many
reports in one request, are interleaved with those of everybody else.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import count

from model.tagger import Job, Tagger

LOOK = 64  # windows looked at for one batch
SIMILAR = 2.0  # a batch pads every window to its longest, so it holds none shorter than this part of it


@dataclass(eq=False)
class Flow:
    """One request in the queue.

    Attributes:
        tagger: what its windows are read with; a swap of models leaves it alone.
        due: virtual time of its next window.
        windows, tokens: waiting in the queue.
        gone: nobody waits for the answer any more; its windows are dropped.
    """

    tagger: Tagger
    due: float = 0.0
    windows: int = 0
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
        self._now = 0.0
        self._flows = 0
        self.tokens = 0

    def put(self, waiting: Waiting) -> None:
        """Add a window behind the others of its flow."""
        flow, tokens = waiting.flow, waiting.job.tokens
        due = max(self._now, flow.due)
        flow.due = due + tokens
        self._flows += flow.windows == 0
        flow.windows += 1
        flow.tokens += tokens
        self.tokens += tokens
        heapq.heappush(self._heap, (due, next(self._number), waiting))

    def drop(self, flow: Flow) -> None:
        """Forget a flow's windows; they leave the heap when their turn comes."""
        flow.gone = True
        self.tokens -= flow.tokens
        self._flows -= flow.windows > 0
        flow.windows = flow.tokens = 0

    def oldest(self) -> Waiting | None:
        """The window whose turn it is, or None."""
        while self._heap and self._heap[0][2].flow.gone:
            heapq.heappop(self._heap)
        return self._heap[0][2] if self._heap else None

    def take(self, budget: int) -> list[Waiting]:
        """Remove a batch of at most `budget` padded tokens: the next window, and others about as long."""
        head = self.oldest()
        if head is None:
            return []
        # A share of what was served passes in virtual time: without it, newcomers would be due before
        # whoever waits, for ever.
        active = self._flows
        taken: list[Waiting] = []
        left, longest = [], 0
        for _ in range(LOOK):
            if self.oldest() is None:
                break
            entry = heapq.heappop(self._heap)
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
            if (len(taken) + 1) * longest > budget:
                break
        for entry in left:
            heapq.heappush(self._heap, entry)
        served = sum(self._leave(waiting) for waiting in taken)
        self._now += served / max(active, 1)
        return taken

    def _leave(self, waiting: Waiting) -> int:
        flow, tokens = waiting.flow, waiting.job.tokens
        flow.windows -= 1
        flow.tokens -= tokens
        self.tokens -= tokens
        self._flows -= flow.windows == 0
        return tokens
