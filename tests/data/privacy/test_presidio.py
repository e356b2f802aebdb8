"""Our recognisers answer as Presidio's do, where it is installed."""

from __future__ import annotations

import pytest

from data.privacy.masker import default_recognisers
from data.privacy.phones import Phones
from data.privacy.presidio import as_presidio
from data.privacy.recogniser import Analyzer

presidio = pytest.importorskip("presidio_analyzer", reason="presidio-analyzer is not installed")


def test_a_recogniser_answers_in_presidio_s_shape() -> None:
    wrapped = as_presidio(Phones())
    found = wrapped.analyze("请打13800138000找我", ["CN_MOBILE"], None)

    assert isinstance(wrapped, presidio.EntityRecognizer)
    assert [(f.entity_type, f.start, f.end) for f in found] == [("CN_MOBILE", 2, 13)]


def test_an_analyzer_of_all_goes_into_a_registry() -> None:
    registry = presidio.RecognizerRegistry(recognizers=[], supported_languages=["zh"])
    registry.add_recognizer(as_presidio(Analyzer(default_recognisers())))
    wrapped = registry.get_recognizers(language="zh", all_fields=True)[0]

    assert "CN_RESIDENT_ID" in wrapped.supported_entities
    assert [f.entity_type for f in wrapped.analyze("我叫王小明，", ["PERSON"])] == ["PERSON"]
