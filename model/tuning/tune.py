"""Tune: thresholds and review borders that keep wishes, fitted on labelled reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.taxonomy import Axis, Taxonomy
from model.decide import AxisDecision
from model.promise import By, Promise
from model.tuning.binomial import needed, promisable, rank
from model.tuning.wish import Wish

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


class TooFew(Exception):
    """Labelled reports do not suffice for a wish.

    Attributes:
        wish: the one.
        positives: the reports that have what it asks for.
        needed: how many it takes at least.
        promisable: the share that these can promise.
    """

    def __init__(self, wish: Wish, positives: int, doubt: float) -> None:
        super().__init__(f"{wish.axis} {wish.label}: {positives} reports, too few to promise {wish.caught}")
        self.wish, self.positives = wish, positives
        self.needed, self.promisable = needed(wish.caught, doubt), promisable(positives, doubt)


@dataclass(frozen=True)
class Caught:
    """What one wish makes of reports, each [reports].

    Attributes:
        tagged: by a tag that counts for it.
        marked: without such a tag, for a person.
    """

    tagged: Bools
    marked: Bools

    @property
    def any(self) -> Bools:
        """Either."""
        return np.asarray(self.tagged | self.marked)


def tune(
    decisions: Mapping[str, AxisDecision], scores: Floats, truth: Floats, taxonomy: Taxonomy,
    wishes: Sequence[Wish], confidence: float = 0.95, by: By = "review", file_hash: str = "",
) -> tuple[dict[str, AxisDecision], list[Promise]]:  # fmt: skip
    """Change decisions so that every wish holds, all together with the given confidence.

    Args:
        decisions: per axis id, of a model that has not learned from these reports and was not tuned before.
        scores: calibrated [reports, labels] in taxonomy order.
        truth: 0 or 1 [reports, labels]; NaN on an axis that a report does not label.
        by: "review" sends to a person what the tags miss; "tag" lowers thresholds.

    Raises:
        TooFew: the reports cannot promise a wish.
    """
    doubt = (1 - confidence) / len(wishes)  # Bonferroni: all hold together
    tuned = dict(decisions)
    borders: list[float | None] = []
    tables = {axis.id: _Table.cut(axis, columns, scores, truth) for axis, columns in taxonomy.columns()}
    for wish in wishes:
        table = tables[wish.axis]
        # What the model catches before: what one wish changes for another only adds to it.
        border = _border(decisions[wish.axis], table, wish, doubt, by)
        tuned[wish.axis] = _changed(tuned[wish.axis], table.axis, wish, border, by)
        borders.append(border)
    promises = []
    for wish, border in zip(wishes, borders, strict=True):
        table = tables[wish.axis]
        found, has = caught(tuned[wish.axis], table.axis, table.scores, wish, by), table.has(wish)
        if by == "review" and not wish.label:
            border = tuned[wish.axis].review_above  # the model's own, where that reaches further
        promises.append(
            Promise(
                wish.axis, wish.label, wish.caught, confidence, by, border, len(has), int(has.sum()),
                int((has & ~found.any).sum()), float(found.any.mean()), float(found.marked.mean()),
                float(has[found.any].mean()) if found.any.any() else 0.0, file_hash,
            )
        )  # fmt: skip
    return tuned, promises


def caught(decision: AxisDecision, axis: Axis, scores: Floats, wish: Wish, by: By = "review") -> Caught:
    """Which reports are caught for a wish; scores [reports, labels of the axis].

    By tags, a report that goes to a person without one is not.
    """
    given = decision.given(scores, axis.kind)
    if wish.label:
        place = axis.label_ids.index(wish.label)
        border = np.inf if decision.label_review is None else decision.label_review[place]
        tagged, near = given[:, place], np.asarray(scores[:, place] >= border)
    else:
        border = np.inf if decision.review_above is None else decision.review_above
        tagged, near = np.asarray(given.any(axis=1)), np.asarray(scores.max(axis=1) >= border)
    return Caught(tagged, near & ~tagged & (by == "review"))


@dataclass(frozen=True)
class _Table:
    """The reports that are labelled on an axis."""

    axis: Axis
    scores: Floats
    truth: Bools

    @classmethod
    def cut(cls, axis: Axis, columns: slice, scores: Floats, truth: Floats) -> _Table:
        rows = ~np.isnan(truth[:, columns.start])
        return cls(axis, scores[rows][:, columns], truth[rows][:, columns] > 0)

    def has(self, wish: Wish) -> Bools:
        """Which have what the wish asks for."""
        if wish.label:
            return np.asarray(self.truth[:, self.axis.label_ids.index(wish.label)])
        return np.asarray(self.truth.any(axis=1))


def _border(decision: AxisDecision, table: _Table, wish: Wish, doubt: float, by: By) -> float | None:
    has = table.has(wish)
    k = rank(int(has.sum()), wish.caught, doubt)
    if not k:
        raise TooFew(wish, int(has.sum()), doubt)
    if by == "tag":
        ratios = table.scores / np.maximum(decision.thresholds, 1e-6)
        reach = ratios[:, table.axis.label_ids.index(wish.label)] if wish.label else ratios.max(axis=1)
        return min(1.0, float(np.sort(reach[has])[k - 1]))
    columns = [table.axis.label_ids.index(wish.label)] if wish.label else slice(None)
    tagged = decision.given(table.scores, table.axis.kind)[:, columns].any(axis=1)
    reach = np.where(tagged, np.inf, table.scores[:, columns].max(axis=1))
    border = float(np.sort(reach[has])[k - 1])
    return border if np.isfinite(border) else None


def _changed(decision: AxisDecision, axis: Axis, wish: Wish, border: float | None, by: By) -> AxisDecision:
    place = axis.label_ids.index(wish.label) if wish.label else slice(None)
    if by == "tag":
        assert border is not None
        thresholds = decision.thresholds.copy()
        # A hair below, so that the report that set the border reaches it in float32 too.
        lowered = np.nextafter(thresholds[place] * np.float32(border), np.float32(0))
        thresholds[place] = np.where(border < 1, np.minimum(thresholds[place], lowered), thresholds[place])
        return replace(decision, thresholds=thresholds)
    if not wish.label:
        borders = [one for one in (border, decision.review_above) if one is not None]
        return replace(decision, review_above=min(borders, default=None))
    none = np.full(len(axis.labels), np.inf, np.float32)
    review = none if decision.label_review is None else decision.label_review.copy()
    review[place] = np.inf if border is None else border
    return replace(decision, label_review=review)
