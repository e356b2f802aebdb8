"""Wording: parts of a Prediction as an officer reads them."""

from __future__ import annotations

from collections.abc import Iterable

from data.report import Report
from data.taxonomy import Taxonomy
from model.prediction import Prediction

BETWEEN = "；"
SHOWN = 24  # characters of a sentence that stand for it
_REASONS = {
    "low_confidence": "{}把握不足",
    "no_label": "未识别{}",
    "conflict": "{}判断有分歧",
    "rare_label": "{}有少见标签",
    "unread": "有未读文字",
    "out_of_scope": "不像信访件",
    "not_chinese": "不是中文",
    "too_short": "文字太少",
    "handle_by_hand": "请人工办理",
}


def handled_by_hand(count: int) -> str:
    """What is said of reports that the watch list kept from being tagged."""
    return f"涉及名单的 {count} 件没有打标，请由人办理。"


def evidence_text(prediction: Prediction) -> str:
    """All evidence of a prediction: 不作为：“…”“…”；弄虚作假：“…”."""
    parts = []
    for tag in (tag for tags in prediction.tags.values() for tag in tags if tag.evidence):
        words = "".join(f"“{' '.join(evidence.text.split())}”" for evidence in tag.evidence)
        parts.append(f"{tag.name}：{words}")
    return BETWEEN.join(parts)


def nearest_text(report: Report, prediction: Prediction) -> str:
    """The nearest cases: A-7（0.93）；A-2（0.90）, each with its text where that was asked for."""
    shown = []
    for case in prediction.nearest:
        words = " ".join(case.text.split())
        shown.append(f"{case.id}（{case.similarity:.2f}）" + (f"“{words}”" if words else ""))
    return BETWEEN.join(shown)


def several_text(report: Report, prediction: Prediction) -> str:
    """Whether a letter holds several matters: 是, 否."""
    return "是" if prediction.matters is not None and prediction.matters.several else "否"


def matters_text(report: Report, prediction: Prediction) -> str:
    """What its sentences speak of: “…”：教育，乱收费；“…”：环保."""
    return sentences_text(matter_lines(report, prediction))


def sentences_text(lines: Iterable[tuple[str, str]]) -> str:
    """What `matter_lines` gives, in one cell."""
    return BETWEEN.join(f"“{words}”：{labels}" for words, labels in lines)


def matter_lines(report: Report, prediction: Prediction) -> list[tuple[str, str]]:
    """The beginning of each sentence that has tags, and their names.

    Args:
        report: the one in which the offsets of the prediction count.
    """
    lines = []
    for sentence in prediction.matters.sentences if prediction.matters is not None else ():
        names = "，".join(tag.name for tags in sentence.tags.values() for tag in tags)
        words = " ".join(report.text[sentence.start : sentence.end].split())
        if names:
            lines.append((words if len(words) <= SHOWN else f"{words[:SHOWN]}…", names))
    return lines


def reasons(prediction: Prediction, taxonomy: Taxonomy) -> list[str]:
    """The review reasons in Chinese."""
    return [reason_words(code, taxonomy) for code in prediction.review_reasons]


def reason_words(code: str, taxonomy: Taxonomy) -> str:
    """A review reason in Chinese; a code that is not known here is shown as it is."""
    names = {axis.id: axis.name for axis in taxonomy.axes}
    axis, _, reason = code.rpartition(":")
    name = names.get(axis, axis)
    fallback = f"{name}：{reason}" if name else reason
    return _REASONS[reason].format(name) if reason in _REASONS else fallback
