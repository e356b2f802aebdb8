"""Behaviour cases that ship are plain, fit the default taxonomy, and are met by the model that ships."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from data.errors import BadCases, MissingFile
from data.taxonomy import Axis, Label, Taxonomy
from model.tagger import Tagger
from tests.behaviour.cases import CASES
from training.behaviour import SHIPPED, Behaviour, behave, read_cases, shipped_cases


def test_the_model_that_ships_meets_all_of_them() -> None:
    tagger = Tagger.load()
    found = behave(tagger, shipped_cases(tagger.export.taxonomy))

    assert found.failed == () and found.share == 1.0


def test_every_label_that_the_gate_protects_is_asked_for() -> None:
    from training.gate import PROTECTED

    asked = Counter(
        label
        for case in read_cases(Taxonomy.default())
        for expected in case.expected.values()
        for label in expected.has
    )
    assert all(asked[label] for label in PROTECTED)


def test_none_of_them_is_a_case_of_the_tests() -> None:
    taxonomy = Taxonomy.default()
    known = {case.report.text for case in read_cases(taxonomy, CASES)}

    assert not known & {case.report.text for case in read_cases(taxonomy, SHIPPED)}


def test_another_taxonomy_takes_those_that_fit() -> None:
    taxonomy = Taxonomy("other", (Axis("domain", "领域", "many", (Label("education", "教育"),)),))

    assert {case.report.id for case in shipped_cases(taxonomy)} == {"domain:1", "domain:2"}
    assert Behaviour((), ()).share == 1.0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("- text: 路灯坏了", "mapping of kinds"),
        ("plain: [路灯坏了]", "mapping of kinds"),
        ("plain: {", "not YAML"),
        ("plain:\n- {domain: [housing]}", "plain:1: text is missing"),
        ("plain:\n- {text: 路灯坏了, domain: [street]}", "plain:1"),
    ],
)
def test_a_file_that_cannot_be_right_is_named_without_its_words(
    content: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text(content, encoding="utf-8")

    with pytest.raises(BadCases, match=said) as caught:
        read_cases(Taxonomy.default(), tmp_path / "own.yaml")
    assert "路灯" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="gone"):
        read_cases(Taxonomy.default(), tmp_path / "gone.yaml")
