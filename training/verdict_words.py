"""What the gate decided, in the words of whoever reads it (Chinese): rule by rule, figures among it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from data.taxonomy import Taxonomy
from training.gate import Check, Verdict

FEW = 10
"""Test reports of a label; with fewer, its F1 says little."""
_RULES: Mapping[str, str] = {
    "golden": "自检样例", "behaviour": "行为用例", "behaviour_lost": "行为用例", "taxonomy": "分类体系",
    "test_size": "测试集大小", "macro_f1": "宏平均 F1", "protected": "重点标签", "calibration": "校准",
    "learned": "宏平均 F1",
}  # fmt: skip


def headline(verdict: Verdict) -> str:
    """One line: promoted or not, and by how many rules."""
    failed = sum(not check.passed for check in verdict.checks)
    if verdict.promoted:
        return f"{verdict.candidate} 通过全部 {len(verdict.checks)} 项检查，成为现用模型（champion）。"
    return f"{verdict.candidate} 有 {failed} 项检查没有通过，只作备选（challenger），现用模型不变。"


def reasons(verdict: Verdict) -> list[str]:
    """Why it was not promoted, one line a rule that is not kept; empty where all are."""
    return [check_words(check, verdict.taxonomy) for check in verdict.checks if not check.passed]


def remarks(verdict: Verdict) -> list[str]:
    """What the figures cannot show: protected labels with too few test reports to tell, and faults that test
    reports may share with those that were learned from."""
    thin = [
        f"{label.name}（{support} 件）"
        for axis in verdict.taxonomy.axes
        for label, support in zip(axis.labels, verdict.supports.get(axis.id, ()), strict=False)
        if support < FEW and label.id in verdict.protected
    ]
    said = [f"测试集里样本不足 {FEW} 件，升降难以判断：{'、'.join(thin)}。"] if thin else []
    if verdict.unproven:
        axes = "、".join(_name(verdict.taxonomy, axis) for axis in verdict.unproven)
        said.append(f"{axes}：标注已定的测试件太少，没有单独评审；这批标注若普遍标错，这次看不出来。")
    return said


def check_words(check: Check, taxonomy: Taxonomy) -> str:
    """One rule, what was found, and whether that is enough."""
    where = _name(taxonomy, check.where)
    rule = _RULES[check.rule] + (f"·{where}" if where else "")
    older = "（只看标注已定的测试件）" if check.settled else ""
    return f"{rule}{older}：{_found(check)}"


def _found(check: Check) -> str:
    f = check.figures
    if check.rule == "golden":
        return f"{f['reports']:.0f} 件重算一致" if check.passed else "本机算出的结果与模型自带的自检样例不符"
    if check.rule == "taxonomy":
        return "候选模型与现用模型的标签不同，不能比较；确要更换请用 petition promote"
    if check.rule == "behaviour":
        return f"{f['passed']:.0f}/{f['of']:.0f} 通过，要求至少 {f['least']:.0%}{_cases(check.cases)}"
    if check.rule == "behaviour_lost":
        return (
            f"现用模型通过而候选未通过 {f['lost']:.0f} 个，最多允许 {f['most']:.0f} 个{_cases(check.cases)}"
        )
    if check.rule == "test_size":
        return f"{f['reports']:.0f} 件，要求至少 {f['least']:.0f} 件"
    if check.rule in ("learned", "macro_f1") and not f:
        return "测试集里没有一件有标签，无从判断"
    if check.rule == "learned":
        gap = f"差的区间 {f['low']:+.3f} 至 {f['high']:+.3f}"
        said = f"{f['after']:.3f}，不看内容、件件同答的是 {f['before']:.3f}（{gap}）"
        return said + ("" if check.passed else "，没有显著高出")
    change = (
        f"{f['before']:.3f} → {f['after']:.3f}，变化 {f['after'] - f['before']:+.3f}"
        f"（区间 {f['low']:+.3f} 至 {f['high']:+.3f}）"
    )
    if check.rule == "macro_f1":
        return change + ("" if check.passed else f"，不能排除下降超过 {f['margin']:.3f}")
    if check.rule == "calibration":
        return f"误差 {change}" + ("" if check.passed else f"，上升超过 {f['margin']:.3f}")
    return f"F1 {change}，{f['support']:.0f} 件" + ("" if check.passed else "，显著下降")


def _cases(cases: Sequence[str]) -> str:
    return f"；未通过：{'、'.join(cases[:10])}{' 等' if len(cases) > 10 else ''}" if cases else ""


def _name(taxonomy: Taxonomy, id: str) -> str:
    """Chinese name of an axis or label; the id where there is none."""
    for axis in taxonomy.axes:
        if axis.id == id:
            return axis.name
        for label in axis.labels:
            if label.id == id:
                return label.name
    return id
