"""Wish: which reports are to be caught, and how many of them, as someone writes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from data.taxonomy import Axis, Taxonomy, normal_name

LEAST, MOST = 0.5, 0.999
_WISH = re.compile(r"(?P<what>.+?)[=＝](?P<share>\d+(?:\.\d+)?)(?P<percent>[%％]?)")


class BadWish(Exception):
    """A wish that cannot be read; the message (Chinese) says how to write it."""


@dataclass(frozen=True)
class Wish:
    """To catch at least a share of the reports with a label.

    Attributes:
        axis: id.
        label: id; "" for any label of the axis.
        caught: the share, LEAST to MOST.
    """

    axis: str
    label: str
    caught: float


def read_wishes(texts: Sequence[str], taxonomy: Taxonomy) -> list[Wish]:
    """Read wishes such as misconduct=95%, 弄虚作假=0.9 or domain/medical=90%.

    Axes and labels go by id, name or alias; a label whose name several axes have is written axis/label.

    Raises:
        BadWish: not so written, unknown, ambiguous, out of range, or the same one twice.
    """
    wishes = [_read(text, taxonomy) for text in texts]
    seen = {(wish.axis, wish.label) for wish in wishes}
    if len(seen) < len(wishes):
        raise BadWish("--wish：同一个轴或标签提了两次，请只留一个")
    return wishes


def _read(text: str, taxonomy: Taxonomy) -> Wish:
    found = _WISH.fullmatch(text.strip())
    if found is None:
        raise BadWish("--wish：写成 名称=比例，例如 --wish misconduct=95% 或 --wish 弄虚作假=0.9")
    share = float(found["share"]) / (100 if found["percent"] else 1)
    if not LEAST <= share <= MOST:
        raise BadWish(f"--wish：比例要在 {LEAST:.0%} 到 {MOST:.1%} 之间（写成 95% 或 0.95）")
    axis, label = _place(found["what"], taxonomy)
    if axis.kind == "one" and not label:
        raise BadWish(f"--wish：“{axis.name}”每件都给一个标签，没有漏掉之说；请对其中的标签提要求")
    return Wish(axis.id, label, share)


def _place(what: str, taxonomy: Taxonomy) -> tuple[Axis, str]:
    first, slash, second = what.partition("/")
    axes = [axis for axis in taxonomy.axes if normal_name(first) in (axis.id, normal_name(axis.name))]
    if not slash and axes:
        return axes[0], ""
    name = normal_name(second if slash else first)
    among = axes if slash else taxonomy.axes
    found = [(axis, label.id) for axis in among if (label := axis.by_name.get(name)) is not None]
    if len(found) == 1:
        return found[0]
    if found:
        where = "、".join(f"{axis.id}/{label}" for axis, label in found)
        raise BadWish(f"--wish：几个轴都有这个标签，请写明是哪一个：{where}")
    known = "；".join(f"{axis.id}（{axis.name}）：{'、'.join(axis.label_ids)}" for axis in taxonomy.axes)
    raise BadWish(f"--wish：没有这个轴或标签；可用的有 {known}")
