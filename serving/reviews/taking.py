"""Taking: what was sent to a Review, held against the taxonomy."""

from __future__ import annotations

import uuid

from data.report import Report
from data.reviews.review import Review, report_hash
from data.taxonomy import Taxonomy
from serving.problem import Problem
from serving.reviews.desk import ReviewDesk
from serving.reviews.schema import ReviewIn


def new_review(body: ReviewIn, taxonomy: Taxonomy, who: str, key: str, desk: ReviewDesk) -> Review:
    """Make the Review, with such words as the desk keeps.

    Raises:
        Problem: an axis or label that is not in the taxonomy, or nobody's name.
        BadReviewKey: there is no key.
    """
    labels = _labels(body, taxonomy)
    sent = body.report
    received = None if sent.text is None else Report(sent.id, sent.text, sent.title)
    hash = desk.keyed(sent.hash or report_hash(Report(sent.id, sent.text or "", sent.title)))
    title, text = desk.kept(received, hash) or (None, None)
    shown = body.prediction
    return Review(
        id=body.id or uuid.uuid4().hex, report_id=desk.cover.id(sent.id), report_hash=hash, labels=labels,
        reviewer=who, key=key,
        model=shown.model if shown else "", taxonomy=taxonomy.version,
        prediction=shown.model_dump(exclude={"model"}) if shown else None,
        title=title, text=text, note=desk.note(body.note, received or Report(sent.id, "")),
        unsure=body.unsure,
    )  # fmt: skip


def _labels(body: ReviewIn, taxonomy: Taxonomy) -> dict[str, tuple[str, ...] | None]:
    axes = {axis.id: axis for axis in taxonomy.axes}
    faults = []
    for name, given in body.labels.items():
        axis = axes.get(name)
        if axis is None:
            faults.append(_fault("labels.?", "unknown_axis", f"One of {[*axes]}."))
            continue
        for place, label in enumerate(given or ()):
            if label not in axis.label_ids:
                field = f"labels.{name}[{place}]"
                faults.append(_fault(field, "unknown_label", f"One of {[*axis.label_ids]}."))
        if given is not None and len({*given}) != len(given):
            faults.append(_fault(f"labels.{name}", "twice", "A label stands once."))
        if given is not None and axis.kind == "one" and len(given) != 1:
            faults.append(_fault(f"labels.{name}", "not_one", "Exactly one label, or null."))
    if not any(given is not None for given in body.labels.values()):
        faults.append(_fault("labels", "nothing_judged", "Judge at least one axis."))
    if faults:
        raise Problem("invalid", errors=faults[:20])
    return {
        axis.id: None if given is None else tuple(label for label in axis.label_ids if label in given)
        for axis in taxonomy.axes
        if axis.id in body.labels
        for given in [body.labels[axis.id]]
    }


def reviewer_of(given: str, key: str) -> str:
    """Who reviews: as given, else by the key's name.

    Raises:
        Problem: neither is there.
    """
    if not (given or key):
        raise Problem("invalid", errors=[_fault("reviewer", "missing", "Say who reviews.")])
    return given or key


def _fault(field: str, code: str, message: str) -> dict[str, str]:
    return {"field": field, "code": code, "message": message}
