"""Promises of an Export, and what they cost, as an officer reads them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from data.taxonomy import Axis, Taxonomy
from model.drift.intervals import wilson
from model.export import Export
from model.promise import Promise
from model.tuning.tune import TooFew, caught
from model.tuning.wish import Wish
from serving.typeset import plain

Floats = NDArray[np.float32]


def promise_words(promise: Promise, taxonomy: Taxonomy) -> str:
    """The promise in one sentence."""
    how = "打上标签" if promise.by == "tag" else "打上标签或转人工"
    return (
        f"{_what(promise.axis, promise.label, taxonomy)}的信件，至少 {_percent(promise.caught)} 会{how}"
        f"（把握 {_percent(promise.confidence)}，依据 {promise.positives} 件）"
    )


def answer(export: Export, usual: Floats, asked: tuple[int, int], volume: int, daily: bool) -> Iterator[str]:
    """Lines that say what a tuned Export promises and what there is to read.

    Args:
        usual: calibrated scores [reports, labels] of the reports that the load is counted on.
        asked: how many of these go to a person, for whatever reason, before tuning and after.
        volume: reports a day; 0: not said.
        daily: `usual` are of everyday mail; else of the labelled file.
    """
    taxonomy = export.taxonomy
    places = {axis.id: (axis, columns) for axis, columns in taxonomy.columns()}
    source = "平常来件" if daily else "标注数据"
    for number, promise in enumerate(export.promises, 1):
        axis, columns = places[promise.axis]
        wish = Wish(promise.axis, promise.label, promise.caught)
        found = caught(export.decisions[axis.id], axis, usual[:, columns], wish, promise.by)
        reads, marks = int(found.any.sum()), int(found.marked.sum())
        right = round(promise.precision * promise.read * promise.reports)
        yield f"{number}. 保证：{promise_words(promise, taxonomy)}"
        yield (
            f"   依据：标注数据 {promise.reports} 件里有 {promise.positives} 件，漏 {promise.missed} 件"
            f"（{_percent(promise.missed / promise.positives)}）"
        )
        yield f"   要读：{_load(reads, len(usual), volume)}，按{source}"
        if promise.by == "review":
            yield f"   其中没有标签、转人工的：{_load(marks, len(usual), volume)}"
        yield (
            f"   读到的里面真是的：预计 {_percent(promise.precision)}"
            f"{_interval(right, round(promise.read * promise.reports))}，按标注数据"
        )
        yield f"   {_border(promise)}"
    was, now = asked
    yield (
        f"需人工复核（所有原因）：原来 {_percent(was / len(usual))}，现在 {_load(now, len(usual), volume)}"
    )
    yield "前提：今后的信件与标注数据同类（来源、年份、挑选办法都相近），标注数据没有拿来训练过这个模型。"
    if not daily:
        yield "标注数据若是专门挑选的，阅读量与平常不同：请用 --daily 给一份平常的来件。"


def too_few(error: TooFew, taxonomy: Taxonomy, confidence: float) -> str:
    """Why a wish is refused, and what would do."""
    wish = error.wish
    what = _what(wish.axis, wish.label, taxonomy)
    said = (
        f"标注数据里{what}的只有 {error.positives} 件，保证不了 {_percent(wish.caught)}"
        f"（把握 {_percent(confidence)}）：至少要 {error.needed} 件，还差 {error.needed - error.positives} 件"
    )
    # Rounded down: what is offered must be accepted.
    most = np.floor(error.promisable * 1000) / 1000
    return said + (f"；现有的最多能保证 {_percent(float(most))}" if most >= 0.5 else "")


def _what(axis_id: str, label_id: str, taxonomy: Taxonomy) -> str:
    axis: Axis = taxonomy.axis(axis_id)
    return f"有“{plain(taxonomy.label(axis_id, label_id).name if label_id else axis.name)}”"


def _border(promise: Promise) -> str:
    if promise.by == "tag":
        same = promise.border is None or promise.border >= 1
        return "阈值：不必降低" if same else f"阈值：降到原来的 {promise.border:.2f} 倍"
    if promise.border is None:
        return "界线：标签本身已经做到，不必为此转人工"
    return f"界线：没有标签、最高得分到 {promise.border:.3f} 的转人工"


def _load(count: int, total: int, volume: int) -> str:
    share = count / total
    day = f"，每天 {volume} 件里约 {share * volume:.0f} 件" if volume else ""
    return f"{_percent(share)}{_interval(count, total)}{day}"


def _interval(count: int, total: int) -> str:
    low, high = wilson(count, total)
    return f"（{_percent(low)} 至 {_percent(high)}）"


def _percent(share: float) -> str:
    return f"{share * 100:.1f}".removesuffix(".0") + "%"
