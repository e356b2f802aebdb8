"""The makers of tiny things that these tests call by name; the fixtures stand in tests/conftest.py."""

from __future__ import annotations

from tests.conftest import (
    LETTERS,
    WORDS,
    Tables,
    new_tokenizer,
    plain_decisions,
    random_tables,
    random_wide,
    speaking_tables,
)

__all__ = [
    "LETTERS",
    "WORDS",
    "Tables",
    "new_tokenizer",
    "plain_decisions",
    "random_tables",
    "random_wide",
    "speaking_tables",
]
