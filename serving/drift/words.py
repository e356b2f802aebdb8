"""Words: the figures of drift in Chinese, as tables and sentences that text and page share."""

from __future__ import annotations

from collections.abc import Sequence

from data.survey.rules import Level
from data.survey.words import LEVELS, Table
from data.taxonomy import Taxonomy
from model.drift.compare import Drift, MeanChange, Rate, RateChange
from model.drift.rules import Finding
from model.drift.sample import Sample
from serving.wording import reason_words

_RULES = {
    "label_points": "“{where}”的占比变化 {points:.1f} 个百分点，超过 {most:.1f} 个",
    "label_ratio": "“{where}”的占比前后相差到 {figure:.1f} 倍，超过 {limit:.1f} 倍",
    "review_points": "需人工复核的占比变化 {points:.1f} 个百分点，超过 {most:.1f} 个",
    "scores": "“{where}”的分数分布变了，PSI 为 {figure:.2f}，超过 {limit:.2f}",
    "apart": "两批报告能被区分开，AUC 为 {figure:.2f}，超过 {limit:.2f}（0.5 为分不开）",
    "length": "报告的长短变了，PSI 为 {figure:.2f}，超过 {limit:.2f}",
    "unknown": "模型词表之外的字词占比变化 {figure:.2%}，超过 {limit:.2%}",
    "rare": "训练时没有见过的字词组合占比变化 {figure:.1%}，超过 {limit:.1%}",
    "few": "较少的一批只有 {figure:.0f} 件，少于 {limit:.0f} 件：变化不大时看不出来",
}
SIDES = ("基准", "当前")
NO_LABEL = "（没有标签）"


def verdict(findings: Sequence[Finding]) -> tuple[str, Level | None]:
    """The whole in one sentence, and how bad it is."""
    levels = [finding.level for finding in findings]
    if Level.fail in levels:
        return f"有明显变化：{levels.count(Level.fail)} 项超过界限，请抽查近期的打标结果。", Level.fail
    if levels:
        return f"没有明显变化，有 {len(levels)} 项提醒。", Level.warn
    return "没有明显变化。", None


def finding_words(finding: Finding, taxonomy: Taxonomy) -> str:
    """One broken rule in one sentence."""
    where = label_name(taxonomy, finding.axis, finding.label) if finding.axis else ""
    text = _RULES[finding.rule].format(
        where=where,
        figure=finding.figure,
        limit=finding.limit,
        points=100 * finding.figure,
        most=100 * finding.limit,
    )
    return f"{LEVELS[finding.level]}：{text}（{finding.rule}）"


def label_name(taxonomy: Taxonomy, axis: str, label: str) -> str:
    """An axis and a label of it, or none of its labels, by their names."""
    known = taxonomy.axis(axis)
    name = next((one.name for one in known.labels if one.id == label), NO_LABEL)
    return f"{known.name}·{name}"


def tables(found: Drift, names: Sequence[str]) -> list[Table]:
    """All figures; no words of a report and no ids.

    Args:
        names: of the two files.
    """
    before, after = found.before, found.after
    shown = [_reports(found, names), *_rates(found)]
    if found.scores:
        taxonomy = before.taxonomy
        rows = [
            (label_name(taxonomy, one.axis, one.label), f"{one.shift.psi:.3f}", chance(one.shift.p))
            for one in sorted(found.scores, key=lambda one: -one.shift.psi)
        ]
        shown.append(Table("分数分布的变化", [("标签", "PSI", "偶然的可能"), *rows]))
    shown.append(Table("需人工复核", [("项", *SIDES, "变化", "偶然的可能"), rate_row("合计", found.review),
                                      *_reasons(before, after)]))  # fmt: skip
    if found.lengths is not None and found.quantiles is not None and found.unknown is not None:
        one, two = found.quantiles
        figures: list[tuple[str, ...]] = [
            *((f"字数，{name}", f"{a}", f"{b}", "", "")
              for name, a, b in zip(("10% 分位", "一半", "90% 分位"), one, two, strict=True)),
            ("字数的分布（PSI）", "", "", f"{found.lengths.psi:.3f}", chance(found.lengths.p)),
            mean_row("词表之外的字词", found.unknown),
        ]  # fmt: skip
        if found.rare is not None:
            figures.append(mean_row("训练时没有见过的字词组合", found.rare))
        shown.append(Table("文字", [("项", *SIDES, "变化", "偶然的可能"), *figures]))
    return shown


def apart_words(found: Drift) -> str:
    """The two-sample test in words."""
    if found.apart is None:
        return "两批区分检验：没有做，只有打标结果而没有原文，或件数不足 50。"
    one = found.apart
    return (
        f"两批区分检验：AUC {one.auc:.3f}（0.5 为分不开，1 为全能分开；"
        f"同样的两批，100 次里 95 次低于 {one.noise:.3f}），"
        f"偶然的可能 {chance(one.p)}，用了 {one.before} 件和 {one.after} 件。"
    )


def share(rate: Rate) -> str:
    """A share with its interval."""
    return f"{rate.share:.1%}（{rate.low:.1%}–{rate.high:.1%}）"


def rate_row(name: str, one: RateChange) -> tuple[str, ...]:
    """A row of a table of shares."""
    change = f"{one.points:+.1%}（{one.low:+.1%} 至 {one.high:+.1%}）"
    return name, share(one.before), share(one.after), change, chance(one.p)


def mean_row(name: str, one: MeanChange) -> tuple[str, ...]:
    """A row of a mean share."""
    return name, f"{one.before[0]:.2%}", f"{one.after[0]:.2%}", f"{one.points:+.2%}", chance(one.p)


def chance(p: float) -> str:
    """A p-value."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _reports(found: Drift, names: Sequence[str]) -> Table:
    rows = [
        (side, name, str(len(sample)), str(sample.total), str(sample.rejected))
        for side, name, sample in zip(SIDES, names, (found.before, found.after), strict=True)
    ]
    return Table(
        f"报告（模型 {found.before.model}）", [("", "文件", "比较的件数", "文件里的件数", "读不了"), *rows]
    )


def _rates(found: Drift) -> list[Table]:
    shown = []
    for axis in found.before.taxonomy.axes:
        names = {label.id: label.name for label in axis.labels}
        rows = [rate_row(names.get(one.label, NO_LABEL), one) for one in found.labels if one.axis == axis.id]
        shown.append(Table(f"{axis.name}：各标签的占比", [("标签", *SIDES, "变化", "偶然的可能"), *rows]))
    return shown


def _reasons(before: Sample, after: Sample) -> list[tuple[str, ...]]:
    return [
        (reason_words(code, before.taxonomy), _part(before, code), _part(after, code), "", "")
        for code in dict.fromkeys([*before.reasons, *after.reasons])
    ]


def _part(sample: Sample, code: str) -> str:
    return f"{sample.reasons.get(code, 0) / len(sample):.1%}"
