"""results.md: every section is kept as JSON beside it, so that one can be measured anew alone."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from model.export import DEFAULT, MANIFEST

HERE = Path(__file__).parent
ORDER = (
    "quality", "heads", "promise", "calibration", "teddy7", "evidence", "disguise", "fairness", "matters",
    "scope", "encoder", "recipes", "sizes", "suspects", "learning_curve", "fine_tuning", "speed", "engines",
    "bulk", "serving", "serving_changes", "serving_beside", "shadow", "privacy", "masked_tags", "drift",
)  # fmt: skip


def machine() -> str:
    """Processor and core count, for the foot of a table."""
    from model.cores import usable_cores

    name = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    return f"{name}, {usable_cores()} cores"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; floats with three places."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in rows:
        cells = [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def keep(section: str, title: str, command: str, body: str, figures: Mapping[str, Any]) -> None:
    """Store a section and write results.md anew."""
    shape = {
        "title": title, "command": command, "machine": machine(), "date": date.today().isoformat(),
        "model": shipped(), "body": body, "figures": dict(figures),
    }  # fmt: skip
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    (folder / f"{section}.json").write_text(json.dumps(shape, ensure_ascii=False, indent=1) + "\n")
    write_page(folder)


def shipped() -> str:
    """Name and version of the Export in model/default."""
    manifest = json.loads((DEFAULT / MANIFEST).read_text())
    return f"{manifest['name']}@{manifest['version']}"


def when(found: Mapping[str, str]) -> str:
    """The day of a measurement, and the model that shipped on it; nothing of those before both were kept."""
    return f", {found['date']}, {found['model']}" if "date" in found else ""


def write_page(folder: Path = HERE / "results") -> None:
    """results.md from the sections that are kept; beside the folder that keeps them."""
    parts = ["# Measurements", "", "Written by `make bench`; each section names its command and machine.", ""]
    for name in ORDER:
        path = folder / f"{name}.json"
        if path.is_file():
            found = json.loads(path.read_text())
            parts += [
                f"## {found['title']}", "", f"`{found['command']}` on {found['machine']}{when(found)}.", "",
                found["body"], "",
            ]  # fmt: skip
    (folder.parent / "results.md").write_text("\n".join(parts).rstrip() + "\n")
