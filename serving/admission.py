"""Admission: what is accepted now, and at which pace it is due, so that what is accepted is answered in time.

One limit, `queue`, holds for the tokens under way, whoever sent them. A request that is small beside it is
let in whole. A larger list is let in part by part: it holds a window of the queue, and its rest waits
outside, in its own request.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from data.report import Report
from model.occlusion import MOST_CLAUSES
from model.tagger import EvidenceFor
from model.work import Work
from serving.refusal import Busy, Oversize
from serving.speed import Speed
from serving.ticket import Plan, Ticket

CLAUSE = 12  # characters of a clause, for an estimate
MOST_RETRY_S = 120
MOST_SHARE = 2 / 3  # of the speed that lists are promised; the rest is for whoever comes meanwhile
WINDOWS = 16  # of lists that would fill the queue; half of it stays free for others
BATCHES = 8  # that a window has room for, so that the engine need not wait for the next part of a list
QUARTERS = 4  # of a queue: a list may take `deadline` for each
MOST_OUTSIDE = 16  # queues' worth of tokens that wait outside, at most: they are in memory too


class Admission:
    """Not thread-safe: the event loop owns it."""

    def __init__(self, queue: int, budget: int, deadline: float, list_deadline: float) -> None:
        """Nothing is under way.

        Args:
            queue: tokens that may be under way; beyond, Busy.
            budget: padded tokens of one batch.
            deadline: seconds to answer a request in, and a list for each quarter of the queue that it takes.
            list_deadline: seconds to answer a list in at most.
        """
        self.queue, self.deadline, self.list_deadline = queue, deadline, list_deadline
        self.part = max(queue // WINDOWS, min(queue, BATCHES * budget))  # tokens of a request let in whole
        self.pending = 0  # tokens under way that have not been read: estimated until cut, then exact
        self.speed = Speed()
        self._per_char = 1.0  # tokens per character, lately
        self._long: set[Ticket] = set()  # let in whole, and due over more than a second
        self._lists: set[Ticket] = set()  # let in part by part

    @property
    def outside(self) -> int:
        """Tokens of accepted lists that are not under way yet."""
        return sum(ticket.tokens_left - ticket.reserved for ticket in self._lists)

    def plan(self, reports: Sequence[Report], evidence: EvidenceFor, window: int) -> Plan:
        """What reports will take, and how they are to be let in.

        Args:
            window: tokens of one window of the model.
        """
        costs = [self._estimate(report, evidence, window) for report in reports]
        tokens = sum(costs)
        if tokens <= self.part or len(costs) == 1:
            return Plan(costs, tokens, self.deadline)
        quarters = math.ceil(QUARTERS * tokens / self.queue)
        deadline = max(self.deadline, min(self.list_deadline, quarters * self.deadline))
        return Plan(costs, max(self.part, *costs), deadline)

    def _estimate(self, report: Report, evidence: EvidenceFor, window: int) -> int:
        characters = len(report.text) + len(report.title)
        tokens = math.ceil(characters * self._per_char) + 2
        if evidence == "careful":
            again = min(characters * self._per_char + 2, window)
            tokens += math.ceil(min(characters / CLAUSE, MOST_CLAUSES) * again)
        return tokens

    def learn(self, reports: Sequence[Report], works: Sequence[Work]) -> None:
        """Keep how many tokens these reports had."""
        characters = sum(len(report.text) + len(report.title) for report in reports)
        tokens = sum(window.ids.size for work in works for window in work.windows)
        if characters > 100:  # of a few characters, most tokens are the frame
            self._per_char += 0.1 * (min(tokens / characters, 2.0) - self._per_char)

    def refuse_oversize(self, plan: Plan) -> None:
        """Refuse what would not be answered by an idle service.

        Raises:
            Oversize: it would not.
        """
        if plan.window > self.queue:
            raise Oversize(f"about {plan.window} tokens in one report, and the queue holds {self.queue}")
        most = int(self.speed.best * plan.deadline)
        if 0 < most < plan.tokens:
            raise Oversize(f"about {plan.tokens} tokens, and {most} can be read within {plan.deadline:g} s")

    def refuse_busy(self, plan: Plan) -> None:
        """Refuse what finds no room, or would not be answered in time after all that was accepted.

        Raises:
            Busy: come back later.
        """
        if not self.pending:
            return
        beside_lists = plan.by_parts and bool(self._lists)
        full = self._lists_full(plan) if beside_lists else self.pending + plan.window > self.queue
        if full or (self._lists_late(plan) if beside_lists else self._late(plan)):
            raise Busy(self.retry_after(plan.tokens))

    def _lists_full(self, plan: Plan) -> bool:
        """Whether lists have their half of the queue, or too much of them waits outside."""
        reserved = sum(ticket.reserved for ticket in self._lists)
        return (
            reserved + plan.window > self.queue / 2
            or self.pending + plan.window > self.queue
            or self.outside + plan.tokens - plan.window > MOST_OUTSIDE * self.queue
        )

    def _late(self, plan: Plan) -> bool:
        """Whether too much would be read before this."""
        speed, tokens = self.speed.mean, plan.tokens
        if not speed:
            return False
        # Lists are read beside it, at their pace.
        beside = sum(min(ticket.pace * plan.deadline, ticket.tokens_left) for ticket in self._lists)
        # Half of the time that these and its own work leave: what is slower than lately by half is still
        # answered.
        most = (plan.deadline * speed - beside - tokens) / 2
        before = self.pending - sum(ticket.reserved for ticket in self._lists)
        if before <= most:
            return False
        # What is due later than all of it stands behind it, as a long report's rest does behind a short one.
        due = time.perf_counter() + tokens / self._pace_whole(plan)
        return before - sum(ticket.due_after(due) for ticket in self._long) > most

    def _lists_late(self, plan: Plan) -> bool:
        """Whether one of the lists would be late with this beside it: they share their speed evenly."""
        share, now = MOST_SHARE * self.speed.mean, time.perf_counter()
        if not share:
            return False
        lists = [(ticket.tokens_left, ticket.seconds_left(now)) for ticket in self._lists]
        lists.append((plan.tokens, plan.deadline))
        return any(sum(min(mine, other) for other, _ in lists) > share * left for mine, left in lists)

    def retry_after(self, tokens: int = 0) -> int:
        """Seconds after which about half of what was accepted, and of so many tokens, will be done."""
        speed = self.speed.mean
        seconds = (self.pending + self.outside + tokens) / speed / 2 if speed else 1.0
        return max(1, min(MOST_RETRY_S, math.ceil(seconds)))

    def enter(self, ticket: Ticket) -> None:
        """Count a request that is accepted."""
        ticket.due = ticket.began
        if ticket.plan.by_parts:
            self._lists.add(ticket)
        self.set_pace(ticket)
        if not ticket.plan.by_parts and ticket.plan.tokens > ticket.pace:
            self._long.add(ticket)
        self.settle(ticket)

    def leave(self, ticket: Ticket) -> None:
        """Count it no more."""
        self._long.discard(ticket)
        self._lists.discard(ticket)
        self.pending -= ticket.reserved
        ticket.reserved = 0

    def settle(self, ticket: Ticket) -> None:
        """Have `pending` count what a request has under way, as long as somebody waits for it."""
        if ticket.gone:
            return
        self.pending += ticket.wanted - ticket.reserved
        ticket.reserved = ticket.wanted

    def set_pace(self, ticket: Ticket) -> None:
        """Say anew at how many tokens a second a request is due, by the speed and the lists of now."""
        ticket.pace = self._pace_list(ticket) if ticket in self._lists else self._pace_whole(ticket.plan)

    def _pace_whole(self, plan: Plan) -> float:
        speed = self.speed.mean
        # All of it within a quarter of the deadline, where that leaves room for whoever comes meanwhile.
        pace = 4 * plan.tokens / plan.deadline
        return max(min(pace, MOST_SHARE * speed) if speed else pace, speed / 8, 1.0)

    def _pace_list(self, ticket: Ticket) -> float:
        pace = 4 * ticket.tokens_left / max(ticket.seconds_left(time.perf_counter()), 1.0)
        share = MOST_SHARE * self.speed.mean / len(self._lists)
        return max(min(pace, share) if share else pace, 1.0)
