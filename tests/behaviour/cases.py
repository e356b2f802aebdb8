"""Cases: invented reports with the labels that they must and must not get."""

from __future__ import annotations

from pathlib import Path

import yaml

CASES = Path(__file__).with_name("cases.yaml")
AXES = ("domain", "misconduct")


def kinds(path: Path = CASES) -> list[str]:
    """Names of the kinds, in the order of the file."""
    return list(yaml.safe_load(path.read_text(encoding="utf-8")))
