"""The documents hold together: the page of measurements is what was kept, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import results

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "benchmarks" / "results.md"])
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """What GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ +(.+?)\s*$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    bare = (re.sub(r"[^\w\- ]", "", re.sub(r"\[(.*?)\]\(.*?\)", r"\1", h)).lower() for h in headings)
    return {heading.replace(" ", "-") for heading in bare}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for link in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


def test_the_page_of_measurements_is_what_was_kept(tmp_path: Path) -> None:
    kept = ROOT / "benchmarks" / "results"
    (tmp_path / "results").symlink_to(kept)
    results.write_page(tmp_path / "results")

    assert (tmp_path / "results.md").read_text() == (ROOT / "benchmarks" / "results.md").read_text()
    assert {path.stem for path in kept.glob("*.json")} <= set(results.ORDER)
