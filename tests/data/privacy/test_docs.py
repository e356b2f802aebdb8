"""What docs/privacy.md shows is what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from data.privacy.entity import WORDS
from data.privacy.masker import Masker

PAGE = (Path(__file__).parents[3] / "docs" / "privacy.md").read_text(encoding="utf-8")


def test_the_example_gives_what_it_says() -> None:
    text = re.findall(r'mask\("(.*?)"\)', PAGE)[0]
    said = re.findall(r"print\(masked\.text\)  # (.*)", PAGE)[0]

    assert Masker().mask(text).text == said


def test_every_class_has_a_row_with_its_label() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    named = [word for row in rows for word in re.findall("`(.*?)`", row.split("|")[1])]
    labels = [label for row in rows for label in re.findall("【(.*?)】", row.split("|")[2])]

    assert named == list(WORDS) and labels == [entity.label for entity in WORDS.values()]
