"""Shadow schema: what the service tells of its challenger over HTTP: counts, no reports and no ids."""

from __future__ import annotations

from pydantic import BaseModel, Field

from serving.shadow import Shadow
from serving.watch import Side


class Sides(BaseModel):
    """Reports by which of the two models said so."""

    both: int
    live: int = Field(description="The model that answers, and not the challenger.")
    shadow: int = Field(description="The challenger, and not the model that answers.")


class LabelSides(Sides):
    """Who gave a label."""

    axis: str
    label: str
    name: str
    known_to: Side = Field(description="`both`, or the only model that has this label.")


class ShadowOut(BaseModel):
    """The challenger and where it answers otherwise, since either model was last loaded."""

    live: str
    shadow: str
    same: bool = Field(description="Both are the same Export: nothing is compared.")
    share: float = Field(description="Of the reports, drawn at random.")
    drawn: int
    scored: int = Field(description="Of those drawn, read by both.")
    dropped: int = Field(description="Of those drawn, not compared: no idle time came.")
    failed: int = Field(description="Of those drawn, the challenger could not read them.")
    alike: int = Field(
        description="Of those scored, answered with the same tags and the same wish for a person."
    )
    needs_review: Sides
    labels: list[LabelSides]


def shadow_out(shadow: Shadow) -> ShadowOut:
    """All counts, with every label of both models."""
    counts = shadow.counts
    ours, theirs = (
        {(axis.id, label.id): label.name for axis in tagger.export.taxonomy.axes for label in axis.labels}
        for tagger in (shadow.live, shadow.tagger)
    )
    labels = []
    for (axis, label), name in {**ours, **theirs}.items():
        both = (axis, label) in ours and (axis, label) in theirs
        known: Side = "both" if both else "live" if (axis, label) in ours else "shadow"
        labels.append(
            LabelSides(
                axis=axis, label=label, name=name, known_to=known, both=counts.tags[axis, label, "both"],
                live=counts.tags[axis, label, "live"], shadow=counts.tags[axis, label, "shadow"],
            )
        )  # fmt: skip
    reviews = counts.reviews
    return ShadowOut(
        live=counts.live, shadow=counts.shadow, same=shadow.same, share=shadow.share, drawn=counts.drawn,
        scored=counts.scored, dropped=counts.dropped, failed=counts.failed, alike=counts.alike,
        needs_review=Sides(both=reviews["both"], live=reviews["live"], shadow=reviews["shadow"]),
        labels=labels,
    )  # fmt: skip
