"""The verdict in words and as a page: whatever was decided can be read there."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from data.taxonomy import Axis, Label, Taxonomy
from training.behaviour import Behaviour
from training.gate import Check, Verdict
from training.paired import Change, Changes
from training.verdict_page import verdict_page
from training.verdict_words import check_words, headline, reasons, remarks

TAXONOMY = Taxonomy(
    "t", (Axis("domain", "领域", "many", (Label("a", "教<育>"), Label("b", "医疗"), Label("c", "养老"))),)
)
FALLEN = Change(0.8, 0.6, -0.3, -0.1)
RISEN = Change(0.5, 0.9, 0.2, 0.6)


def verdict(*checks: Check) -> Verdict:
    changes = Changes(
        Change(0.65, 0.75, -0.02, 0.2), RISEN, Change(0.03, 0.04, -0.01, 0.03), (FALLEN, RISEN, None)
    )
    return Verdict(
        "new@2", "old@1", checks, TAXONOMY, {"domain": changes}, {"domain": (40, 4, 0)}, {"domain": 60},
        (Behaviour(("plain:1",), ()), None), ("a", "b", "c"),
    )  # fmt: skip


PASSED = Check("golden", True, figures={"reports": 3, "worst": 0.0})
FAILED = Check(
    "protected", False, "a", {"before": 0.8, "after": 0.6, "low": -0.3, "high": -0.1, "support": 40}
)


def test_a_promoted_candidate_has_no_reasons() -> None:
    found = verdict(PASSED)

    assert "成为现用模型" in headline(found) and reasons(found) == []


def test_a_refused_one_says_which_label_fell_and_by_how_much() -> None:
    found = verdict(PASSED, FAILED)

    assert "1 项检查没有通过" in headline(found) and "现用模型不变" in headline(found)
    assert reasons(found) == [
        "重点标签·教<育>：F1 0.800 → 0.600，变化 -0.200（区间 -0.300 至 -0.100），40 件，显著下降"
    ]


def test_protected_labels_with_few_test_reports_are_named() -> None:
    assert remarks(verdict(PASSED)) == ["测试集里样本不足 10 件，升降难以判断：医疗（4 件）、养老（0 件）。"]


def test_a_first_model_that_nothing_measures_is_told() -> None:
    said = check_words(Check("learned", False, "domain"), TAXONOMY)

    assert said == "宏平均 F1·领域：测试集里没有一件有标签，无从判断"


def test_labels_that_nothing_settled_proves_are_named() -> None:
    (said,) = remarks(Verdict("new@2", "old@1", (PASSED,), TAXONOMY, unproven=("domain",)))

    assert said.startswith("领域：标注已定的测试件太少") and "看不出来" in said


CHANGE = {"before": 0.5, "after": 0.4, "low": -0.2, "high": 0.1, "margin": 0.02, "support": 12}
FIGURES: dict[str, dict[str, float]] = {
    "golden": {"reports": 3, "worst": 0.0},
    "behaviour": {"passed": 8, "of": 10, "least": 0.9},
    "behaviour_lost": {"lost": 2, "most": 1},
    "taxonomy": {},
    "test_size": {"reports": 20, "least": 50},
    "macro_f1": CHANGE,
    "calibration": CHANGE,
    "protected": CHANGE,
    "learned": CHANGE,
}


@pytest.mark.parametrize("passed", [True, False])
@pytest.mark.parametrize("rule", FIGURES)
def test_every_rule_has_words(rule: str, passed: bool) -> None:
    said = check_words(Check(rule, passed, "domain", FIGURES[rule], ("plain:1",), settled=True), TAXONOMY)

    assert "·领域（只看标注已定的测试件）：" in said and "nan" not in said


class Tags(HTMLParser):
    """Which tags a page has, and what each attribute says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.values: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.values += [value or "" for _, value in attrs]


def test_the_page_has_pictures_and_needs_nothing_from_elsewhere() -> None:
    page = verdict_page(verdict(PASSED, FAILED), [("训练件数", "120")])
    found = Tags(page)

    assert found.tags.count("svg") == 2 and not {"script", "img", "link", "iframe"} & set(found.tags)
    assert not [value for value in found.values if "//" in value or "url(" in value]
    assert "教&lt;育&gt;" in page and "教<育>" not in page
    assert "测试集里没有：养老" in page and "120" in page and "显著下降" in page


def test_a_page_without_a_champion_has_no_pictures() -> None:
    page = verdict_page(Verdict("new@1", "", (PASSED,), TAXONOMY))

    assert "<svg" not in page and "现用模型</td><td>无" in page


def test_what_is_not_kept_stands_first_on_the_page() -> None:
    page = verdict_page(verdict(PASSED, FAILED))

    assert page.index("✗ 重点标签") < page.index("✓ 自检样例")
