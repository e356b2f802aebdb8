"""Presidio: our recognisers as its own. presidio-analyzer is loaded only here, and only when asked."""

from __future__ import annotations

from typing import Any

from data.privacy.recogniser import Analyzer, Recogniser

LANGUAGE = "zh"


def as_presidio(recogniser: Recogniser | Analyzer, language: str = LANGUAGE) -> Any:
    """Wrap a recogniser, or an analyzer of several, as a presidio_analyzer.EntityRecognizer.

    `registry.add_recognizer(as_presidio(Phones()))` is all that a site needs; its NLP engine may be any.

    Args:
        recogniser: one of ours.
        language: under which Presidio asks for it.

    Raises:
        ImportError: presidio-analyzer is not installed.
    """
    from presidio_analyzer import EntityRecognizer, RecognizerResult

    class Wrapped(EntityRecognizer):  # type: ignore[misc]
        def load(self) -> None:
            """Nothing to load: rules only."""

        def analyze(self, text: str, entities: list[str], nlp_artifacts: Any = None) -> list[Any]:
            return [
                RecognizerResult(str(found.entity_type), found.start, found.end, found.score)
                for found in recogniser.analyze(text, entities or ())
            ]

    return Wrapped(
        supported_entities=[str(entity) for entity in recogniser.supported_entities],
        name=type(recogniser).__name__,
        supported_language=language,
    )
